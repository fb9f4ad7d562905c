"""The boot menu for terminals that cannot move their cursor: a list, and a line to answer."""

from __future__ import annotations

from uroot_py.base.text import printable
from uroot_py.terminal.editor import Editor
from uroot_py.terminal.menu import LOCKED, REFUSED, Chooser, Decision
from uroot_py.terminal.screen import wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from uroot_py.terminal.menu import Item

MAX_LISTED = 100  # entries: more take seconds on a serial line
_HELP = """N        start entry N; Enter alone: the default
e N      edit its command line, then start it
d N      its details
/TEXT    the entries with TEXT in their titles
m        the menu again
l        the log
R        look again at the disks
s        a shell; r: restart the machine; p: switch it off"""


class PlainMenu(Chooser):
    """The menu line by line."""

    def run(self) -> Decision:
        """Until something is decided."""
        self.list("")
        self.print(self.menu.notices)
        first = self._countdown()
        if first is None:
            return self.menu.by_itself()
        editor = Editor(self.terminal)
        while True:
            try:
                text = editor.read("Number, or ? for help: ", first)
            except (KeyboardInterrupt, EOFError):
                text = "m"
            self.terminal.write("\n")
            first = ""
            decision = self.answer((text or "").strip())
            if decision:
                return decision
            self.take()

    def changed(self, before: Sequence[Item], *, moved: bool) -> None:
        """See Chooser.changed: the list again."""
        self.list("")
        self.print(self.menu.notices)

    def print(self, lines: Iterable[str]) -> None:
        """Lines, wrapped."""
        across = self.terminal.size()[0] - 1
        for text in lines:
            self.terminal.write("\n".join(wrap(text, across, "     ")) + "\n")

    def list(self, search: str) -> None:
        """The entries whose titles have SEARCH in them."""
        self.print(["", self.menu.title])
        listed = 0
        for number, item in enumerate(self.menu.items):
            if search.lower() in item.path().lower():
                listed += 1
                if listed > MAX_LISTED:
                    continue
                flag = item.flag()
                if flag == " " and number == self.menu.default:
                    flag = "*"
                self.print([f"{flag}{number + 1:3} {item.path()}"])
        if listed > MAX_LISTED:
            self.print([f"     and {listed - MAX_LISTED} more: /TEXT looks for them"])

    def _countdown(self) -> str | None:
        """Count down; None when the time is over, else what the key has typed that stopped it."""
        if self.deadline is None:
            return ""
        title = printable(self.menu.items[self.menu.default].title)
        self.print([f"{title} starts in {self.left()} s; any key stops the clock"])
        key: str | None = ""
        while key == "" and self.deadline is not None:
            shown = self.left()
            key = self.key()
            if key != "":
                self.terminal.write("\n")
            elif self.left() != shown:
                self.terminal.write(f"{self.left()} ")
        if key is None:
            return None
        return key if len(key) == 1 else ""

    def answer(self, text: str) -> Decision | None:
        """Act on a line."""
        word, _, rest = text.partition(" ")
        if word.startswith("/"):
            self.list(text[1:].strip())
        elif word in ("", "e", "d") or word.isdecimal():
            return self._entry(word, rest)
        elif word == "s":
            return Decision("shell") if self._password(self.menu.password) else None
        elif word in ("r", "p"):
            return Decision("reboot" if word == "r" else "poweroff")
        elif word == "l":
            self.print(self.menu.log())
        elif word == "R" and self.menu.late:
            self.menu.late.again()
        elif word == "m":
            self.list("")
        else:
            self.print(_HELP.split("\n"))
        return None

    def _password(self, fits: Callable[[str], bool] | None) -> bool:
        if self.allowed(self.terminal.write, fits):
            return True
        self.print(["", REFUSED])
        return False

    def _entry(self, word: str, rest: str) -> Decision | None:
        number = rest.strip() if word in ("e", "d") else word
        index = int(number) - 1 if number.isdecimal() else self.menu.default
        if not 0 <= index < len(self.menu.items):
            self.print([f"There is no entry {number}." if number else "Nothing can be started."])
            return None
        item = self.menu.items[index]
        cmdline = self.menu.edited[index]
        if word == "d":
            self.print([item.path(), *item.against(), f"cmdline: {cmdline}", *item.details])
            return None
        if item.why_not and not (word == "e" and item.mendable):
            self.print([f"This entry cannot be started: {item.why_not}"])
            return None
        if word != "e":
            return Decision("boot", index, cmdline) if self._password(item.start) else None
        if not item.editable:
            self.print([LOCKED])
            return None
        decision = self.edit(index) if self._password(item.edit) else None
        self.terminal.write("\n")
        return decision
