"""Simple commands: their words, assignments and redirections, and what runs them where.

Ref: POSIX.1-2017, XCU 2.9.1 "Simple Commands".
"""

from __future__ import annotations

from uroot_py.abi import signals
from uroot_py.base.errors import UrootError
from uroot_py.shell.programs import quick, run_quick, start
from uroot_py.shell.syntax import Lit, Param, Simple
from uroot_py.shell.traps import Interrupted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uroot_py.shell.state import State
    from uroot_py.shell.syntax import Node, Word


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

    def __init__(self, shell: State, call_function: Callable[[Node, list[str]], int]) -> None:
        self.shell = shell
        self.call_function = call_function

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
        if name in shell.special_builtins:
            return self._special(node, values, args)
        if name in shell.functions:
            body = shell.functions[name]
            return self._here(node, values, lambda: self.call_function(body, args))
        if name in shell.builtins or self.shell.launcher.quick(args):
            return self._here(node, values, lambda: self._regular(args))
        return start(self.shell, node.redirects, values, args, last=last)

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
            return shell.special_builtins[args[0]](shell, args[1:])
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
            builtin = self.shell.builtins.get(args[0])
            return builtin(self.shell, args[1:]) if builtin else quick(self.shell, args)
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
        if name in shell.functions or not self.shell.launcher.quick([name]):
            return None
        # An expansion could change this shell, or end it; a trace would show another level.
        if shell.variables.options & {"n", "u", "x"} or not all(map(_harmless, node.words)):
            return None
        args = shell.expander.fields(node.words)
        if not self.shell.launcher.quick(args):
            return None
        shell.substituted, out = run_quick(self.shell, args)
        return out
