"""Builtins, applets and programs by name: which one it is, and its start.

Ref: POSIX.1-2017, XCU 2.9.1.1 "Command Search and Execution".
"""

from __future__ import annotations

import errno
import os

from uroot_py.abi import signals
from uroot_py.base.errors import LISTENERS, UrootError
from uroot_py.base.text import nearest
from uroot_py.shell.lexer import Lexer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.shell.state import State
    from uroot_py.shell.syntax import Redirect

NOT_FOUND = 127
NOT_EXECUTABLE = 126


def without_functions(shell: State, args: list[str]) -> int:
    """Run a builtin, an applet or a program, but no function: ``command``."""
    builtin = shell.builtins.get(args[0]) or shell.special_builtins.get(args[0])
    if builtin:
        return builtin(shell, args[1:])
    return quick(shell, args) if shell.launcher.quick(args) else external(shell, args)


def quick(shell: State, args: list[str]) -> int:
    """Run a quick applet on this process's descriptors; its status."""
    status, out = run_quick(shell, args, terminal=os.isatty(1))
    shell.traps.waiting = True  # a signal ends the wait for a reader that takes nothing
    try:
        shell.write_bytes(out, 1)
    except OSError as error:
        shell.complain(error, args[0])
        return 1
    finally:
        shell.traps.waiting = False
    return status


def run_quick(shell: State, args: list[str], *, terminal: bool = False) -> tuple[int, bytes]:
    """Run an applet in this process, where a fork would cost twenty times what it does."""
    LISTENERS[:] = [shell.note]
    shell.export_environment([])
    status, out, err = shell.launcher.run_quick(args, terminal=terminal)
    shell.write_bytes(err, 2)
    return status, out


def external(shell: State, args: list[str]) -> int:
    """Run an applet or a program."""
    return start(shell, [], [], args)


def start(
    shell: State,
    redirects: list[Redirect],
    values: list[tuple[str, str]],
    args: list[str],
    *,
    last: bool = False,
) -> int:
    """Run an applet or a program in a child; with LAST this process is a child already."""

    def work() -> int:
        if not last:
            shell.become_child()
        try:
            shell.redirections.apply(redirects)
        except (UrootError, OSError) as error:
            return shell.complain(error)
        shell.redirections.close_private()
        return launch(shell, args, values)

    if last:
        return work()
    if args[0] in shell.launcher.names:
        # What is done here once is not done in every child; memory that it touches is copied.
        shell.launcher.prepare(args[0])
        shell.export_environment([])
    return shell.foreground(shell.jobs.start([work], " ".join(args)))


def launch(shell: State, args: list[str], values: list[tuple[str, str]]) -> int:
    """Become the command ARGS with VALUES in its environment: an applet, or a program."""
    name = args[0]
    if name in shell.launcher.names:
        shell.export_environment(values)
        signals.interruptible()
        LISTENERS[:] = [shell.note]
        return shell.launcher.run(name, args[1:])
    environment = {**shell.variables.environment(), **dict(values)}
    path = find(shell, name, environment.get("PATH"))
    if path is None:
        return _unknown(shell, name)
    # Python itself ignores these two, and a program would inherit that.
    for number in (signals.SIGPIPE, signals.NUMBERS["SIGXFSZ"]):
        if number not in shell.traps.ignored():
            signals.default(number)
    try:
        os.execve(path, args, environment)
    except OSError as error:
        if error.errno == errno.ENOEXEC:
            return _script(shell, path, args)
        shell.message(f"{name}: {(error.strerror or '').lower()}")
        return NOT_FOUND if error.errno == errno.ENOENT else NOT_EXECUTABLE


def _script(shell: State, path: str, args: list[str]) -> int:
    # Ref: XCU 2.9.1.1: a text file without "#!" is a script of this shell.
    with open(path, encoding="utf-8", errors="surrogateescape") as stream:
        text = stream.read(1 << 20)
    if "\0" in text[:1024]:
        shell.message(f"{path}: not a program of this machine, nor a script")
        return NOT_EXECUTABLE
    shell.variables.name, shell.variables.params = path, args[1:]
    shell.functions = {}
    return shell.guard(lambda: shell.evaluator.run_text(Lexer(text)))


def find(shell: State, name: str, path: str | None = None) -> str | None:
    """The program NAME: a path as it is, else the first one on PATH (``$PATH``)."""
    if "/" in name:
        return name
    found = None
    folders = shell.variables.get("PATH") if path is None else path
    for folder in (folders or "").split(":"):
        full = f"{folder or '.'}/{name}"
        if os.path.isfile(full):
            if os.access(full, os.X_OK):
                return full
            found = found or full
    return found


def _unknown(shell: State, name: str) -> int:
    path = shell.variables.get("PATH") or ""
    known = {*shell.launcher.names, *shell.builtins, *shell.special_builtins, *shell.functions}
    near = nearest(name, (other for other in known if len(other) > 1))
    guess = f", did you mean {' or '.join(near)}?" if near else ""
    shell.message(f"{name}: not found{guess}")
    shell.faults.note(f"{name}: neither applet, function nor program\n  PATH      {path}")
    return NOT_FOUND


def describe(shell: State, name: str) -> str:
    """What NAME is, in words; empty when it is nothing."""
    kinds = (
        (shell.special_builtins, "a special shell builtin"),
        (shell.functions, "a shell function"),
        (shell.builtins, "a shell builtin"),
        (shell.launcher.names, "an applet of this program"),
    )
    for table, kind in kinds:
        if name in table:
            return kind
    path = find(shell, name)
    return path if path is not None and os.path.exists(path) else ""
