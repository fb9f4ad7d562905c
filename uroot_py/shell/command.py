"""Simple commands: which builtin, function, applet or program a name is, and its start.

Ref: POSIX.1-2017, XCU 2.9.1 "Simple Commands".
"""

from __future__ import annotations

import errno
import os
import time

from uroot_py.abi import signals
from uroot_py.base.errors import LISTENERS, UrootError
from uroot_py.base.text import nearest
from uroot_py.shell.builtin import BUILTINS, SPECIAL
from uroot_py.shell.faults import describe
from uroot_py.shell.lexer import Lexer
from uroot_py.shell.syntax import Lit, Param, Simple
from uroot_py.shell.traps import Interrupted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from typing import Protocol

    from uroot_py.shell.interpreter import Interpreter
    from uroot_py.shell.syntax import Node, Redirect, Word

    class Launcher(Protocol):
        """The applets: commands that are part of this program."""

        @property
        def names(self) -> Collection[str]:
            """Their names."""

        def quick(self, args: list[str]) -> bool:
            """Whether ARGS, the name first, may run in the shell's own process.

            They need no input, end soon and leave no trace.
            """

        def run_quick(self, args: list[str], *, terminal: bool = False) -> tuple[int, bytes, bytes]:
            """Run quick ARGS here: status, output, error output.

            TERMINAL: the output is meant for descriptor 1, and that is a terminal.
            """

        @property
        def sections(self) -> Mapping[str, Mapping[str, str]]:
            """Section -> name -> what it does in a few words."""

        def prepare(self, name: str) -> None:
            """NAME is about to run in a child: load what all its runs need."""

        def run(self, name: str, args: list[str]) -> int:
            """Run the applet NAME in this process, a child, on the descriptors 0, 1 and 2."""


NOT_FOUND = 127
NOT_EXECUTABLE = 126


def _harmless(word: Word) -> bool:
    """Whether expanding WORD has no effect but its result."""
    return all(
        isinstance(part, Lit)
        or (
            isinstance(part, Param)
            and part.op[-1:] not in ("=", "?")
            and (part.word is None or _harmless(part.word))
        )
        for part in word.parts
    )


class Commands:
    """Runs the simple commands of one shell."""

    def __init__(self, shell: Interpreter, launcher: Launcher) -> None:
        self.shell = shell
        self.launcher = launcher

    def simple(self, node: Simple, *, last: bool = False) -> int:
        """Run NODE; with LAST this process is a child that has nothing else to do."""
        shell = self.shell
        shell.line = node.line
        shell.substituted = 0
        args = shell.expander.fields(node.words)
        if not args:
            return self._assign(node)
        values = [(name, self._value(word)) for name, word in node.assignments]
        for name, _ in values:
            shell.variables.check_writable(name)
        self._trace(values, args)
        name = args[0]
        if name in SPECIAL:
            return self._special(node, values, args)
        if name in shell.functions:
            body = shell.functions[name]
            return self._here(node, values, lambda: shell.call_function(body, args))
        if name in BUILTINS or self.launcher.quick(args):
            return self._here(node, values, lambda: self._regular(args))
        return self._child(node.redirects, values, args, last=last)

    def _value(self, word: Word) -> str:
        return self.shell.expander.text(word, assignment=True)

    def _trace(self, values: list[tuple[str, str]], args: list[str]) -> None:
        if "x" in self.shell.variables.options:
            words = [f"{name}={value}" for name, value in values] + args
            prefix = self.shell.variables.get("PS4")
            self.shell.write(f"{'+ ' if prefix is None else prefix}{' '.join(words)}\n", 2)

    def _assign(self, node: Simple) -> int:
        shell = self.shell
        try:
            saved = shell.redirections.apply(node.redirects)
        except (UrootError, OSError) as error:
            return shell.complain(error)
        shell.redirections.undo(saved)
        for name, word in node.assignments:
            value = self._value(word)
            self._trace([(name, value)], [])
            shell.variables.set(name, value)
        return shell.substituted

    def _special(self, node: Simple, values: list[tuple[str, str]], args: list[str]) -> int:
        # Ref: XCU 2.14: assignments before a special built-in stay, its errors end a script.
        shell = self.shell
        saved = shell.redirections.apply(node.redirects)
        try:
            for name, value in values:
                shell.variables.set(name, value)
            if args[0] == "exec":
                shell.redirections.keep(saved)
                saved = []
            return SPECIAL[args[0]](shell, args[1:])
        finally:
            shell.redirections.undo(saved)

    def _here(self, node: Simple, values: list[tuple[str, str]], work: Callable[[], int]) -> int:
        """Run WORK in this process, with assignments and redirections that last as long."""
        shell = self.shell
        before = [
            (name, shell.variables.get(name), name in shell.variables.exported)
            for name, _ in values
        ]
        try:
            saved = shell.redirections.apply(node.redirects)
        except (UrootError, OSError) as error:
            return shell.complain(error)
        try:
            for name, value in values:
                shell.variables.set(name, value)
                shell.variables.export(name)
            return work()
        finally:
            shell.redirections.undo(saved)
            for name, old, exported in reversed(before):
                shell.variables.restore(name, old, exported=exported)

    def _regular(self, args: list[str]) -> int:
        """Run a regular builtin or a quick applet: its errors do not end a script."""
        try:
            builtin = BUILTINS.get(args[0])
            return builtin(self.shell, args[1:]) if builtin else self._quick(args)
        except OSError as error:
            return self.shell.complain(error, args[0])
        except UrootError as error:
            return self.shell.complain(error)
        except Interrupted as interrupted:
            if self.shell.interactive and interrupted.number == signals.SIGINT:
                raise KeyboardInterrupt from None
            return 128 + interrupted.number

    def substituted(self, node: Node) -> bytes | None:
        """What ``$(NODE)`` gives where that needs no child; None where it might."""
        shell = self.shell
        if not isinstance(node, Simple) or node.assignments or node.redirects or not node.words:
            return None
        name = node.words[0].bare()
        if name in shell.functions or not self.launcher.quick([name]):
            return None
        # An expansion could change this shell, or end it; a trace would show another level.
        if shell.variables.options & {"n", "u", "x"} or not all(map(_harmless, node.words)):
            return None
        args = shell.expander.fields(node.words)
        if not self.launcher.quick(args):
            return None
        shell.substituted, out = self._run_quick(args)
        return out

    def _run_quick(self, args: list[str], *, terminal: bool = False) -> tuple[int, bytes]:
        """Run an applet in this process, where a fork would cost twenty times what it does."""
        LISTENERS[:] = [self.note]
        self._environment([])
        status, out, err = self.launcher.run_quick(args, terminal=terminal)
        self.shell.write_bytes(err, 2)
        return status, out

    def _quick(self, args: list[str]) -> int:
        status, out = self._run_quick(args, terminal=os.isatty(1))
        self.shell.traps.waiting = True  # a signal ends the wait for a reader that takes nothing
        try:
            self.shell.write_bytes(out, 1)
        except OSError as error:
            self.shell.complain(error, args[0])
            return 1
        finally:
            self.shell.traps.waiting = False
        return status

    # -- processes --------------------------------------------------------------------------

    def _child(
        self,
        redirects: list[Redirect],
        values: list[tuple[str, str]],
        args: list[str],
        *,
        last: bool = False,
    ) -> int:
        shell = self.shell

        def work() -> int:
            if not last:
                shell.become_child()
            try:
                shell.redirections.apply(redirects)
            except (UrootError, OSError) as error:
                return shell.complain(error)
            shell.redirections.close_private()
            return self.launch(args, values)

        if last:
            return work()
        if args[0] in self.launcher.names:
            # What is done here once is not done in every child; memory that it touches is copied.
            self.launcher.prepare(args[0])
            self._environment([])
        return shell.foreground(shell.jobs.start([work], " ".join(args)))

    def without_functions(self, args: list[str]) -> int:
        """Run a builtin, an applet or a program, but no function: ``command``."""
        builtin = BUILTINS.get(args[0]) or SPECIAL.get(args[0])
        if builtin:
            return builtin(self.shell, args[1:])
        return self._quick(args) if self.launcher.quick(args) else self.external(args)

    def external(self, args: list[str]) -> int:
        """Run an applet or a program."""
        return self._child([], [], args)

    def note(self, who: str, error: BaseException) -> None:
        """Remember an error for ``why``."""
        if self.shell.faults.writer >= 0:
            self.shell.faults.note(describe(who, error))

    def _environment(self, values: list[tuple[str, str]]) -> None:
        """Let applets see the exported variables, and VALUES."""
        if self.shell.variables.stale or values:
            os.environ.clear()
            os.environ.update(self.shell.variables.environment())
            os.environ.update(values)
            time.tzset()
            self.shell.variables.stale = False

    def launch(self, args: list[str], values: list[tuple[str, str]]) -> int:
        """Become the command ARGS with VALUES in its environment: an applet, or a program."""
        name = args[0]
        if name in self.launcher.names:
            self._environment(values)
            signals.interruptible()
            LISTENERS[:] = [self.note]
            return self.launcher.run(name, args[1:])
        environment = {**self.shell.variables.environment(), **dict(values)}
        path = self.find(name, environment.get("PATH"))
        if path is None:
            return self._unknown(name)
        # Python itself ignores these two, and a program would inherit that.
        for number in (signals.SIGPIPE, signals.NUMBERS["SIGXFSZ"]):
            if number not in self.shell.traps.ignored():
                signals.default(number)
        try:
            os.execve(path, args, environment)
        except OSError as error:
            if error.errno == errno.ENOEXEC:
                return self._script(path, args)
            self.shell.message(f"{name}: {(error.strerror or '').lower()}")
            return NOT_FOUND if error.errno == errno.ENOENT else NOT_EXECUTABLE

    def _script(self, path: str, args: list[str]) -> int:
        # Ref: XCU 2.9.1.1: a text file without "#!" is a script of this shell.
        shell = self.shell
        with open(path, encoding="utf-8", errors="surrogateescape") as stream:
            text = stream.read(1 << 20)
        if "\0" in text[:1024]:
            shell.message(f"{path}: not a program of this machine, nor a script")
            return NOT_EXECUTABLE
        shell.variables.name, shell.variables.params = path, args[1:]
        shell.functions = {}
        return shell.guard(lambda: shell.run_text(Lexer(text)))

    def find(self, name: str, path: str | None = None) -> str | None:
        """The program NAME: a path as it is, else the first one on PATH (``$PATH``)."""
        if "/" in name:
            return name
        found = None
        folders = self.shell.variables.get("PATH") if path is None else path
        for folder in (folders or "").split(":"):
            full = f"{folder or '.'}/{name}"
            if os.path.isfile(full):
                if os.access(full, os.X_OK):
                    return full
                found = found or full
        return found

    def _unknown(self, name: str) -> int:
        shell = self.shell
        path = shell.variables.get("PATH") or ""
        known = {*self.launcher.names, *BUILTINS, *SPECIAL, *shell.functions}
        near = nearest(name, (other for other in known if len(other) > 1))
        guess = f", did you mean {' or '.join(near)}?" if near else ""
        shell.message(f"{name}: not found{guess}")
        shell.faults.note(f"{name}: neither applet, function nor program\n  PATH      {path}")
        return NOT_FOUND

    def describe(self, name: str) -> str:
        """What NAME is, in words; empty when it is nothing."""
        kinds = (
            (SPECIAL, "a special shell builtin"),
            (self.shell.functions, "a shell function"),
            (BUILTINS, "a shell builtin"),
            (self.launcher.names, "an applet of this program"),
        )
        for table, kind in kinds:
            if name in table:
                return kind
        path = self.find(name)
        return path if path is not None and os.path.exists(path) else ""
