"""Builtins for what the process has: its folder, its mask, its children.

Ref: POSIX.1-2017, XCU, the pages of bg, cd, fg, jobs, kill, pwd, umask, wait.
"""

from __future__ import annotations

import os

from uroot_py.base.errors import UsageError
from uroot_py.shell import programs
from uroot_py.shell.builtins.reading import letters, whole_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.shell.state import Builtin, State


def _cd(shell: State, args: list[str]) -> int:
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


def _here(shell: State) -> str:
    """The current folder by the name that led to it."""
    name = shell.variables.get("PWD") or ""
    try:
        if name.startswith("/") and os.path.samestat(os.stat(name), os.stat(".")):
            return name
    except OSError:
        return os.getcwd()
    return os.getcwd()


def _pwd(shell: State, args: list[str]) -> int:
    given, _ = letters(args, "LP", "pwd")
    shell.write((os.getcwd() if "P" in given else _here(shell)) + "\n")
    return 0


def _umask(shell: State, args: list[str]) -> int:
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


def _kill(shell: State, args: list[str]) -> int:
    """The command kill; a job as ``%1`` becomes its process group."""
    words = list(args)
    for place, word in enumerate(args):
        if word.startswith("%"):
            job = shell.jobs.find(word)
            words[place] = str(-job.group if job.group else job.pids[-1])
    if words != args and not args[0].startswith("-"):
        words.insert(0, "-TERM")  # or a group would look like an option
    return programs.external(shell, ["kill", *words])


def _wait(shell: State, args: list[str]) -> int:
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


def _jobs(shell: State, args: list[str]) -> int:
    changed = shell.jobs.collect()
    for job in [*(job for job in changed if job.state() == "done"), *shell.jobs.table.values()]:
        shell.write(job.describe() + "\n")
    return 0


def _resume(background: bool) -> Builtin:
    def run(shell: State, args: list[str]) -> int:
        job = shell.jobs.find(args[0] if args else "")
        shell.write(f"{job.text}\n")
        shell.jobs.resume(job, background=background)
        return 0 if background else shell.foreground(job)

    return run


BUILTINS: dict[str, Builtin] = {
    "bg": _resume(background=True),
    "cd": _cd,
    "fg": _resume(background=False),
    "jobs": _jobs,
    "kill": _kill,
    "pwd": _pwd,
    "umask": _umask,
    "wait": _wait,
}
