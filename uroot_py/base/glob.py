"""Shell patterns: ``*``, ``?``, ``[a-z]``, ``[!x]``, and a backslash before a plain character.

The matcher of ``fnmatch`` compiles a regular expression, which costs more than a small command.
Ref: POSIX.1-2017, XCU 2.13 Pattern Matching Notation.
"""

from __future__ import annotations


def has_magic(pattern: str) -> bool:
    """Whether PATTERN could match anything but itself."""
    return any(char in pattern for char in "*?[")


def match(pattern: str, text: str) -> bool:
    """Whether PATTERN matches the whole of TEXT; time is bounded by their lengths' product."""
    p = t = 0
    star, mark = -1, 0
    while t < len(text):
        if p < len(pattern) and pattern[p] == "*":
            star, mark = p, t
            p += 1
            continue
        after = _one(pattern, p, text[t]) if p < len(pattern) else 0
        if after:
            p = after
            t += 1
        elif star >= 0:
            mark += 1
            p, t = star + 1, mark
        else:
            return False
    return not pattern[p:].strip("*")


def _one(pattern: str, at: int, char: str) -> int:
    """The position after the element at AT if it matches CHAR, else 0."""
    head = pattern[at]
    if head == "?":
        return at + 1
    if head == "[":
        end = pattern.find("]", at + 3 if pattern[at + 1 : at + 2] in ("!", "^") else at + 2)
        if end > 0:
            inside = pattern[at + 1 : end]
            negated = inside[:1] in ("!", "^")
            return end + 1 if _in_set(inside[negated:], char) != negated else 0
    if head == "\\" and at + 1 < len(pattern):
        return at + 2 if pattern[at + 1] == char else 0
    return at + 1 if head == char else 0


def _in_set(inside: str, char: str) -> bool:
    i = 0
    while i < len(inside):
        if i + 2 < len(inside) and inside[i + 1] == "-":
            if inside[i] <= char <= inside[i + 2]:
                return True
            i += 3
        else:
            if inside[i] == char:
                return True
            i += 1
    return False
