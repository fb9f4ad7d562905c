"""Built-in commands that take input apart: arguments, lines, options.

Ref: POSIX.1-2017, XCU "read", "getopts".
"""

from __future__ import annotations

import os

from uroot_py.base.errors import UsageError
from uroot_py.shell.lexer import is_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.shell.state import Builtin, State


def whole_number(args: list[str], default: int, what: str) -> int:
    """The first of ARGS as a number, DEFAULT without any; UsageError names WHAT."""
    if not args:
        return default
    if not args[0].isdecimal():
        raise UsageError(f"{what}: expected a number, found {args[0]!r}")
    return int(args[0])


def letters(args: list[str], allowed: str, what: str) -> tuple[set[str], list[str]]:
    """Leading ``-abc`` words as letters, and the operands."""
    given: set[str] = set()
    for at, word in enumerate(args):
        if word == "--":
            return given, args[at + 1 :]
        if len(word) < 2 or word[0] != "-":
            return given, args[at:]
        for letter in word[1:]:
            if letter not in allowed:
                raise UsageError(f"{what}: unknown option -{letter}")
            given.add(letter)
    return given, []


def check_name(name: str, what: str) -> None:
    """UsageError when NAME cannot be a variable."""
    if not is_name(name):
        raise UsageError(f"{what}: expected a variable name, found {name!r}")


def _read_line(shell: State, raw: bool) -> tuple[list[tuple[str, bool]], bool]:
    """Characters with "was quoted by a backslash", and whether the line was whole."""
    found: list[tuple[str, bool]] = []
    pending = b""
    escaped = False
    while data := os.read(0, 1):
        pending += data
        if data[0] >= 0x80 and len(pending) < 4:
            try:
                char = pending.decode()
            except UnicodeDecodeError:
                continue
        else:
            char = pending.decode("utf-8", "surrogateescape")
        pending = b""
        if char == "\n" and not escaped:
            return found, True
        if char == "\\" and not raw and not escaped:
            escaped = True
            continue
        if not (escaped and char == "\n"):
            found.append((char, escaped))
        escaped = False
    found += [(char, False) for char in pending.decode("utf-8", "surrogateescape")]
    return found, False


def _read(shell: State, args: list[str]) -> int:
    """``read [-r] [-p PROMPT] NAME...``: a line of the input into variables."""
    raw = False
    while args and args[0][:1] == "-" and len(args[0]) > 1:
        word = args[0]
        args = args[1:]
        if word == "--":
            break
        raw = raw or "r" in word
        if word.strip("rp") != "-":
            raise UsageError(f"read: unknown option {word}")
        if word.endswith("p") and args:
            shell.write(args[0], 2)
            args = args[1:]
    names = args or ["REPLY"]
    for name in names:
        check_name(name, "read")
    shell.traps.waiting = True
    try:
        chars, whole = _read_line(shell, raw)
    finally:
        shell.traps.waiting = False
    separators = shell.variables.get("IFS")
    fields = _split(chars, " \t\n" if separators is None else separators, len(names))
    for name, value in zip(names, [*fields, *[""] * len(names)], strict=False):
        shell.variables.set(name, value)
    return 0 if whole else 1


def _split(chars: list[tuple[str, bool]], separators: str, count: int) -> list[str]:
    """The line as COUNT fields; the last one has the rest, without white space around it."""
    kinds = {char: " " if char in " \t\n" else "," for char in separators}
    marks = "".join("x" if escaped else kinds.get(char, "x") for char, escaped in chars)
    text = "".join(char for char, _ in chars)
    fields: list[str] = []
    at = len(marks) - len(marks.lstrip(" "))
    end = len(marks.rstrip(" "))
    while at < end and len(fields) < count - 1:
        stop = at
        while stop < end and marks[stop] == "x":
            stop += 1
        fields.append(text[at:stop])
        at = stop
        while at < end and marks[at] == " ":
            at += 1
        if marks[at : at + 1] == ",":
            at += 1
            while at < end and marks[at] == " ":
                at += 1
    if at < end or (at == end and len(fields) < count):
        rest, shape = text[at:end], marks[at:end]
        # One separator that only ends the last field is not part of it.
        if shape.endswith(",") and "," not in shape[:-1] and " " not in shape[:-1]:
            rest = rest[:-1]
        fields.append(rest)
    return fields


def _getopts(shell: State, args: list[str]) -> int:
    """``getopts LETTERS NAME [WORD]...``: the next option of the parameters."""
    if len(args) < 2:
        raise UsageError("getopts: expected the option letters and a variable name")
    letters, name = args[0], args[1]
    words = args[2:] or shell.variables.params
    variables = shell.variables
    index = whole_number([variables.get("OPTIND") or "1"], 1, "OPTIND")
    offset = variables.option_offset
    word = words[index - 1] if index <= len(words) else ""
    if offset == 1 and (len(word) < 2 or word[0] != "-" or word == "--"):
        variables.set("OPTIND", str(index + 1 if word == "--" else index))
        variables.set(name, "?")
        return 1
    letter, rest = word[offset], word[offset + 1 :]
    value: str | None = None
    offset += 1
    found = letters.find(letter) if letter != ":" else -1
    if found >= 0 and letters[found + 1 : found + 2] == ":":
        offset, rest_used = 1, rest
        index += 1
        if rest_used:
            value = rest_used
        elif index <= len(words):
            value = words[index - 1]
            index += 1
        else:
            found = -2
    elif not rest:
        index, offset = index + 1, 1
    variables.set("OPTIND", str(index))
    variables.option_offset = offset
    return _option_found(shell, letters, name, letter, found, value)


def _option_found(
    shell: State, letters: str, name: str, letter: str, found: int, value: str | None
) -> int:
    quiet = letters.startswith(":")
    variables = shell.variables
    if found >= 0:
        variables.set(name, letter)
        variables.unset("OPTARG") if value is None else variables.set("OPTARG", value)
        return 0
    variables.set(name, ":" if quiet and found == -2 else "?")
    if quiet:
        variables.set("OPTARG", letter)
    else:
        variables.unset("OPTARG")
        why = "needs a value" if found == -2 else "is unknown"
        shell.message(f"getopts: option -{letter} {why}")
    return 0


BUILTINS: dict[str, Builtin] = {"getopts": _getopts, "read": _read}
