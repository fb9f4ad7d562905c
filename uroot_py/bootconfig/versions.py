"""The order of version strings.

Ref: UAPI.10 Version Format Specification, "Version Comparison"; its reference program is
``systemd-analyze compare-versions``. compare_packages: RPM's order as Fedora's GRUB has it.
"""

from __future__ import annotations

_DIGITS = "0123456789"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PARTS = frozenset(_DIGITS + _LETTERS + "~+")
_VALID = frozenset(_DIGITS + _LETTERS + "~-^.")


def compare(one: str, other: str) -> int:
    """-1, 0 or 1: whether ONE is older than, the same as, or newer than OTHER."""
    a, b = one, other
    while True:
        a, b = _skip(a), _skip(b)
        # Lower than anything, even than the end of the string.
        if a[:1] == "~" or b[:1] == "~":
            if a[:1] != b[:1]:
                return -1 if a[:1] == "~" else 1
            a, b = a[1:], b[1:]
        if not a or not b:
            return _sign(bool(a), bool(b))
        for separator in "-^.":
            if a[:1] == separator or b[:1] == separator:
                if a[:1] != b[:1]:
                    return -1 if a[:1] == separator else 1
                a, b = a[1:], b[1:]
        result, a, b = _component(a, b)
        if result:
            return result


def compare_packages(one: str, other: str) -> int:
    """-1, 0 or 1 by the parts NAME-VERSION-RELEASE, the way Fedora's ``blscfg`` compares entries.

    The release has the rest of the file name, its suffix too: ``x86_64.conf`` is newer than
    ``x86_64+debug.conf``, because a plus sorts before anything else that goes on.
    """
    for mine, others in zip(_package(one), _package(other), strict=True):
        result = _compare_part(mine, others)
        if result:
            return result
    return 0


def _package(text: str) -> tuple[str, str, str]:
    rest, _, release = text.rpartition("-")
    if not rest:
        return release, "", ""
    name, dash, version = rest.rpartition("-")
    return (name, version, release) if dash else (rest, release, "")


def _compare_part(a: str, b: str) -> int:
    while a or b:
        a, b = _skip_to_part(a), _skip_to_part(b)
        mark = next((mark for mark in "~+" if mark in (a[:1], b[:1])), "")
        if mark == "+" and not (a and b):
            break
        if mark and a[:1] != b[:1]:
            return -1 if a[:1] == mark else 1
        if mark:
            a, b = a[1:], b[1:]
            continue
        if not a or not b:
            break
        result, a, b = _component(a, b)
        if result:
            return result
    return _sign(bool(a), bool(b))


def _skip_to_part(text: str) -> str:
    i = 0
    while i < len(text) and text[i] not in _PARTS:
        i += 1
    return text[i:]


def _skip(text: str) -> str:
    """TEXT from its first character that means something."""
    i = 0
    while i < len(text) and text[i] not in _VALID:
        i += 1
    return text[i:]


def _component(a: str, b: str) -> tuple[int, str, str]:
    """Compare numbers, or letters, at the start of A and B; the result and what is left of both."""
    first, rest = _take(a, _DIGITS)
    second, other_rest = _take(b, _DIGITS)
    if first or second:
        # A number is newer than none, even 0. Then by length: no number has a thousand digits.
        one, other = first.lstrip("0"), second.lstrip("0")
        key = (bool(first), len(one), one), (bool(second), len(other), other)
        return _sign(*key), rest, other_rest
    first, a = _take(a, _LETTERS)
    second, b = _take(b, _LETTERS)
    return _sign(first, second), a, b


def _take(text: str, allowed: str) -> tuple[str, str]:
    end = 0
    while end < len(text) and text[end] in allowed:
        end += 1
    return text[:end], text[end:]


def _sign(one: object, other: object) -> int:
    return int(one > other) - int(one < other)  # type: ignore[operator]
