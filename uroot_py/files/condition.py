"""The expressions of ``test``. Ref: POSIX.1-2017 XCU test."""

from __future__ import annotations

import os
import stat

from uroot_py.base.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_KINDS = {
    "-b": stat.S_ISBLK,
    "-c": stat.S_ISCHR,
    "-d": stat.S_ISDIR,
    "-f": stat.S_ISREG,
    "-p": stat.S_ISFIFO,
    "-S": stat.S_ISSOCK,
}
_MODES = {"-g": stat.S_ISGID, "-k": stat.S_ISVTX, "-u": stat.S_ISUID}
_ACCESS = {"-r": os.R_OK, "-w": os.W_OK, "-x": os.X_OK}
_TEXTS: dict[str, Callable[[str], bool]] = {"-n": bool, "-z": lambda word: not word}
_OTHERS = "aehLstOGN"
_UNARY = {*_KINDS, *_MODES, *_ACCESS, *_TEXTS, *(f"-{letter}" for letter in _OTHERS)}
_COMPARE: dict[str, Callable[[int, int], bool]] = {
    "-eq": lambda a, b: a == b,
    "-ne": lambda a, b: a != b,
    "-lt": lambda a, b: a < b,
    "-le": lambda a, b: a <= b,
    "-gt": lambda a, b: a > b,
    "-ge": lambda a, b: a >= b,
}
_BINARY = {*_COMPARE, "=", "==", "!=", "<", ">", "-nt", "-ot", "-ef"}


def evaluate(words: list[str]) -> bool:
    """What the expression WORDS says; UsageError when it is none."""
    if not words:
        return False
    rest = list(words)
    value = _either(rest)
    if rest:
        raise UsageError(f"unexpected {rest[0]!r}")
    return value


def _either(rest: list[str]) -> bool:
    value = _both(rest)
    while rest[:1] == ["-o"]:
        rest.pop(0)
        value = _both(rest) or value
    return value


def _both(rest: list[str]) -> bool:
    value = _term(rest)
    while rest[:1] == ["-a"]:
        rest.pop(0)
        value = _term(rest) and value
    return value


def _term(rest: list[str]) -> bool:
    negated = False
    while rest[:1] == ["!"] and len(rest) > 1 and not (len(rest) > 2 and rest[1] in _BINARY):
        rest.pop(0)
        negated = not negated
    return _primary(rest) != negated


def _primary(rest: list[str]) -> bool:
    if not rest:
        raise UsageError("an operand is missing")
    if len(rest) > 2 and rest[1] in _BINARY:
        left, operator, right = rest[:3]
        del rest[:3]
        return _binary(left, operator, right)
    word = rest.pop(0)
    if word == "(" and rest:
        depth, end = 1, 0
        while depth and end < len(rest):
            depth += {"(": 1, ")": -1}.get(rest[end], 0)
            end += 1
        if depth:
            raise UsageError("')' is missing")
        inside = rest[: end - 1]
        del rest[:end]
        return evaluate(inside)
    if word in _UNARY and rest:
        return _unary(word, rest.pop(0))
    return bool(word)


def _unary(operator: str, word: str) -> bool:
    if operator in _TEXTS:
        return _TEXTS[operator](word)
    if operator == "-t":
        return os.isatty(_integer(word))
    if operator in _ACCESS:
        return os.access(word, _ACCESS[operator])
    try:
        status = os.lstat(word) if operator in ("-h", "-L") else os.stat(word)
    except OSError:
        return False
    mode = status.st_mode
    if operator in _KINDS:
        return _KINDS[operator](mode)
    if operator in _MODES:
        return bool(mode & _MODES[operator])
    answers = {
        "-h": stat.S_ISLNK(mode),
        "-L": stat.S_ISLNK(mode),
        "-s": status.st_size > 0,
        "-O": status.st_uid == os.geteuid(),
        "-G": status.st_gid == os.getegid(),
        "-N": status.st_mtime_ns > status.st_atime_ns,
    }
    return answers.get(operator, True)


def _integer(word: str) -> int:
    try:
        return int(word)
    except ValueError:
        raise UsageError(f"expected an integer, found {word!r}") from None


def _binary(left: str, operator: str, right: str) -> bool:
    if operator in _COMPARE:
        return _COMPARE[operator](_integer(left), _integer(right))
    if operator in ("-nt", "-ot", "-ef"):
        return _files(left, operator, right)
    if operator in ("<", ">"):
        return left < right if operator == "<" else left > right
    return (left == right) != (operator == "!=")


def _files(left: str, operator: str, right: str) -> bool:
    one, other = (os.stat(path) if os.path.exists(path) else None for path in (left, right))
    if operator == "-ot":
        one, other = other, one
    if operator == "-ef":
        return one is not None and other is not None and os.path.samestat(one, other)
    return one is not None and (other is None or one.st_mtime_ns > other.st_mtime_ns)
