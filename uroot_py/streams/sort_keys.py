"""The order of lines: keys, and what is compared of them. Ref: POSIX.1-2017 XCU sort."""

from __future__ import annotations

from uroot_py.base.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

LETTERS = "ngVhMfbdri"
_BLANK = b" \t"
_MONTHS = b"JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
_DIGITS = b"0123456789"
_FRACTION = 30  # digits behind the point that are compared


def _number_text(text: bytes) -> tuple[int, bytes, bytes, bytes]:
    """Sign, whole digits, digits behind the point, and what follows."""
    text = text.lstrip(_BLANK)
    sign = -1 if text[:1] == b"-" else 1
    rest = text[1:] if sign < 0 else text
    tail = rest.lstrip(_DIGITS)
    whole, part = rest[: len(rest) - len(tail)], b""
    if tail[:1] == b".":
        after = tail[1:].lstrip(_DIGITS)
        part, tail = tail[1 : len(tail) - len(after)], after
    return sign, whole, part, tail


def numeric(text: bytes) -> int:
    """The number that TEXT begins with, as an integer that compares alike; 0 for none."""
    sign, whole, part, _ = _number_text(text)
    # Base 16 keeps the order of decimal digits, and takes any number of them quickly.
    return sign * int(whole + part[:_FRACTION].ljust(_FRACTION, b"0"), 16)


def human(text: bytes) -> tuple[int, int]:
    """Sizes with units: the unit counts before the number."""
    sign, _, _, tail = _number_text(text)
    value = numeric(text)
    power = b"KMGTPEZY".find(tail[:1].upper()) + 1 if tail and tail[:1].isalpha() else 0
    return (sign * power if value else 0, value)


def general(text: bytes) -> tuple[int, float]:
    """A floating point number; what is none comes first."""
    words = text.split(None, 1)
    word = words[0] if words else b""
    while word:
        try:
            return 1, float(word)
        except ValueError:
            word = word[:-1]
    return 0, 0.0


def month(text: bytes) -> int:
    """JAN 1 ... DEC 12, anything else 0."""
    word = text.lstrip(_BLANK)[:3].upper()
    return _MONTHS.index(word) + 1 if word in _MONTHS else 0


def version(text: bytes) -> list[tuple[int, Any]]:
    """Numbers by value, letters before other characters, ``~`` before everything."""
    out: list[tuple[int, Any]] = []
    at = 0
    while at < len(text):
        end = at
        if text[at] in _DIGITS:
            while end < len(text) and text[end] in _DIGITS:
                end += 1
            out.append((1, int(text[at:end], 16)))
        else:
            end = at + 1
            char = text[at]
            rank = char if text[at:end].isalpha() else char + 256
            if char == 0x7E:
                rank = -1
            out.append((2 if rank >= 0 else -1, rank))
        at = end
    return [*out, (0, 0)]


class Key:
    """``F[.C][OPTS][,F[.C][OPTS]]``: what of a line is compared, and how."""

    def __init__(self, text: str, common: str, separator: bytes | None) -> None:
        self.separator = separator
        first, comma, last = text.partition(",")
        self.field, self.char, begin = _position(first, text)
        self.end_field, self.end_char, end = _position(last, text) if comma else (0, 0, "")
        if not self.field or (comma and not self.end_field):
            raise UsageError(f"-k {text}: fields are counted from 1")
        letters = begin + end or common
        own = bool(begin + end)
        self.blanks = ("b" in begin if own else "b" in common, "b" in (end if own else common))
        self.reverse = "r" in letters
        self.value = comparable(letters)

    def part(self, line: bytes) -> bytes:
        """What LINE is compared by."""
        start = self._at(line, self.field - 1, max(self.char - 1, 0), skip=self.blanks[0])
        if not self.end_field:
            return line[start:]
        if self.end_char:
            stop = self._at(line, self.end_field - 1, self.end_char, skip=self.blanks[1])
        else:
            stop = self._field_end(line, self.end_field)
        return line[start : max(stop, start)]

    def _at(self, line: bytes, fields: int, chars: int, *, skip: bool) -> int:
        at = self._field_start(line, fields)
        if skip:
            at = len(line) - len(line[at:].lstrip(_BLANK))
        return min(at + chars, len(line))

    def _field_start(self, line: bytes, fields: int) -> int:
        """Where field FIELDS (from 0) begins."""
        if self.separator is None:
            return self._field_end(line, fields)
        at = 0
        for _ in range(min(fields, len(line) + 1)):
            found = line.find(self.separator, at)
            if found < 0:
                return len(line)
            at = found + 1
        return at

    def _field_end(self, line: bytes, fields: int) -> int:
        """Where the first FIELDS fields end."""
        if self.separator is not None:
            start = self._field_start(line, fields - 1)
            found = line.find(self.separator, start)
            return len(line) if found < 0 else found
        at = 0
        for _ in range(min(fields, len(line))):
            while line[at : at + 1] in (b" ", b"\t"):
                at += 1
            while at < len(line) and line[at] not in _BLANK:
                at += 1
        return at


def _position(text: str, key: str) -> tuple[int, int, str]:
    digits = text.rstrip(LETTERS)
    field, dot, char = digits.partition(".")
    if not field.isdecimal() or (dot and not char.isdecimal()) or len(digits) > 36:
        raise UsageError(f"-k {key}: expected a key such as 2, 2,3 or 1.3n,1.5")
    return int(field), int(char or 0), text[len(digits) :]


def comparable(letters: str) -> Callable[[bytes], Any]:
    """What makes a part of a line comparable in the way that the option LETTERS say."""
    kinds: dict[str, Callable[[bytes], Any]] = {
        "n": numeric,
        "g": general,
        "h": human,
        "V": version,
        "M": month,
    }
    chosen = [kinds[letter] for letter in kinds if letter in letters]
    if len(chosen) > 1:
        raise UsageError("only one of -n, -g, -h, -V, -M can be meant")
    if chosen:
        return chosen[0]
    removed = b""
    if "d" in letters:
        letter = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
        words = letter.union(_DIGITS, _BLANK)
        removed = bytes(b for b in range(256) if b not in words)
    if "i" in letters:
        removed += bytes(b for b in range(256) if not 32 <= b < 127)
    upper = "f" in letters
    return lambda part: (part.upper() if upper else part).translate(None, removed)


class Order:
    """All keys, and what decides between lines that they call equal."""

    def __init__(
        self, keys: list[Key], common: str, separator: bytes | None, *, unique: bool, stable: bool
    ) -> None:
        self.keys = keys or [Key("1", common, separator)]
        if not keys and "b" in common:
            self.keys[0].blanks = (True, False)
        self.reverse = "r" in common
        self.unique = unique
        self.last_resort = not (stable or unique)

    def sorted(self, lines: list[bytes]) -> list[bytes]:
        """LINES in order: by the last key first, because each pass keeps the order of equals."""
        found = list(lines)
        if self.last_resort:
            found.sort(reverse=self.reverse)
        for key in reversed(self.keys):
            found.sort(key=lambda line, key=key: key.value(key.part(line)), reverse=key.reverse)  # type: ignore[misc]
        if not self.unique:
            return found
        kept: list[bytes] = []
        before: object = None
        for line in found:
            here = self._values(line)
            if here != before:
                kept.append(line)
            before = here
        return kept

    def _values(self, line: bytes) -> list[object]:
        return [key.value(key.part(line)) for key in self.keys]

    def first_disorder(self, lines: list[bytes]) -> int | None:
        """The first line that belongs before the one above it (or with ``unique`` equals it)."""
        for at in range(1, len(lines)):
            pair = lines[at - 1 : at + 1]
            if pair[0] != pair[1] and self.sorted(pair) != pair:
                return at
            if self.unique and self._values(pair[0]) == self._values(pair[1]):
                return at
        return None
