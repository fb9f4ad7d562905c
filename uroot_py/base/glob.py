"""Shell patterns: ``*``, ``?``, ``[a-z]``, ``[!x]``, ``[[:digit:]]``, and a backslash that quotes.

The matcher of ``fnmatch`` compiles a regular expression, which costs more than a small command.
Ref: POSIX.1-2017, XCU 2.13 Pattern Matching Notation.
"""

from __future__ import annotations

# Tests of a character, by the name between [: and :]; regular expressions know the same.
CLASSES = {
    "alnum": str.isalnum,
    "alpha": str.isalpha,
    "blank": " \t".__contains__,
    "cntrl": lambda char: not char.isprintable() and char < "\x80",
    "digit": "0123456789".__contains__,
    "graph": lambda char: char.isprintable() and char != " ",
    "lower": str.islower,
    "print": str.isprintable,
    "punct": lambda char: char.isprintable() and not char.isalnum() and char != " ",
    "space": str.isspace,
    "upper": str.isupper,
    "xdigit": "0123456789abcdefABCDEF".__contains__,
}


def has_magic(pattern: str) -> bool:
    """Whether PATTERN could match anything but itself without its backslashes."""
    at = 0
    while at < len(pattern):
        if pattern[at] in "*?[":
            return True
        at += 2 if pattern[at] == "\\" else 1
    return False


def quote(text: str) -> str:
    """The pattern that matches TEXT and nothing else."""
    return "".join("\\" + char if char in "\\*?[]!^-:" else char for char in text)


def unquote(pattern: str) -> str:
    """PATTERN without the backslashes that quote."""
    text, at = "", 0
    while at < len(pattern):
        if pattern[at] == "\\" and at + 1 < len(pattern):
            at += 1
        text += pattern[at]
        at += 1
    return text


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
    if head == "[" and (found := _in_set(pattern, at + 1, char)):
        return max(found, 0)
    if head == "\\" and at + 1 < len(pattern):
        return at + 2 if pattern[at + 1] == char else 0
    return at + 1 if head == char else 0


def _in_set(pattern: str, at: int, char: str) -> int:
    """The position after the set that begins at AT; -1 if CHAR is not in it, 0 if it is no set."""
    negated = pattern[at : at + 1] in ("!", "^")
    at += negated
    first = at
    has = False
    while at < len(pattern):
        if pattern[at] == "]" and at > first:
            return at + 1 if has != negated else -1
        if pattern.startswith("[:", at) and (end := pattern.find(":]", at)) > 0:
            known = CLASSES.get(pattern[at + 2 : end])
            has = has or (known is not None and known(char))
            at = end + 2
            continue
        low, at = _member(pattern, at)
        high = low
        if pattern[at : at + 1] == "-" and pattern[at + 1 : at + 2] not in ("", "]"):
            high, at = _member(pattern, at + 1)
        has = has or low <= char <= high
    return 0


def _member(pattern: str, at: int) -> tuple[str, int]:
    if pattern[at] == "\\" and at + 1 < len(pattern):
        at += 1
    return pattern[at], at + 1
