r"""POSIX extended regular expressions in bounded time: GRUB's ``regexp``, and what grep asks.

A pattern becomes a list of instructions; all ways through it are followed at once, one character of
the text after the other, so that no pattern takes more than its length times the text's. The match
is the leftmost, of those the longest. ``\w``, ``\W``, ``\s``, ``\S``, ``\b``, ``\<`` and ``\>``
are as in GNU's library; back references are refused, as POSIX has none.

Ref: POSIX.1-2017, XBD 9.4 Extended Regular Expressions.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.base.glob import CLASSES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    Test = Callable[[str], bool]
    Code = list[tuple[str, Any]]
    Thread = tuple[int, tuple[int, ...]]

    class Program(Protocol):
        """What is searched for."""

        code: Code
        groups: int


MAX_CODE = 5000  # instructions
MAX_DEPTH = 100  # parentheses inside each other
MAX_REPEAT = 255


def _is_word(char: str) -> bool:
    return char.isascii() and (char.isalnum() or char == "_")


def _any(char: str) -> bool:
    return True


_ESCAPES: dict[str, Test] = {
    "w": _is_word,
    "W": lambda char: not _is_word(char),
    "s": str.isspace,
    "S": lambda char: not char.isspace(),
}
_PLACES = {"^": "start", "$": "end", "\\b": "edge", "\\B": "inside", "\\<": "first", "\\>": "last"}


class Pattern:
    """A compiled expression; ``groups`` is how many pairs of parentheses it has."""

    __slots__ = ("code", "groups")

    def __init__(self, code: Code, groups: int) -> None:
        self.code = code
        self.groups = groups


class _Group:
    """An open parenthesis: the alternatives that are complete, the atoms of the one being read."""

    __slots__ = ("alternatives", "atoms", "number")

    def __init__(self, number: int) -> None:
        self.number = number
        self.alternatives: list[Code] = []
        self.atoms: list[Code] = []

    def code(self) -> Code:
        """All alternatives as one piece of code; jumps are relative, so that it can be copied."""
        result: Code = [item for atom in self.atoms for item in atom]
        for other in reversed(self.alternatives):
            result = [("split", (1, len(other) + 2)), *other, ("jump", len(result) + 1), *result]
        if self.number:
            result = [("save", 2 * self.number), *result, ("save", 2 * self.number + 1)]
        return result


def compile_ere(pattern: str) -> Pattern:
    """PATTERN ready to be searched for; FormatError says what is wrong with it."""
    open_groups, count, at = [_Group(0)], 0, 0
    while at < len(pattern):
        char, group = pattern[at], open_groups[-1]
        atom, after = _atom(pattern, at)
        if char == "(":
            count += 1
            open_groups.append(_Group(count))
            if len(open_groups) > MAX_DEPTH:
                raise _wrong(at, f"at most {MAX_DEPTH} parentheses inside each other", "more")
        elif char == ")" and len(open_groups) > 1:
            open_groups.pop()
            open_groups[-1].atoms.append(group.code())
        elif char == "|":
            group.alternatives.append([item for atom in group.atoms for item in atom])
            group.atoms = []
        elif char in "*+?{":
            if not group.atoms:
                raise _wrong(at, "something to repeat", repr(char))
            low, high, after = _counts(pattern, at)
            group.atoms[-1] = _repeated(group.atoms[-1], low, high, at)
        else:
            group.atoms.append(atom)
        at = after
    if len(open_groups) > 1:
        raise _wrong(at, "')'", "the end")
    code = open_groups[0].code()
    if len(code) > MAX_CODE:
        raise _wrong(at, f"at most {MAX_CODE} instructions", str(len(code)))
    return Pattern([*code, ("match", None)], count)


def _wrong(at: int, expected: str, found: str) -> FormatError:
    return FormatError("regular expression", at, expected, found)


def _atom(pattern: str, at: int) -> tuple[Code, int]:
    """The code for the character, set or place at AT, and where the pattern goes on."""
    char = pattern[at]
    if char == "[":
        return _set(pattern, at)
    if char == "\\":
        if at + 1 == len(pattern):
            raise _wrong(at, "a character after the backslash", "the end")
        char = pattern[at + 1]
        if char in "123456789":
            raise _wrong(at, "no back reference", f"\\{char}")
        if char in _ESCAPES:
            return [("test", _ESCAPES[char])], at + 2
        if f"\\{char}" in _PLACES:
            return [("place", _PLACES[f"\\{char}"])], at + 2
        return [("test", char.__eq__)], at + 2
    if char in "^$":
        return [("place", _PLACES[char])], at + 1
    if char == ".":
        return [("test", _any)], at + 1
    return [("test", char.__eq__)], at + 1


def _counts(pattern: str, at: int) -> tuple[int, int | None, int]:
    """(least, most, where the pattern goes on) of the repetition at AT; most None: no limit."""
    if pattern[at] != "{":
        low, high = {"*": (0, None), "+": (1, None), "?": (0, 1)}[pattern[at]]
        return low, high, at + 1
    end = pattern.find("}", at)
    first, comma, second = pattern[at + 1 : end].partition(",")
    good = end > 0 and all(
        text == "" or (text.isascii() and text.isdigit() and len(text) < 4 and int(text) < 256)
        for text in (first, second)
    )
    if not good or not (first or comma):
        raise _wrong(at, f"{{N}}, {{N,}} or {{N,M}} up to {MAX_REPEAT}", pattern[at : at + 12])
    low = int(first or "0")
    high = low
    if comma:
        high = int(second) if second else None
    if high is not None and high < low:
        raise _wrong(at, "the smaller number first", pattern[at : end + 1])
    return low, high, end + 1


def _repeated(atom: Code, low: int, high: int | None, at: int) -> Code:
    if len(atom) * (high or low or 1) > MAX_CODE:
        raise _wrong(at, f"at most {MAX_CODE} instructions", "more")
    result = atom * low
    if high is None:
        return [*result, ("split", (1, len(atom) + 2)), *atom, ("jump", -len(atom) - 1)]
    for _ in range(high - low):
        result = [*result, ("split", (1, len(atom) + 1)), *atom]
    return result


def _set(pattern: str, at: int) -> tuple[Code, int]:
    """The code for the bracket expression at AT."""
    start, i = at, at + 1
    negated = pattern[i : i + 1] == "^"
    i += negated
    first = i
    tests: list[Test] = []
    ranges: list[tuple[str, str]] = []
    while pattern[i : i + 1] != "]" or i == first:
        if i >= len(pattern):
            raise _wrong(start, "']'", "the end")
        if pattern.startswith("[:", i):
            end = pattern.find(":]", i)
            name = pattern[i + 2 : end] if end > 0 else ""
            if name not in CLASSES:
                raise _wrong(i, "a class such as [:alpha:]", pattern[i : i + 12])
            tests.append(CLASSES[name])
            i = end + 2
            continue
        low, i = _member(pattern, i)
        high = low
        if pattern[i : i + 1] == "-" and pattern[i + 1 : i + 2] not in ("", "]"):
            high, i = _member(pattern, i + 1)
            if high < low:
                raise _wrong(i, "a range that goes upwards", f"{low}-{high}")
        ranges.append((low, high))

    def fits(char: str) -> bool:
        found = any(low <= char <= high for low, high in ranges)
        return (found or any(test(char) for test in tests)) != negated

    return [("test", fits)], i + 1


def _member(pattern: str, at: int) -> tuple[str, int]:
    """The character at AT in a set, also as [.x.] or [=x=], and where the set goes on."""
    mark = pattern[at + 1 : at + 2]
    if pattern[at] == "[" and mark in (".", "=") and pattern.startswith(mark + "]", at + 3):
        return pattern[at + 2], at + 5
    return pattern[at], at + 1


def search(
    pattern: Program,
    text: str,
    spend: Callable[[int], object] | None = None,
    *,
    start: int = 0,
) -> list[tuple[int, int]] | None:
    """The leftmost longest match of PATTERN in TEXT from START on: where it and each group is.

    None when there is none; a group that took no part is at (-1, -1). SPEND is told, now and then,
    how many instructions were looked at.
    """
    empty = (-1,) * (2 * pattern.groups + 2)
    best: tuple[int, ...] = ()
    threads: list[Thread] = []
    for at in range(start, len(text) + 1):
        if not best:
            threads.append((0, (at, *empty[1:])))
        threads = _follow(pattern.code, threads, text, at)
        if spend:
            spend(1 + len(threads))
        char = text[at] if at < len(text) else ""
        following: list[Thread] = []
        for place, saved in threads:
            kind, value = pattern.code[place]
            if kind == "match":
                if not best or saved[0] <= best[0]:
                    best = (saved[0], at, *saved[2:])
            elif char and (not best or saved[0] <= best[0]) and value(char):
                following.append((place + 1, saved))
        threads = following
        if best and not threads:
            break
    if not best:
        return None
    pairs = zip(best[::2], best[1::2], strict=True)
    return [(begin, end) if begin >= 0 <= end else (-1, -1) for begin, end in pairs]


def _follow(code: Code, threads: list[Thread], text: str, at: int) -> list[Thread]:
    """THREADS, first come first served, at the instructions that wait for a character."""
    seen: set[int] = set()
    result = []
    todo = threads[::-1]
    while todo:
        place, saved = todo.pop()
        if place in seen:
            continue
        seen.add(place)
        kind, value = code[place]
        if kind == "jump":
            todo.append((place + value, saved))
        elif kind == "split":
            first, second = value
            todo += [(place + second, saved), (place + first, saved)]
        elif kind == "save":
            todo.append((place + 1, (*saved[:value], at, *saved[value + 1 :])))
        elif kind in ("mark", "moved"):
            todo.append((place + 1, saved))
        elif kind == "place":
            if is_at(value, text, at):
                todo.append((place + 1, saved))
        else:
            result.append((place, saved))
    return result


def is_at(place: str, text: str, at: int) -> bool:
    """Whether AT in TEXT is a PLACE: start, end, edge, inside, first, last, ..."""
    if place in ("start", "end"):
        return at == (0 if place == "start" else len(text))
    before, after = at > 0 and _is_word(text[at - 1]), at < len(text) and _is_word(text[at])
    return {
        "edge": before != after,
        "inside": before == after,
        "first": after and not before,
        "last": before and not after,
        "before": after,  # a word
        "behind": before,
        "not before": not after,
        "not behind": not before,
    }[place]
