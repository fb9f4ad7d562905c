"""The language of LVM's metadata and configuration: sections, numbers, texts, lists.

Ref: libdm/libdm-config.c.
"""

from __future__ import annotations

from uroot_py.base.errors import LineError

TYPE_CHECKING = False
if TYPE_CHECKING:
    Value = int | str | list[int | str] | dict[str, "Value"]
    Section = dict[str, Value]

MAX_DEPTH = 16  # sections inside of each other
_SPACE = " \t\r\n\0"
_ENDS = _SPACE + '={}[],"#'


class _Words:
    """The words of a text, one after another: (whether it was quoted, word); '' at the end."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def fault(self, expected: str, found: str) -> LineError:
        """A LineError at this place."""
        line = self.text.count("\n", 0, self.at) + 1
        return LineError("LVM metadata text", line, expected, repr(found[:40]))

    def next(self) -> tuple[bool, str]:
        """The next word."""
        text, at, end = self.text, self.at, len(self.text)
        while at < end and (text[at] in _SPACE or text[at] == "#"):
            if text[at] == "#":
                at = text.find("\n", at)
                at = end if at < 0 else at
            else:
                at += 1
        self.at = at
        if at == end:
            return False, ""
        if text[at] == '"':
            return True, self._quoted(at + 1)
        if text[at] in "={}[],":
            self.at = at + 1
            return False, text[at]
        while at < end and text[at] not in _ENDS:
            at += 1
        word, self.at = text[self.at : at], at
        return False, word

    def _quoted(self, at: int) -> str:
        parts = []
        start = at
        while at < len(self.text) and self.text[at] != '"':
            if self.text[at] == "\\":
                parts.append(self.text[start:at])
                start = at = at + 1
            at += 1
        if at >= len(self.text):
            raise self.fault('a closing "', self.text[start : start + 20])
        parts.append(self.text[start:at])
        self.at = at + 1
        return "".join(parts)


def parse_text(data: bytes) -> Section:
    """The sections of DATA; LineError where it is not in this language."""
    words = _Words(data.decode("utf-8", "replace"))
    top: Section = {}
    open_ones = [top]
    while True:
        quoted, key = words.next()
        if not quoted and not key:
            break
        if not quoted and key == "}":
            if len(open_ones) == 1:
                raise words.fault("a name", key)
            open_ones.pop()
            continue
        if not quoted and key in "={[],":
            raise words.fault("a name", key)
        _, mark = words.next()
        if mark == "{":
            if len(open_ones) > MAX_DEPTH:
                raise words.fault(f"at most {MAX_DEPTH} sections", "more inside of each other")
            section: Section = {}
            open_ones[-1][key] = section
            open_ones.append(section)
        elif mark == "=":
            open_ones[-1][key] = _value(words)
        else:
            raise words.fault("= or {", mark)
    if len(open_ones) > 1:
        raise words.fault("}", "end of text")
    return top


def _value(words: _Words) -> Value:
    quoted, word = words.next()
    if quoted or word != "[":
        return _plain(words, word, quoted=quoted)
    found: list[int | str] = []
    while True:
        quoted, word = words.next()
        if not quoted and word == "]":
            return found
        if not quoted and word == ",":
            continue
        found.append(_plain(words, word, quoted=quoted))


def _plain(words: _Words, word: str, *, quoted: bool) -> int | str:
    """A text, or a number; what is neither (a fraction) stays a text."""
    if quoted:
        return word
    if not word or word in "={}[],":
        raise words.fault("a value", word)
    digits = word.removeprefix("-")
    if digits.isascii() and digits.isdecimal() and len(digits) <= 20:
        return int(word)
    return word
