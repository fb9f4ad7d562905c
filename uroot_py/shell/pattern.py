"""Patterns: ``*``, ``?``, ``[...]``; matching and path names. A backslash quotes a character.

Ref: POSIX.1-2017, XCU 2.13 "Pattern Matching Notation".
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    Element: TypeAlias = "str | Set | None"  # a character, a set of characters, or a star

_CLASSES = {
    "alnum": str.isalnum,
    "alpha": str.isalpha,
    "blank": " \t".__contains__,
    "cntrl": lambda char: ord(char) < 32 or ord(char) == 127,
    "digit": str.isdecimal,
    "graph": lambda char: char.isprintable() and char != " ",
    "lower": str.islower,
    "print": str.isprintable,
    "punct": lambda char: char.isprintable() and not char.isalnum() and char != " ",
    "space": str.isspace,
    "upper": str.isupper,
    "xdigit": "0123456789abcdefABCDEF".__contains__,
}


class Set:
    """``[...]``, or ``?`` as the complement of nothing."""

    __slots__ = ("classes", "negated", "ranges")

    def __init__(self, ranges: list[tuple[str, str]], classes: list[str], negated: bool) -> None:
        self.ranges = ranges
        self.classes = classes
        self.negated = negated

    def has(self, char: str) -> bool:
        """Whether CHAR is one of the set."""
        found = any(low <= char <= high for low, high in self.ranges)
        found = found or any(_CLASSES[name](char) for name in self.classes)
        return found != self.negated


_ANY = Set([], [], True)


def quote(text: str) -> str:
    """TEXT as a pattern that matches nothing but itself."""
    return "".join("\\" + char if char in "\\*?[]!^-:" else char for char in text)


def parse(pattern: str) -> list[Element]:
    """PATTERN as elements, one per character that it matches, None for a star."""
    elements: list[Element] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "\\" and at < len(pattern):
            elements.append(pattern[at])
            at += 1
        elif char == "*":
            if elements[-1:] != [None]:
                elements.append(None)
        elif char == "?":
            elements.append(_ANY)
        elif char == "[" and (found := _parse_set(pattern, at)):
            elements.append(found[0])
            at = found[1]
        else:
            elements.append(char)
    return elements


def _parse_set(pattern: str, at: int) -> tuple[Set, int] | None:
    negated = pattern[at : at + 1] in ("!", "^")
    at += negated
    first = at
    ranges: list[tuple[str, str]] = []
    classes: list[str] = []
    while at < len(pattern) and (pattern[at] != "]" or at == first):
        if pattern.startswith("[:", at) and (end := pattern.find(":]", at)) > 0:
            if pattern[at + 2 : end] not in _CLASSES:
                return None
            classes.append(pattern[at + 2 : end])
            at = end + 2
            continue
        low, at = _set_char(pattern, at)
        high = low
        if pattern[at : at + 1] == "-" and pattern[at + 1 : at + 2] not in ("", "]"):
            high, at = _set_char(pattern, at + 1)
        ranges.append((low, high))
    return (Set(ranges, classes, negated), at + 1) if at < len(pattern) else None


def _set_char(pattern: str, at: int) -> tuple[str, int]:
    if pattern[at] == "\\" and at + 1 < len(pattern):
        at += 1
    return pattern[at], at + 1


def matches(elements: list[Element], text: str) -> bool:
    """Whether the whole TEXT matches; time is at most the product of both lengths."""
    at = place = 0
    star = resume = -1
    while place < len(text):
        element = elements[at] if at < len(elements) else ""
        if element is None:
            star, resume = at, place
            at += 1
        elif element == text[place] or (isinstance(element, Set) and element.has(text[place])):
            at += 1
            place += 1
        elif star >= 0:
            resume += 1
            at, place = star + 1, resume
        else:
            return False
    return all(element is None for element in elements[at:])


def trim(value: str, op: str, pattern: str) -> str:
    """VALUE without the shortest (``#``, ``%``) or longest (``##``, ``%%``) match of PATTERN."""
    elements = parse(pattern)
    cuts = range(len(value) + 1)
    if op in ("##", "%"):
        cuts = cuts[::-1]
    for cut in cuts:
        if matches(elements, value[:cut] if op[0] == "#" else value[cut:]):
            return value[cut:] if op[0] == "#" else value[:cut]
    return value


def has_magic(pattern: str) -> bool:
    """Whether PATTERN can match something else than itself."""
    return any(char in pattern for char in "*?[") and not all(
        isinstance(element, str) for element in parse(pattern)
    )


def glob(pattern: str) -> list[str]:
    """The existing paths that match, sorted; a leading dot must be matched by a dot."""
    found = [""]
    components = pattern.split("/")
    for number, component in enumerate(components):
        last = number == len(components) - 1
        if not component or not has_magic(component):
            plain = "".join(element for element in parse(component) if isinstance(element, str))
            found = [path + plain for path in found]
            found = [path for path in found if not plain or os.path.lexists(path)]
        else:
            found = [path + name for path in found for name in _names(path, parse(component))]
        if not last:
            found = [path + "/" for path in found if not path or os.path.isdir(path)]
    return sorted(found)


def _names(path: str, elements: list[Element]) -> list[str]:
    try:
        names = os.listdir(path or ".")
    except OSError:
        return []
    if elements[0] == ".":
        names += [".", ".."]
    else:
        names = [name for name in names if name[0] != "."]
    return [name for name in names if matches(elements, name)]
