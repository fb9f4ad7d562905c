"""Builtins that change variables, parameters and options.

Ref: POSIX.1-2017, XCU 2.14 "Special Built-In Utilities".
"""

from __future__ import annotations

from uroot_py.base.errors import UsageError
from uroot_py.shell.builtins.reading import check_name, letters, whole_number
from uroot_py.shell.variables import OPTIONS, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.shell.state import Builtin, State


def _marking(what: str) -> Builtin:
    """``export`` and ``readonly``."""

    def run(shell: State, args: list[str]) -> int:
        variables = shell.variables
        _, operands = letters(args, "p", what)
        marks = variables.exported if what == "export" else variables.readonly
        variables.stale = True
        if not operands:
            for name in sorted(marks):
                value = variables.get(name)
                shell.write(f"{what} {name}{'' if value is None else '=' + quoted(value)}\n")
        for operand in operands:
            name, equals, value = operand.partition("=")
            check_name(name, what)
            if equals:
                variables.set(name, value)
            marks.add(name)
        return 0

    return run


def _local(shell: State, args: list[str]) -> int:
    if not shell.variables.hidden:
        raise UsageError("local: only inside a function")
    for operand in args:
        name, equals, value = operand.partition("=")
        check_name(name, "local")
        shell.variables.hide(name)
        if equals:
            shell.variables.set(name, value)
    return 0


def _set(shell: State, args: list[str]) -> int:
    variables = shell.variables
    if not args:
        for name in sorted(variables.values):
            shell.write(f"{name}={quoted(variables.values[name])}\n")
        return 0
    rest = list(args)
    while rest and len(rest[0]) > 1 and rest[0][0] in "-+":
        word = rest.pop(0)
        if word == "--":
            variables.params = rest
            return 0
        for letter in word[1:]:
            _set_option(shell, letter, word[0] == "-", rest)
    if rest:
        variables.params = rest[1:] if rest[0] == "-" else rest
    return 0


def _set_option(shell: State, letter: str, on: bool, rest: list[str]) -> None:
    options = shell.variables.options
    if letter == "o":
        if not rest:
            for known, name in OPTIONS.items():
                shell.write(f"{name:<16}{'on' if known in options else 'off'}\n")
            return
        names = {name: known for known, name in OPTIONS.items()}
        wanted = rest.pop(0)
        if wanted not in names:
            raise UsageError(f"set: unknown option -o {wanted}")
        letter = names[wanted]
    elif letter not in OPTIONS:
        raise UsageError(f"set: unknown option -{letter}")
    (options.add if on else options.discard)(letter)


def _shift(shell: State, args: list[str]) -> int:
    count = whole_number(args, 1, "shift")
    if count > len(shell.variables.params):
        raise UsageError(f"shift: cannot shift {count} of {len(shell.variables.params)}")
    shell.variables.params = shell.variables.params[count:]
    return 0


def _unset(shell: State, args: list[str]) -> int:
    given, names = letters(args, "fv", "unset")
    for name in names:
        if "f" in given:
            shell.functions.pop(name, None)
        else:
            check_name(name, "unset")
            shell.variables.unset(name)
    return 0


SPECIAL: dict[str, Builtin] = {
    "export": _marking("export"),
    "local": _local,
    "readonly": _marking("readonly"),
    "set": _set,
    "shift": _shift,
    "unset": _unset,
}
