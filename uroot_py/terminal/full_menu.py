"""The boot menu on a terminal that can move its cursor."""

from __future__ import annotations

from uroot_py.terminal.menu import LOCKED, REFUSED, Chooser, Decision
from uroot_py.terminal.screen import MARKED, PLAIN, YELLOW, Screen, wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from uroot_py.terminal.console import Terminal
    from uroot_py.terminal.menu import Item, Menu

HELP = """Enter      start the marked entry, or open the marked submenu
Up, Down   move; Page Up, Page Down, Home and End, too
1, 2, ...  mark the entry with that number
Right      open a submenu; Left or Escape: back
/          search: type parts of titles, Enter takes the marked entry
e          edit the command line, then start: Enter; Escape: leave it
           Up, Down: earlier versions; Ctrl-_: undo; Ctrl-A, Ctrl-E: ends
d          details of the marked entry
l          log: what was found, and what was not; what the kernel has said meanwhile
R, F5      look again at the disks
Ctrl-L     draw the screen anew
s          a shell; `boot` comes back
r, p       restart the machine, switch it off
?          this help

An entry with ! in front cannot be started; its details say why.
Any key stops the clock."""
_AWAY = 10  # seconds of silence after which a person may have come to a line with half a screen
_KEYS = "Enter start  e edit  d details  / find  l log  s shell  r reboot  p off  ? help"


class Row:
    """A line of the menu: entry INDEX, or the submenu TITLE (INDEX -1)."""

    __slots__ = ("index", "title")

    def __init__(self, index: int, title: str) -> None:
        self.index = index
        self.title = title


class FullMenu(Chooser):
    """The menu on a terminal that can move its cursor."""

    def __init__(self, menu: Menu, terminal: Terminal, seconds: float | None) -> None:
        super().__init__(menu, terminal, seconds)
        self.screen = Screen(terminal)
        self.folder: tuple[str, ...] = ()
        self.marked = 0
        self.top = 0  # the row that is shown first
        self._rows: tuple[object, list[Row]] = (None, [])  # of which folder, or which search
        self.number = ""
        self.search: str | None = None
        self.notices = list(menu.notices)
        if menu.marked >= 0 and menu.marked != menu.default:
            self._show(menu.marked)
        elif menu.default >= 0:
            self._mark(menu.default)

    @staticmethod
    def _leads_to(row: Row, index: int, parents: tuple[str, ...]) -> bool:
        return row.index == index or (row.index < 0 and parents[:1] == (row.title,))

    def rows(self) -> list[Row]:
        """The lines of the folder that is open, or what the search finds."""
        which = self.folder if self.search is None else self.search
        if which != self._rows[0]:
            self._rows = which, self._found()
        return self._rows[1]

    def _found(self) -> list[Row]:
        items = self.menu.items
        if self.search is not None:
            wanted = self.search.lower().split()
            found = [(n, item.path()) for n, item in enumerate(items)]
            return [Row(n, path) for n, path in found if all(w in path.lower() for w in wanted)]
        rows: list[Row] = []
        depth = len(self.folder)
        known = set()
        for number, item in enumerate(items):
            if item.parents[:depth] != self.folder:
                continue
            if len(item.parents) == depth:
                rows.append(Row(number, item.title))
            elif item.parents[depth] not in known:
                known.add(item.parents[depth])
                rows.append(Row(-1, item.parents[depth]))
        return rows

    def changed(self, before: Sequence[Item], *, moved: bool) -> None:
        """See Chooser.changed: what was marked stays marked, wherever it is now."""
        menu = self.menu
        old = self.rows()
        row = old[self.marked] if self.marked < len(old) else None
        depth = len(self.folder)
        within = [item for item in before if item.parents[:depth] == self.folder]
        marked: list[Item] = []
        if row and row.index >= 0:
            marked = [before[row.index]]
        elif row:
            marked = [i for i in within if i.parents[depth : depth + 1] == (row.title,)]
        self._rows = None, []
        here = {item: number for number, item in enumerate(menu.items)}
        self.notices = list(menu.notices)
        stays = [item for item in marked if item in here]
        around = [item for item in (*stays, *within) if item in here]
        if self.search is None:
            # A submenu may be called otherwise now, or be empty.
            self.folder = around[0].parents[:depth] if around else ()
        if moved and menu.default >= 0 and self.search is None:
            self.folder = ()
            self._mark(menu.default)
        elif stays:
            self._mark(here[stays[0]])
        elif row:
            self.notices.insert(0, f"{row.title} is gone.")
        self._row()  # no mark behind the last row

    def _mark(self, index: int) -> None:
        """Mark the row that leads to the entry INDEX from the folder that is open."""
        inside = self.menu.items[index].parents[len(self.folder) :]
        for number, row in enumerate(self.rows()):
            if self._leads_to(row, index, inside):
                self.marked = number
                return

    # -- drawing ----------------------------------------------------------------------------

    def draw(self) -> None:
        """Show everything as it is now."""
        across, high = self.terminal.size()
        folder = " > ".join((self.menu.title, *self.folder))
        head = [(folder, PLAIN), ("", PLAIN)]
        foot = self._foot(across - 1)
        room = max(high - len(head) - len(foot), 1)
        body = self._window(across - 1, room) or [("  nothing found", PLAIN)]
        body = (body + [("", PLAIN)] * room)[:room]
        self.screen.draw(head + body + foot)

    def _window(self, across: int, room: int) -> list[tuple[str, str]]:
        """The lines of the rows that fit into ROOM lines: the marked one is among them."""
        rows = self.rows()
        first, used = self.marked, 0
        for number in range(self.marked, min(self.top, self.marked) - 1, -1) if rows else ():
            used += len(self._lines(number, across))
            if used > room:
                break
            first = number  # from here on the marked row fits, too
        self.top = first
        lines: list[tuple[str, str]] = []
        for number in range(self.top, len(rows)):
            if len(lines) >= room:
                break
            paint = MARKED if number == self.marked else self._paint(rows[number])
            lines += [(line, paint) for line in self._lines(number, across)]
        return lines

    def _lines(self, number: int, across: int) -> list[str]:
        """The lines of row NUMBER."""
        rows = self.rows()
        digits = len(str(len(rows)))
        sign = ">" if number == self.marked else " "
        text = f"{sign}{self._flag(rows[number])}{number + 1:{digits}}  {self._label(rows[number])}"
        return wrap(text, across, " " * (digits + 4))

    def _flag(self, row: Row) -> str:
        return self.menu.items[row.index].flag() if row.index >= 0 else " "

    def _paint(self, row: Row) -> str:
        return YELLOW if self._flag(row) == "?" else PLAIN

    def _label(self, row: Row) -> str:
        if row.index < 0:
            return row.title + " ->"
        item = self.menu.items[row.index]
        if self.menu.edited[row.index] != item.cmdline:
            return row.title + " (edited)"
        return row.title

    def _foot(self, across: int) -> list[tuple[str, str]]:
        lines = [""]
        for notice in self.notices:
            lines += wrap(notice, across)[:4]
        row = self._row()
        item = self.menu.items[row.index] if row and row.index >= 0 else None
        remark: list[str] = []
        if item and item.why_not:
            lines += wrap(f"! {item.why_not}", across)[:4]
        elif item and item.remark:
            remark = wrap(f"? {item.remark}", across)[:4]
        if self.search is not None:
            lines.append(f"Search: {self.search}_   Enter takes the marked entry, Escape ends")
        elif self.deadline is not None:
            title = self.menu.items[self.menu.default].title
            lines += wrap(f"{title} starts in {self.left()} s; any key stops the clock", across)
        else:
            lines += wrap(_KEYS, across)
        yellow = [(line, YELLOW) for line in remark]
        return [*yellow, *((line, PLAIN) for line in [*lines, ""])]

    def _row(self) -> Row | None:
        rows = self.rows()
        self.marked = min(self.marked, max(len(rows) - 1, 0))
        return rows[self.marked] if rows else None

    # -- keys -------------------------------------------------------------------------------

    def run(self) -> Decision:
        """Until something is decided."""
        while True:
            if self.terminal.attach():
                self.screen.clear()
            if not self.terminal.waiting():
                self.draw()
            begun = self.menu.clock()
            key = self.key()
            if key and self.menu.clock() - begun >= _AWAY:
                self.screen.clear()
            if key is None:
                decision: Decision | None = self.menu.by_itself()
            elif not key:
                continue
            else:
                decision = self._searching(key) if self.search is not None else self.press(key)
            if decision:
                self.screen.leave()
                return decision

    def press(self, key: str) -> Decision | None:
        """Act on a key."""
        if key.isdecimal() and key.isascii():
            self._digit(key)
            return None
        self.number = ""
        if self._move(key):
            return None
        self.notices = []
        action = _ACTIONS.get(key)
        return action(self) if action else None

    def _digit(self, key: str) -> None:
        for text in (self.number + key, key):
            if 0 < int(text) <= len(self.rows()):
                self.number = text
                self.marked = int(text) - 1
                return

    def _move(self, key: str) -> bool:
        page = max(self.terminal.size()[1] - 8, 1)
        steps = {"up": -1, "down": 1, "pageup": -page, "pagedown": page, "k": -1, "j": 1}
        last = max(len(self.rows()) - 1, 0)
        if key in ("home", "end"):
            self.marked = 0 if key == "home" else last
        elif key in steps and (self.search is None or len(key) > 1):
            self.marked = min(max(self.marked + steps[key], 0), last)
        else:
            return False
        return True

    def _searching(self, key: str) -> Decision | None:
        search = self.search or ""
        if self._move(key):
            return None
        if key == "enter":
            row = self._row()
            self.search = None
            if row:
                self._show(row.index)
        elif key in ("escape", "ctrl-c", "ctrl-g"):
            self.search = None
        elif key == "backspace":
            self.search = search[:-1]
        elif len(key) == 1:
            self.search = search + key
            self.marked = 0
        return None

    def _show(self, index: int) -> None:
        self.folder = self.menu.items[index].parents
        self.marked = next(n for n, row in enumerate(self.rows()) if row.index == index)

    def _begin_search(self) -> None:
        self.search = ""
        self.marked = 0

    def _start(self) -> Decision | None:
        row = self._row()
        if row is None:
            return None
        if row.index < 0:
            self._open()
        elif self.menu.items[row.index].why_not:
            self.notices = ["This entry cannot be started."]
        elif not self.allowed(self._ask, self.menu.items[row.index].start):
            self.notices = [REFUSED]
        else:
            return Decision("boot", row.index, self.menu.edited[row.index])
        return None

    def _open(self) -> None:
        row = self._row()
        if row and row.index < 0:
            self.folder = (*self.folder, row.title)
            self.marked = self.top = 0

    def _back(self) -> None:
        if self.folder:
            title = self.folder[-1]
            self.folder = self.folder[:-1]
            self.marked = next(
                n for n, row in enumerate(self.rows()) if row.index < 0 and row.title == title
            )

    def _edit(self) -> Decision | None:
        row = self._row()
        if row is None or row.index < 0:
            return None
        if not self.menu.items[row.index].editable:
            self.notices = [LOCKED]
            return None
        if not self.allowed(self._ask, self.menu.items[row.index].edit):
            self.notices = [REFUSED]
            return None
        self.notices = [self.menu.items[row.index].path(), "Enter starts it, Escape goes back"]
        self.draw()
        self.screen.bottom()
        decision = self.edit(row.index)
        self.screen.bottom()
        self.notices = []
        item = self.menu.items[row.index]
        if decision and item.why_not and not item.mendable:
            self.notices = ["This entry cannot be started."]
            return None
        return decision

    def _ask(self, text: str) -> None:
        self.draw()
        self.screen.bottom()
        self.terminal.write(text)

    def _shell(self) -> Decision | None:
        if self.allowed(self._ask, self.menu.password):
            return Decision("shell")
        self.notices = [REFUSED]
        return None

    def _again(self) -> None:
        if self.menu.late:
            self.menu.late.again()
            self.notices = ["Looking again."]
            self.take()

    def _sure(self, kind: str, question: str) -> Decision | None:
        self._ask(f"{question} y or n: ")
        sure = self.terminal.key() == "y"
        self.screen.bottom()
        return Decision(kind) if sure else None

    def _details(self) -> None:
        row = self._row()
        if row and row.index >= 0:
            item = self.menu.items[row.index]
            line = [f"cmdline: {self.menu.edited[row.index]}"]
            self._page(item.path(), [*item.against(), *line, *item.details])

    def _page(self, title: str, texts: list[str]) -> None:
        """Lines to read: moves by lines and pages, any other key goes back."""
        top = 0
        while True:
            across, high = self.terminal.size()
            lines = [line for text in texts for line in wrap(text, across - 1, "  ")]
            room = max(high - 4, 1)
            end = max(len(lines) - room, 0)
            top = min(max(top, 0), end)
            shown = [*lines[top : top + room], *[""] * (room - len(lines))]
            place = f"{top + 1} to {min(top + room, len(lines))} of {len(lines)}; " if end else ""
            foot = ["", f"{place}any key goes back"]
            self.screen.draw([(line, PLAIN) for line in [title, "", *shown, *foot]])
            steps = {"up": -1, "down": 1, "pageup": -room, "pagedown": room, " ": room, "b": -room}
            key = self.terminal.key()
            if key in ("home", "end"):
                top = 0 if key == "home" else end
            elif key in steps and end:
                top += steps[key]
            else:
                return


_ACTIONS: dict[str, Callable[[FullMenu], Decision | None]] = {
    "enter": FullMenu._start,
    "right": FullMenu._open,
    "left": FullMenu._back,
    "escape": FullMenu._back,
    "e": FullMenu._edit,
    "d": FullMenu._details,
    "/": FullMenu._begin_search,
    "l": lambda self: self._page("Log", self.menu.log()),
    "R": FullMenu._again,
    "f5": FullMenu._again,
    "ctrl-l": lambda self: self.screen.clear(),
    "s": FullMenu._shell,
    "r": lambda self: self._sure("reboot", "Restart the machine?"),
    "p": lambda self: self._sure("poweroff", "Switch the machine off?"),
    "?": lambda self: self._page("Help", HELP.split("\n")),
}
