"""Commands that must run in the shell itself, because they change it.

Ref: POSIX.1-2017, XCU 2.14 "Special Built-In Utilities", and the pages of cd, getopts, read,
umask, wait.
"""

from __future__ import annotations

import os

from uroot_py.abi import signals
from uroot_py.base.errors import UsageError
from uroot_py.shell.help import show
from uroot_py.shell.reading import check_name, getopts, letters, read, whole_number
from uroot_py.shell.traps import Leave, signal_number
from uroot_py.shell.variables import OPTIONS, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uroot_py.shell.interpreter import Interpreter

    Builtin = Callable[[Interpreter, list[str]], int]


# -- special built-ins ----------------------------------------------------------------------


def _colon(shell: Interpreter, args: list[str]) -> int:
    return 0


def _leave(kind: str) -> Builtin:
    def run(shell: Interpreter, args: list[str]) -> int:
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


def _eval(shell: Interpreter, args: list[str]) -> int:
    return shell.call_text(" ".join(args), shell.line)


def _dot(shell: Interpreter, args: list[str]) -> int:
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
        return shell.call_text(text)
    except Leave as leave:
        if leave.kind != "return":
            raise
        return leave.count
    finally:
        if args[1:]:
            shell.variables.params = params


def _exec(shell: Interpreter, args: list[str]) -> int:
    if not args:
        return 0
    shell.traps.forget()
    shell.traps.actions.pop(0, None)
    raise Leave("exit", shell.commands.launch(args, []))


def _marking(what: str) -> Builtin:
    """``export`` and ``readonly``."""

    def run(shell: Interpreter, args: list[str]) -> int:
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


def _local(shell: Interpreter, args: list[str]) -> int:
    if not shell.variables.hidden:
        raise UsageError("local: only inside a function")
    for operand in args:
        name, equals, value = operand.partition("=")
        check_name(name, "local")
        shell.variables.hide(name)
        if equals:
            shell.variables.set(name, value)
    return 0


def _set(shell: Interpreter, args: list[str]) -> int:
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


def _set_option(shell: Interpreter, letter: str, on: bool, rest: list[str]) -> None:
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


def _shift(shell: Interpreter, args: list[str]) -> int:
    count = whole_number(args, 1, "shift")
    if count > len(shell.variables.params):
        raise UsageError(f"shift: cannot shift {count} of {len(shell.variables.params)}")
    shell.variables.params = shell.variables.params[count:]
    return 0


def _times(shell: Interpreter, args: list[str]) -> int:
    found = os.times()
    for pair in ((found.user, found.system), (found.children_user, found.children_system)):
        shell.write(" ".join(f"{int(t // 60)}m{t % 60:.6f}s" for t in pair) + "\n")
    return 0


def _trap(shell: Interpreter, args: list[str]) -> int:
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


def _unset(shell: Interpreter, args: list[str]) -> int:
    given, names = letters(args, "fv", "unset")
    for name in names:
        if "f" in given:
            shell.functions.pop(name, None)
        else:
            check_name(name, "unset")
            shell.variables.unset(name)
    return 0


SPECIAL: dict[str, Builtin] = {
    ":": _colon,
    ".": _dot,
    "break": _leave("break"),
    "continue": _leave("continue"),
    "eval": _eval,
    "exec": _exec,
    "exit": _leave("exit"),
    "export": _marking("export"),
    "local": _local,
    "readonly": _marking("readonly"),
    "return": _leave("return"),
    "set": _set,
    "shift": _shift,
    "source": _dot,
    "times": _times,
    "trap": _trap,
    "unset": _unset,
}


# -- regular built-ins ----------------------------------------------------------------------


def _false(shell: Interpreter, args: list[str]) -> int:
    return 1


def _cd(shell: Interpreter, args: list[str]) -> int:
    variables = shell.variables
    given, operands = letters(args, "LP", "cd")
    target = operands[0] if operands else variables.get("HOME") or ""
    if target == "-":
        target = variables.get("OLDPWD") or ""
    if not target:
        raise UsageError("cd: HOME or OLDPWD is not set")
    before = _here(shell)
    path = target if target.startswith("/") else f"{before}/{target}"
    path = os.path.normpath(path).replace("//", "/")
    os.chdir(target if "P" in given else path)
    if "P" in given:
        path = os.getcwd()
    variables.set("OLDPWD", before)
    variables.set("PWD", path)
    if operands[:1] == ["-"]:
        shell.write(path + "\n")
    return 0


def _here(shell: Interpreter) -> str:
    """The current folder by the name that led to it."""
    name = shell.variables.get("PWD") or ""
    try:
        if name.startswith("/") and os.path.samestat(os.stat(name), os.stat(".")):
            return name
    except OSError:
        return os.getcwd()
    return os.getcwd()


def _pwd(shell: Interpreter, args: list[str]) -> int:
    given, _ = letters(args, "LP", "pwd")
    shell.write((os.getcwd() if "P" in given else _here(shell)) + "\n")
    return 0


def _umask(shell: Interpreter, args: list[str]) -> int:
    if not args:
        mask = os.umask(0)
        os.umask(mask)
        shell.write(f"{mask:04o}\n")
        return 0
    try:
        os.umask(int(args[0], 8))
    except ValueError:
        raise UsageError(f"umask: expected an octal mode, found {args[0]!r}") from None
    return 0


def _command(shell: Interpreter, args: list[str]) -> int:
    given, operands = letters(args, "vVp", "command")
    if not operands:
        return 0
    name = operands[0]
    if not given & {"v", "V"}:
        try:
            return shell.commands.without_functions(operands)
        except Leave as leave:
            if leave.kind != "error":
                raise
            return leave.count
    what = shell.commands.describe(name)
    if what:
        short = what if what.startswith("/") else name
        shell.write(f"{name} is {what}\n" if "V" in given else f"{short}\n")
    return 0 if what else 127


def _type(shell: Interpreter, args: list[str]) -> int:
    status = 0
    for name in args:
        what = shell.commands.describe(name)
        shell.write(f"{name} is {what}\n" if what else f"{name}: not found\n")
        status = status if what else 127
    return status


def _kill(shell: Interpreter, args: list[str]) -> int:
    """The command kill; a job as ``%1`` becomes its process group."""
    words = list(args)
    for place, word in enumerate(args):
        if word.startswith("%"):
            job = shell.jobs.find(word)
            words[place] = str(-job.group if job.group else job.pids[-1])
    if words != args and not args[0].startswith("-"):
        words.insert(0, "-TERM")  # or a group would look like an option
    return shell.commands.external(["kill", *words])


def _history(shell: Interpreter, args: list[str]) -> int:
    for number, text in enumerate(shell.history, 1):
        shell.write(f"{number:5}  {text}\n")
    return 0


def _why(shell: Interpreter, args: list[str]) -> int:
    shell.write(shell.faults.explain())
    return 0


def _wait(shell: Interpreter, args: list[str]) -> int:
    status = 0
    shell.traps.waiting = True
    try:
        if not args:
            shell.jobs.wait_all()
        for word in args:
            pid = (
                shell.jobs.find(word).pids[-1]
                if word[:1] == "%"
                else whole_number([word], 0, "wait")
            )
            status = shell.jobs.wait_for(pid)
    finally:
        shell.traps.waiting = False
    return status


def _jobs(shell: Interpreter, args: list[str]) -> int:
    changed = shell.jobs.collect()
    for job in [*(job for job in changed if job.state() == "done"), *shell.jobs.table.values()]:
        shell.write(job.describe() + "\n")
    return 0


def _resume(background: bool) -> Builtin:
    def run(shell: Interpreter, args: list[str]) -> int:
        job = shell.jobs.find(args[0] if args else "")
        shell.write(f"{job.text}\n")
        shell.jobs.resume(job, background=background)
        return 0 if background else shell.foreground(job)

    return run


BUILTINS: dict[str, Builtin] = {
    "bg": _resume(background=True),
    "cd": _cd,
    "command": _command,
    "false": _false,
    "fg": _resume(background=False),
    "getopts": getopts,
    "help": show,
    "history": _history,
    "jobs": _jobs,
    "kill": _kill,
    "pwd": _pwd,
    "read": read,
    "true": _colon,
    "type": _type,
    "umask": _umask,
    "wait": _wait,
    "why": _why,
}
