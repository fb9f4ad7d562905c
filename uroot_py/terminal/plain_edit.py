"""The text editor line by line: for terminals that cannot move their cursor, and for scripts."""

from __future__ import annotations

from uroot_py.base.errors import UrootError, UsageError, explain
from uroot_py.base.text import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uroot_py.terminal.document import Document

    # A prompt and the text to begin with -> what was typed, None at the end of the input.
    Ask = Callable[[str, str], "str | None"]

_HELP = """N         show the line N and those around it
p N M     show the lines N to M
e N       edit the line N
a N       add lines behind the line N (0: in front of all), until one is a single .
d N M     delete the lines N to M
/TEXT     the next line with TEXT
u         undo
w         save
q         quit; q! without saving
N and M may be left out (the current line) or be $ (the last one)."""
_AROUND = 5


class PlainEdit:
    """A document at a prompt. SAVE writes it, and raises what is in the way."""

    def __init__(
        self, document: Document, save: Callable[[], None], ask: Ask, say: Callable[[str], object]
    ) -> None:
        self.document = document
        self.save = save
        self.ask = ask
        self.say = say
        self.wanted = ""

    def run(self) -> int:
        """Until ``q``, or the end of the input; 1 when changes were thrown away with it."""
        self.say(f"{self.document.size} lines; ? for help\n")
        while True:
            text = self.ask(f"edit {self.document.row + 1}: ", "")
            if text is None:
                return int(self.document.changed)
            text = text.strip()
            if text == "q!" or (text == "q" and not self.document.changed):
                return 0
            try:
                self.answer(text)
            except (OSError, UrootError) as error:
                self.say(f"{explain(error)}\n")

    def answer(self, text: str) -> None:
        """Act on a line."""
        document = self.document
        words = text.split()
        if text == "q":
            raise UsageError("the changes are not saved; w saves them, q! throws them away")
        if text[:1] == "/":
            self.wanted = text[1:] or self.wanted
            if not document.find(self.wanted):
                raise UsageError(f"not found: {self.wanted}")
            self.show(document.row, document.row)
        elif text == "u":
            document.undo()
            self.show(document.row, document.row)
        elif text == "w":
            self.save()
            document.changed = False
            self.say(f"saved: {document.size} lines\n")
        elif words and words[0] in ("p", "e", "a", "d"):
            self._lines(words[0], words[1:])
        elif len(words) == 1 and (words[0].isdecimal() or words[0] == "$"):
            row = self._number(words[0], 1)
            self.show(row - _AROUND, row + _AROUND)
            document.go(row)
        else:
            self.say(f"{_HELP}\n")

    def _number(self, word: str, least: int) -> int:
        """The index of the line that WORD says."""
        last = len(self.document.lines)
        number = int(word) if word.isdecimal() else -1
        if word == "$":
            number = last
        if not least <= number <= last:
            raise UsageError(f"expected a line from {least} to {last}, found {word}")
        return number - 1

    def _lines(self, action: str, words: list[str]) -> None:
        numbers = [self._number(word, int(action != "a")) for word in words[:2]]
        first = numbers[0] if numbers else self.document.row
        last = numbers[-1] if numbers else first
        if action == "p":
            self.show(first, last)
            self.document.go(last)
        elif action == "d":
            self.document.replace(first, last + 1, [], first)
        elif action == "e":
            self.document.go(first)
            text = self.ask("", self.document.lines[first])
            if text is not None and text != self.document.lines[first]:
                self.document.replace(first, first + 1, [text], first)
        else:
            new: list[str] = []
            while (text := self.ask("", "")) not in (None, "."):
                new.append(text or "")
            if new:
                self.document.replace(first + 1, first + 1, new, first + len(new))

    def show(self, first: int, last: int) -> None:
        """The lines FIRST to LAST with their numbers."""
        lines = self.document.lines
        for row in range(max(first, 0), min(last + 1, len(lines))):
            self.say(f"{row + 1:5}  {printable(lines[row].expandtabs())}\n")
