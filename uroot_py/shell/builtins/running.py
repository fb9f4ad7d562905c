"""Builtins that run something, leave something, or do nothing.

Ref: POSIX.1-2017, XCU 2.14 "Special Built-In Utilities", and the page of command.
"""

from __future__ import annotations

import os

from uroot_py.abi import signals
from uroot_py.base.errors import UsageError
from uroot_py.shell import programs
from uroot_py.shell.builtins.reading import letters, whole_number
from uroot_py.shell.traps import Leave, signal_number
from uroot_py.shell.variables import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.shell.state import Builtin, State


def _colon(shell: State, args: list[str]) -> int:
    return 0


def _false(shell: State, args: list[str]) -> int:
    return 1


def _leave(kind: str) -> Builtin:
    def run(shell: State, args: list[str]) -> int:
        if kind in ("break", "continue"):
            levels = whole_number(args, 1, kind)
            if levels < 1:
                raise UsageError(f"{kind}: expected a positive number, found {args[0]!r}")
            if not shell.loops:
                return 0
            raise Leave(kind, min(levels, shell.loops))
        status = shell.status if kind == "return" or shell.trapped is None else shell.trapped
        raise Leave(kind, whole_number(args, status, kind) & 0xFF)

    return run


def _eval(shell: State, args: list[str]) -> int:
    return shell.evaluator.call_text(" ".join(args), shell.line)


def _dot(shell: State, args: list[str]) -> int:
    if not args:
        raise UsageError(".: expected a file name")
    path = args[0]
    if "/" not in path:
        folders = (shell.variables.get("PATH") or "").split(":")
        found = [f"{folder or '.'}/{path}" for folder in folders]
        path = next((name for name in found if os.path.isfile(name)), path)
    with open(path, encoding="utf-8", errors="surrogateescape") as stream:
        text = stream.read()
    params = shell.variables.params
    if args[1:]:
        shell.variables.params = args[1:]
    try:
        return shell.evaluator.call_text(text)
    except Leave as leave:
        if leave.kind != "return":
            raise
        return leave.count
    finally:
        if args[1:]:
            shell.variables.params = params


def _exec(shell: State, args: list[str]) -> int:
    if not args:
        return 0
    shell.traps.forget()
    shell.traps.actions.pop(0, None)
    raise Leave("exit", programs.launch(shell, args, []))


def _times(shell: State, args: list[str]) -> int:
    found = os.times()
    for pair in ((found.user, found.system), (found.children_user, found.children_system)):
        shell.write(" ".join(f"{int(t // 60)}m{t % 60:.6f}s" for t in pair) + "\n")
    return 0


def _trap(shell: State, args: list[str]) -> int:
    if args[:1] == ["--"]:
        args = args[1:]
    if not args:
        for number, text in sorted(shell.traps.actions.items()):
            name = signals.name_of(number).removeprefix("SIG") if number else "EXIT"
            shell.write(f"trap -- {quoted(text)} {name}\n")
        return 0
    action: str | None = args[0]
    names = args[1:]
    if not names or args[0].isdecimal():
        action, names = None, args
    elif action == "-":
        action = None
    for name in names:
        shell.traps.set(signal_number(name), action)
    return 0


def _command(shell: State, args: list[str]) -> int:
    given, operands = letters(args, "vVp", "command")
    if not operands:
        return 0
    name = operands[0]
    if not given & {"v", "V"}:
        try:
            return programs.without_functions(shell, operands)
        except Leave as leave:
            if leave.kind != "error":
                raise
            return leave.count
    what = programs.describe(shell, name)
    if what:
        short = what if what.startswith("/") else name
        shell.write(f"{name} is {what}\n" if "V" in given else f"{short}\n")
    return 0 if what else 127


def _type(shell: State, args: list[str]) -> int:
    status = 0
    for name in args:
        what = programs.describe(shell, name)
        shell.write(f"{name} is {what}\n" if what else f"{name}: not found\n")
        status = status if what else 127
    return status


SPECIAL: dict[str, Builtin] = {
    ":": _colon,
    ".": _dot,
    "break": _leave("break"),
    "continue": _leave("continue"),
    "eval": _eval,
    "exec": _exec,
    "exit": _leave("exit"),
    "return": _leave("return"),
    "source": _dot,
    "times": _times,
    "trap": _trap,
}
BUILTINS: dict[str, Builtin] = {
    "command": _command,
    "false": _false,
    "true": _colon,
    "type": _type,
}
