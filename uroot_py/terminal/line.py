"""One line that is being edited: its text, the cursor, and what the keys do to them."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_MAX_UNDO = 100


class Line:
    """Text with a cursor (an index between characters), undo, and the text that was cut last."""

    def __init__(self, text: str = "") -> None:
        self.text = text
        self.cursor = len(text)
        self.cut = ""
        self.undone: list[tuple[str, int]] = []

    def set(self, text: str, cursor: int | None = None) -> None:
        """Replace everything; undo brings it back."""
        if text != self.text:
            self.undone = [*self.undone[-_MAX_UNDO:], (self.text, self.cursor)]
        self.text = text
        self.cursor = len(text) if cursor is None else cursor

    def press(self, key: str) -> bool:
        """Do what KEY means here; False when it means nothing."""
        if len(key) == 1:
            self.insert(key)
            return True
        action = _KEYS.get(key)
        if action:
            action(self)
        return action is not None

    def insert(self, text: str) -> None:
        """Put TEXT before the cursor."""
        at = self.cursor
        self.set(self.text[:at] + text + self.text[at:], at + len(text))

    def _delete(self, start: int, end: int, *, cut: bool = False) -> None:
        if cut and start < end:
            self.cut = self.text[start:end]
        self.set(self.text[:start] + self.text[end:], start)

    def _left_word(self) -> int:
        at = self.cursor
        while at and self.text[at - 1].isspace():
            at -= 1
        while at and not self.text[at - 1].isspace():
            at -= 1
        return at

    def _right_word(self) -> int:
        at = self.cursor
        while at < len(self.text) and self.text[at].isspace():
            at += 1
        while at < len(self.text) and not self.text[at].isspace():
            at += 1
        return at

    def _move(self, at: int) -> None:
        self.cursor = min(max(at, 0), len(self.text))

    def _undo(self) -> None:
        if self.undone:
            self.text, self.cursor = self.undone.pop()

    def _swap(self) -> None:
        at = min(self.cursor, len(self.text) - 1)
        if at > 0:
            text = self.text
            self.set(text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :], at + 1)


_KEYS: dict[str, Callable[[Line], None]] = {
    "left": lambda line: line._move(line.cursor - 1),
    "right": lambda line: line._move(line.cursor + 1),
    "home": lambda line: line._move(0),
    "end": lambda line: line._move(len(line.text)),
    "alt-b": lambda line: line._move(line._left_word()),
    "alt-f": lambda line: line._move(line._right_word()),
    "backspace": lambda line: line._delete(max(line.cursor - 1, 0), line.cursor),
    "delete": lambda line: line._delete(line.cursor, line.cursor + 1),
    "ctrl-k": lambda line: line._delete(line.cursor, len(line.text), cut=True),
    "ctrl-u": lambda line: line._delete(0, line.cursor, cut=True),
    "ctrl-w": lambda line: line._delete(line._left_word(), line.cursor, cut=True),
    "alt-d": lambda line: line._delete(line.cursor, line._right_word(), cut=True),
    "ctrl-y": lambda line: line.insert(line.cut),
    "ctrl-t": Line._swap,
    "ctrl-_": Line._undo,
}
for _other, _key in (
    ("ctrl-b", "left"), ("ctrl-f", "right"), ("ctrl-a", "home"), ("ctrl-e", "end"),
    ("ctrl-d", "delete"), ("ctrl-left", "alt-b"), ("ctrl-right", "alt-f"), ("ctrl-z", "ctrl-_"),
):  # fmt: skip
    _KEYS[_other] = _KEYS[_key]
