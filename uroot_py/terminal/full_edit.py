"""The text editor on a terminal that can move its cursor: only changed lines are sent."""

from __future__ import annotations

from uroot_py.base.errors import UrootError, explain
from uroot_py.terminal.document import cells
from uroot_py.terminal.editor import Editor
from uroot_py.terminal.keys import columns
from uroot_py.terminal.screen import MARKED, PLAIN, Screen, clip

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uroot_py.terminal.console import Terminal
    from uroot_py.terminal.document import Document

_HELP = "^O save  ^X quit  ^W search  ^G go to line  ^K cut line  ^U paste  ^Z undo"
_HINTS = {
    "escape": "There are no modes here: type, save with ^O (Ctrl-O), leave with ^X",
    "ctrl-c": "^X leaves, ^O saves",
}
_AROUND = 4  # rows that are no text: title, message, help, and what is typed into


def window(text: str, left: int) -> str:
    """TEXT as it is shown from the column LEFT on."""
    if not left:
        return "".join(cells(text))
    at = 0
    shown = "<"
    for cell in cells(text):
        end = at + columns(cell)
        if at > left:
            shown += cell
        elif end > left + 1:
            shown += " " * (end - left - 1)  # a tab, or half of a wide character
        at = end
    return shown


class FullEdit:
    """A document on the screen. SAVE writes it, and raises what is in the way."""

    def __init__(
        self, terminal: Terminal, document: Document, name: str, save: Callable[[], None]
    ) -> None:
        self.terminal = terminal
        self.document = document
        self.name = name
        self.save = save
        self.screen = Screen(terminal)
        self.top = 0
        self.wanted = ""  # what was searched last
        self.message = ""

    def run(self) -> None:
        """Until the person leaves."""
        while True:
            if not self.terminal.waiting():
                self.draw()
            key = self.terminal.key()
            self.message = _HINTS.get(key, "")
            if key == "ctrl-x":
                if self._may_leave():
                    self.screen.leave()
                    return
            elif key in _ACTIONS:
                _ACTIONS[key](self)
            else:
                self.document.press(key)

    def draw(self) -> None:
        """Show everything as it is now."""
        across, high = self.terminal.size()
        document = self.document
        room = max(high - _AROUND, 1)
        document.page = max(room - 2, 1)
        row = document.row
        if not self.top <= row < self.top + room:
            # By half a screen: on a slow line a scroll is dear.
            self.top = max(row - room // 2, 0)
        # At most half of what is shown is left of the cursor.
        half = max((across - 2) // 2, 1)
        column = document.column()
        left = 0 if column < across - 2 else (column // half - 1) * half
        texts = document.lines[self.top : self.top + room]
        lines = ["".join(cells(text[:across])) for text in texts]
        lines[row - self.top] = window(document.line.text[: document.line.cursor + across], left)
        lines += [""] * (room - len(lines))
        state = ", changed" if document.changed else ""
        title = f"line {row + 1} of {max(document.size, row + 1)}{state}: {self.name}"
        shown = [(title, MARKED), *((line, PLAIN) for line in lines)]
        foot = [(self.message, PLAIN), (_HELP, MARKED), ("", PLAIN)]
        self.screen.draw([*shown, *foot], (row - self.top + 1, column - left))

    def _ask(self, prompt: str, text: str = "") -> str:
        """What is typed in the last row; nothing when it was not wanted after all."""
        self.draw()
        self.screen.bottom()
        try:
            return Editor(self.terminal).read(prompt, text, cancel=True) or ""
        except (KeyboardInterrupt, EOFError):
            return ""
        finally:
            self.screen.bottom()

    def _search(self) -> None:
        wanted = self._ask(f"Search{f' [{self.wanted}]' if self.wanted else ''}: ") or self.wanted
        self.wanted = wanted
        if wanted and not self.document.find(wanted):
            self.message = f"not found: {wanted}"

    def _again(self) -> None:
        if self.wanted:
            self.document.find(self.wanted)

    def _go(self) -> None:
        number = self._ask("Line: ").strip()
        if number.isdecimal():
            self.document.go(int(number) - 1)
        elif number:
            self.message = f"expected the number of a line, found {number!r}"

    def _save(self) -> None:
        try:
            self.save()
        except (OSError, UrootError) as error:
            self.message = f"NOT SAVED: {explain(error)}"
        else:
            self.document.changed = False
            self.message = f"saved: {self.document.size} lines"

    def _may_leave(self) -> bool:
        if not self.document.changed:
            return True
        self.draw()
        self.screen.bottom()
        question = "Save the changes? y: yes, n: no, any other key: go on editing "
        self.terminal.write(clip(question, self.terminal.size()[0] - 1))
        key = self.terminal.key()
        self.screen.bottom()
        if key in ("y", "Y"):
            self._save()
        return key in ("n", "N") or not self.document.changed

    def _redraw(self) -> None:
        self.screen.clear()


_ACTIONS: dict[str, Callable[[FullEdit], None]] = {
    "ctrl-o": FullEdit._save,
    "ctrl-w": FullEdit._search,
    "ctrl-g": FullEdit._go,
    "alt-w": FullEdit._again,
    "ctrl-l": FullEdit._redraw,
}
