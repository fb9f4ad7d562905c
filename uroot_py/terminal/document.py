"""A text that is being edited: its lines, the cursor, and what the keys do to them."""

from __future__ import annotations

from uroot_py.base.text import one_each
from uroot_py.terminal.keys import columns
from uroot_py.terminal.line import Line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_MAX_UNDO = 1000
_TAB = 8


def cells(text: str) -> list[str]:
    """What a terminal shows for each character of TEXT: tabs as blanks, controls as ``?``."""
    out = []
    at = 0
    for char in text:
        cell = " " * (_TAB - at % _TAB) if char == "\t" else one_each(char)
        at += columns(cell)
        out.append(cell)
    return out


class Document:
    r"""Lines with a cursor, undo, and the lines that were cut last.

    ``"\n".join(lines)`` is the text, character by character: a text that ends with a line feed
    has an empty last line.
    """

    def __init__(self, text: str = "") -> None:
        self.lines = text.split("\n")
        self.row = 0
        self.line = Line()  # the line of the cursor
        self.page = 20  # lines that Page Up and Page Down move
        self.cut: list[str] = []
        self.changed = False  # whether there is something to save
        self._undone: list[tuple[int, int, list[str], int, int]] = []
        self._last = ""  # the key before this one
        self._wish = -1  # the column that up and down try to keep
        self.go(0)

    def text(self) -> str:
        """All of it; what was changed ends with a line feed."""
        if self.changed and self.lines[-1]:
            self.lines.append("")
        return "\n".join(self.lines)

    @property
    def size(self) -> int:
        """The number of lines; what follows the last line feed counts when there is something."""
        return len(self.lines) if self.lines[-1] else len(self.lines) - 1

    def go(self, row: int, cursor: int = 0) -> None:
        """Put the cursor on a line, as near as there is one."""
        self.row = min(max(row, 0), len(self.lines) - 1)
        self.line = Line(self.lines[self.row])
        self.line.cursor = min(max(cursor, 0), len(self.line.text))
        self._wish = -1
        self._last = ""

    def column(self) -> int:
        """The screen column of the cursor in a line that is shown whole."""
        return sum(map(columns, cells(self.line.text[: self.line.cursor])))

    def move(self, rows: int) -> None:
        """Up or down, in the same column where there is one."""
        wish = self._wish if self._wish >= 0 else self.column()
        row = min(max(self.row + rows, 0), len(self.lines) - 1)
        cursor = at = 0
        for cell in cells(self.lines[row][: wish + 1]):
            at += columns(cell)
            if at > wish:
                break
            cursor += 1
        self.go(row, cursor)
        self._wish = wish

    def replace(self, first: int, last: int, new: list[str], row: int, cursor: int = 0) -> None:
        """Put NEW where the lines FIRST to LAST (not included) are, the cursor at ROW."""
        self._undone = self._undone[-_MAX_UNDO:]
        self._undone.append((first, len(new), self.lines[first:last], self.row, self.line.cursor))
        self._put(first, last, new, row, cursor)

    def _put(self, first: int, last: int, new: list[str], row: int, cursor: int) -> None:
        self.lines[first:last] = new
        self.changed = True
        self.go(row, cursor)

    def undo(self) -> bool:
        """Take the last change back; False when there is none."""
        if not self._undone:
            return False
        first, size, old, row, cursor = self._undone.pop()
        self._put(first, first + size, old, row, cursor)
        return True

    def find(self, wanted: str) -> bool:
        """Go to the next place with WANTED, over the end to the beginning; False: nowhere.

        Capitals count only where WANTED has some.
        """
        fold = str.lower if wanted == wanted.lower() else str
        for step in range(len(self.lines) + 1):
            row = (self.row + step) % len(self.lines)
            at = fold(self.lines[row]).find(wanted, 0 if step else self.line.cursor + 1)
            if at >= 0:
                self.go(row, at)
                return True
        return False

    # -- keys -------------------------------------------------------------------------------

    def press(self, key: str) -> bool:
        """Do what KEY means here; False when it means nothing."""
        last = self._last
        action = _KEYS.get(key)
        known = True
        if action:
            action(self)
        elif not self._over_the_border(key):
            known = self._within(key, last)
        self._last = key
        return known

    def _over_the_border(self, key: str) -> bool:
        """Do what KEY means at the first or the last column; False when it is not there."""
        row, at, end = self.row, self.line.cursor, len(self.line.text)
        if key in ("left", "ctrl-b", "backspace") and not at:
            if key == "backspace":
                self._join(row - 1)
            elif row:
                self.go(row - 1, len(self.lines[row - 1]))
        elif key in ("right", "ctrl-f", "delete", "ctrl-d") and at == end:
            if key in ("delete", "ctrl-d"):
                self._join(row)
            elif row + 1 < len(self.lines):
                self.go(row + 1)
        else:
            return False
        return True

    def _within(self, key: str, last: str) -> bool:
        line = self.line
        before, at = line.text, line.cursor
        known = line.press("\t" if key == "tab" else key)
        self._wish = -1
        if line.text != before:
            if len(key) == len(last) == 1:
                self.lines[self.row] = line.text  # a word is typed, and taken back, as one
                self.changed = True
            else:
                place, line.cursor = line.cursor, at
                self.replace(self.row, self.row + 1, [line.text], self.row, place)
        return known

    def _break(self) -> None:
        row, at, text = self.row, self.line.cursor, self.line.text
        self.replace(row, row + 1, [text[:at], text[at:]], row + 1)

    def _join(self, row: int) -> None:
        """Make one line of ROW and the one after it."""
        if 0 <= row < len(self.lines) - 1:
            one, other = self.lines[row : row + 2]
            self.replace(row, row + 2, [one + other], row, len(one))

    def _cut(self) -> None:
        before = self.cut if self._last == "ctrl-k" else []
        self.cut = [*before, self.line.text]
        last = self.row == len(self.lines) - 1
        self.replace(self.row, self.row + 1, [""] if last else [], self.row)

    def _paste(self) -> None:
        if self.cut:
            self.replace(self.row, self.row, self.cut, self.row + len(self.cut))


_KEYS: dict[str, Callable[[Document], object]] = {
    "enter": Document._break,
    "up": lambda text: text.move(-1),
    "down": lambda text: text.move(1),
    "pageup": lambda text: text.move(-text.page),
    "pagedown": lambda text: text.move(text.page),
    "ctrl-home": lambda text: text.go(0),
    "ctrl-end": lambda text: text.go(len(text.lines)),
    "ctrl-k": Document._cut,
    "ctrl-u": Document._paste,
    "ctrl-z": Document.undo,
}
for _other, _key in (
    ("ctrl-p", "up"), ("ctrl-n", "down"), ("ctrl-y", "pageup"), ("ctrl-v", "pagedown"),
    ("ctrl-_", "ctrl-z"),
):  # fmt: skip
    _KEYS[_other] = _KEYS[_key]
