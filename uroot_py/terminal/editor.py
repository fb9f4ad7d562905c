"""The line editor: one screen line, redrawn with as few bytes as possible.

It moves with backspaces and by writing characters again, never with escape sequences: the same on
a screen, a serial line at 115200 baud and a terminal that can do nothing else. A line that is
wider than the terminal is shown in part, with ``<`` and ``>`` where it goes on.
"""

from __future__ import annotations

from uroot_py.base.text import one_each, printable
from uroot_py.terminal.keys import columns, width
from uroot_py.terminal.line import Line
from uroot_py.terminal.screen import clip

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uroot_py.terminal.console import Terminal

    # The text and the cursor -> where the word begins, and what it may become.
    Complete = Callable[[str, int], tuple[int, list[str]]]

_MARGIN = 8  # columns that stay visible beside the cursor
_PASTE_WAIT = 10  # ms in which the next character of a pasted text comes, at 1200 baud
_MAX_SHOWN = 200  # completions that are listed


class View:
    """What is on the screen line, and where the terminal's cursor is."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.cells: list[str] = []  # a character each, with what combines with it
        self.at = 0  # the cell that the cursor is on
        self.first = 0  # the first character of the text that is shown

    def restart(self) -> None:
        """The cursor is at the beginning of an empty line."""
        self.cells = []
        self.at = 0

    def show(self, prompt: str, text: str, cursor: int) -> None:
        """Make the line PROMPT and the part of TEXT around CURSOR."""
        cells, place = self._layout(prompt, one_each(text), cursor)
        same = 0
        while same < min(len(cells), len(self.cells)) and cells[same] == self.cells[same]:
            same += 1
        out = []
        if cells != self.cells:
            out.append(self._to(self.cells, same))
            out.append("".join(cells[same:]))
            self.at = len(cells)
            left_over = _columns(self.cells[same:]) - _columns(cells[same:])
            if left_over > 0:
                out.append(" " * left_over + "\b" * left_over)
            self.cells = cells
        out.append(self._to(cells, place))
        self.terminal.write("".join(out))

    def _to(self, cells: list[str], place: int) -> str:
        """The characters that move the cursor to PLACE."""
        here, self.at = self.at, place
        if place < here:
            return "\b" * _columns(cells[place:here])
        return "".join(cells[here:place])

    def _layout(self, prompt: str, text: str, cursor: int) -> tuple[list[str], int]:
        across = self.terminal.size()[0] - 1
        prompt = clip(prompt, max(across - 2 * _MARGIN, 1))
        room = max(across - columns(prompt), 2)
        if columns(text) <= room:
            self.first = 0
        elif columns(text[self.first : cursor]) >= room - 1 or cursor <= self.first:
            # Scroll by half a line: few redraws while typing.
            self.first = cursor
            while self.first > 0 and columns(text[self.first - 1 : cursor]) <= room // 2:
                self.first -= 1
        last = self.first
        while last < len(text) and columns(text[self.first : last + 1]) <= room:
            last += 1
        shown = text[self.first : last]
        if self.first > 0:
            shown = "<" + shown[1:]
        if last < len(text):
            shown = shown[:-1] + ">"
        return _cells(prompt + shown), len(_cells(prompt + shown[: cursor - self.first]))


def _cells(text: str) -> list[str]:
    if text.isascii():
        return list(text)
    cells: list[str] = []
    for char in text:
        if cells and width(char) == 0:
            cells[-1] += char
        else:
            cells.append(char)
    return cells


def _columns(cells: list[str]) -> int:
    return sum(columns(cell) for cell in cells)


class Editor:
    """Reads lines from a terminal, with history, completion and search."""

    def __init__(
        self, terminal: Terminal, history: list[str] | None = None, complete: Complete | None = None
    ) -> None:
        self.terminal = terminal
        self.history = [] if history is None else history
        self.complete = complete
        self.view = View(terminal)
        self.line = Line()
        self.prompt = ""
        self.place = 0  # in the history; its length is the new line
        self.typed = ""  # the new line, while an older one is looked at
        self.tabs = False
        self.tabbed = False

    def read(
        self, prompt: str, text: str = "", *, cancel: bool = False, tabs: bool = False
    ) -> str | None:
        """A line that begins as TEXT; None when Escape was pressed and CANCEL allows it.

        With TABS the Tab key is the character. So it is when more has come behind it: text that
        was pasted.

        KeyboardInterrupt for Ctrl-C, EOFError for Ctrl-D on an empty line and for a hangup.
        The caller has put the terminal into single keys and the cursor at the begin of a line, and
        goes to the next one, if it wants that.
        """
        self.prompt = prompt
        self.tabs = tabs
        self.line = Line(text)
        self.place = len(self.history)
        self.view.restart()
        self.view.first = 0
        self._show()
        while True:
            key = self.terminal.key()
            if key == "ctrl-r":
                key = self._search()
            if key in ("enter", "ctrl-c", "ctrl-d", "escape", "ctrl-g"):
                if self._ends(key, cancel=cancel):
                    return self.line.text if key == "enter" else None
            else:
                self._press(key)
            if not self.terminal.waiting():
                self._show()

    def _show(self) -> None:
        self.view.show(self.prompt, self.line.text, self.line.cursor)

    def _ends(self, key: str, *, cancel: bool) -> bool:
        if key == "ctrl-d" and self.line.text:
            self.line.press(key)
            return False
        if key in ("escape", "ctrl-g") and not cancel:
            return False
        self.line.cursor = len(self.line.text)
        self._show()
        if key == "ctrl-c":
            self.terminal.write("" if cancel else "^C")
            raise KeyboardInterrupt
        if key == "ctrl-d":
            raise EOFError
        return True

    def _press(self, key: str) -> None:
        tabbed, self.tabbed = self.tabbed, False
        if key in ("up", "ctrl-p"):
            self._recall(self.place - 1)
        elif key in ("down", "ctrl-n"):
            self._recall(self.place + 1)
        elif key == "tab" and (self.tabs or self.terminal.waiting(_PASTE_WAIT)):
            self.line.insert("\t")
        elif key == "tab":
            self._complete(again=tabbed)
        elif key == "ctrl-l" and not self.terminal.dumb:
            self.terminal.write("\x1b[H\x1b[2J")
            self.view.restart()
        else:
            self.line.press(key)

    def _recall(self, place: int) -> None:
        if not 0 <= place <= len(self.history):
            return
        if self.place == len(self.history):
            self.typed = self.line.text
        self.place = place
        self.line.set(self.typed if place == len(self.history) else self.history[place])

    def remember(self, text: str) -> None:
        """Put a line into the history, unless it is empty or there already as the last one."""
        if text.strip() and self.history[-1:] != [text]:
            self.history.append(text)
            del self.history[:-500]

    # -- search -----------------------------------------------------------------------------

    def _search(self) -> str:
        """Ctrl-R: the newest line that contains what is typed; returns the key that ends it."""
        wanted, place, before = "", len(self.history), self.line.text
        found = before
        while True:
            found = self.history[place] if place < len(self.history) else before
            self.view.show(f"(search '{wanted}') ", found, max(found.find(wanted), 0))
            key = self.terminal.key()
            if key == "ctrl-r":
                place = self._older(wanted, place)
            elif key == "backspace":
                wanted = wanted[:-1]
                place = self._older(wanted, len(self.history))
            elif len(key) == 1:
                wanted += key
                place = self._older(wanted, min(place + 1, len(self.history)))
            else:
                break
        if key in ("ctrl-g", "escape", "ctrl-c"):
            return ""
        self.line.set(found)
        return key

    def _older(self, wanted: str, place: int) -> int:
        for older in range(place - 1, -1, -1):
            if wanted in self.history[older]:
                return older
        return place if place < len(self.history) else len(self.history)

    # -- completion -------------------------------------------------------------------------

    def _complete(self, *, again: bool) -> None:
        """Tab: what all completions share; a second one lists them."""
        if self.complete is None:
            return
        line = self.line
        start, found = self.complete(line.text, line.cursor)
        if not found:
            return
        shared = _shared(found)
        if shared != line.text[start : line.cursor]:
            line.set(line.text[:start] + shared + line.text[line.cursor :], start + len(shared))
        elif again and len(found) > 1:
            self._list(found)
        self.tabbed = True

    def _list(self, found: list[str]) -> None:
        names = [printable(name.rstrip("/").rpartition("/")[2].strip()) for name in found]
        names = names[:_MAX_SHOWN]
        wide = max(columns(name) for name in names) + 2
        across = max((self.terminal.size()[0] - 1) // wide, 1)
        rows = [names[at : at + across] for at in range(0, len(names), across)]
        lines = ["".join(name.ljust(wide) for name in row).rstrip() for row in rows]
        if len(found) > len(names):
            lines.append(f"and {len(found) - len(names)} more")
        self.terminal.write("\n" + "\n".join(lines) + "\n")
        self.view.restart()


def _shared(texts: list[str]) -> str:
    first, last = min(texts), max(texts)
    end = 0
    while end < min(len(first), len(last)) and first[end] == last[end]:
        end += 1
    return first[:end]
