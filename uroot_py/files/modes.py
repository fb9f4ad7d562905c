"""File modes as chmod takes them: ``755``, ``u+x,go-w``, ``a=rX``. Ref: POSIX.1-2017 XCU chmod."""

from __future__ import annotations

from uroot_py.base.errors import UsageError

_WHO = {"u": 0o4700, "g": 0o2070, "o": 0o1007}
_ALL = 0o777
_SPECIAL = {"s": 0o6000, "t": 0o1000}


def parse_mode(text: str, old: int, umask: int, *, directory: bool = False) -> int:
    """The permission bits that the mode TEXT makes of OLD; UsageError when it is no mode."""
    if text.isdecimal() and not set(text) & set("89") and int(text, 8) <= 0o7777:
        value = int(text, 8)
        # GNU: a directory keeps its set-ID bits unless five digits are given.
        return value | (old & 0o6000 if directory and len(text) < 5 else 0)
    mode = old & 0o7777
    for clause in text.split(","):
        who_end = len(clause) - len(clause.lstrip("ugoa"))
        who, rest = clause[:who_end], clause[who_end:]
        if not rest:
            raise wrong(text)
        while rest:
            operator, rest = rest[0], rest[1:]
            if operator not in "+-=":
                raise wrong(text)
            end = next((at for at, char in enumerate(rest) if char in "+-="), len(rest))
            mode = _apply(mode, who, operator, rest[:end], umask, text, directory=directory)
            rest = rest[end:]
    return mode


def wrong(text: str) -> UsageError:
    """The error for a mode that is none."""
    return UsageError(f"expected a mode such as 644, u+x or go=rX, found {text!r}")


def _apply(
    mode: int, who: str, operator: str, letters: str, umask: int, text: str, *, directory: bool
) -> int:
    reach = 0o7777 if "a" in who or not who else 0
    for letter in who.replace("a", ""):
        reach |= _WHO[letter]
    bits = _bits(mode, letters, text, directory=directory) & reach
    if not who:
        bits &= ~umask | 0o7000
    if operator == "+":
        return mode | bits
    if operator == "-":
        return mode & ~bits
    kept = mode & 0o6000 if directory and "s" not in letters else 0
    return (mode & ~reach) | bits | kept


def _bits(mode: int, letters: str, text: str, *, directory: bool) -> int:
    if letters in _WHO:  # u+g: what the group has
        shift = {"u": 6, "g": 3, "o": 0}[letters]
        return (mode >> shift & 7) * 0o111
    bits = 0
    for letter in letters:
        if letter in "rwx":
            bits |= {"r": 0o444, "w": 0o222, "x": 0o111}[letter]
        elif letter == "X":
            bits |= 0o111 if directory or mode & 0o111 else 0
        elif letter in _SPECIAL:
            bits |= _SPECIAL[letter]
        else:
            raise wrong(text)
    return bits


def current_umask() -> int:
    """The umask of this process."""
    import os

    mask = os.umask(0o22)
    os.umask(mask)
    return mask
