"""Runs commands: the walk over what the parser has read.

Ref: POSIX.1-2017, XCU 2.8 "Exit Status and Errors", 2.9 "Shell Commands", 2.12 "Environment".
"""

from __future__ import annotations

import os
import sys

from uroot_py.abi import process
from uroot_py.base.errors import UrootError
from uroot_py.base.glob import match
from uroot_py.shell.builtins import help as for_person
from uroot_py.shell.builtins import process as for_process
from uroot_py.shell.builtins import reading, running, variables
from uroot_py.shell.command import Commands
from uroot_py.shell.lexer import Lexer
from uroot_py.shell.parser import Parser
from uroot_py.shell.state import State
from uroot_py.shell.syntax import (
    AndOr,
    Block,
    Case,
    For,
    Function,
    Group,
    If,
    Loop,
    Pipeline,
    Simple,
)
from uroot_py.shell.traps import Leave

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from uroot_py.shell.state import Builtin, Launcher
    from uroot_py.shell.syntax import Node

# The shell's own commands. An error of a special one ends a script; no function hides it.
SPECIAL: dict[str, Builtin] = {**running.SPECIAL, **variables.SPECIAL}
BUILTINS: dict[str, Builtin] = {
    **running.BUILTINS,
    **for_process.BUILTINS,
    **reading.BUILTINS,
    **for_person.BUILTINS,
}
MAX_RECURSION = 30_000  # of Python: calls of this module need no C stack


class Interpreter:
    """Walks over commands and changes the state of one shell."""

    def __init__(
        self, launcher: Launcher, environment: Mapping[str, str], name: str, params: list[str]
    ) -> None:
        self.state = State(launcher, environment, name, params, self, BUILTINS, SPECIAL)
        self.commands = Commands(self.state, self.call_function)
        sys.setrecursionlimit(MAX_RECURSION)

    # -- running texts ----------------------------------------------------------------------

    def run_text(self, lexer: Lexer) -> int:
        """Run every command of a text, each before the next one is read."""
        parser = Parser(lexer)
        status = 0
        while (block := parser.command()) is not None:
            status = self.run(block)
            lexer.drop()
        self.signals()
        return status

    def call_text(self, text: str, line: int = 1) -> int:
        """Run TEXT inside the running command, as ``eval`` does."""
        self.state.deeper("eval")
        try:
            return self.run_text(Lexer(text, line=line))
        finally:
            self.state.calls -= 1

    def finish(self) -> int:
        """The end of this shell: run its EXIT trap, and give the last status."""
        action = self.state.traps.actions.pop(0, None)
        if action:
            self.state.guard(lambda: self._trap(action))
        return self.state.status

    def _trap(self, action: str) -> int:
        """Run the action of a trap; the status is the one before it, unless the action exits."""
        before, self.state.trapped = (self.state.trapped, self.state.tested), self.state.status
        status, self.state.tested = self.state.status, 0
        try:
            self.call_text(action)
        finally:
            self.state.trapped, self.state.tested = before
        self.state.status = status
        return status

    # -- commands ---------------------------------------------------------------------------

    def run(self, node: Node) -> int:
        """Run one command and remember its status; an error that ends the script is a Leave."""
        if self.state.traps.pending:
            self.signals()
        run = _RUN[type(node)]
        try:
            if node.redirects and type(node) is not Simple:
                self.state.status = self._redirected(node, run)
            else:
                self.state.status = run(self, node)
        except (UrootError, OSError, RecursionError) as error:
            # Here, where the redirections of the command still apply.
            raise Leave("error", self.state.complain(error)) from None
        return self.state.status

    def _redirected(self, node: Node, run: Callable[[Interpreter, Any], int]) -> int:
        try:
            saved = self.state.redirections.apply(node.redirects)
        except (UrootError, OSError) as error:
            return self.failed(self.state.complain(error))
        try:
            return run(self, node)
        finally:
            self.state.redirections.undo(saved)

    def signals(self) -> None:
        """Act on the signals that have come since the last command."""
        while self.state.traps.pending:
            number = self.state.traps.pending.pop(0)
            action = self.state.traps.actions.get(number)
            if action:
                self._trap(action)
            elif action is None and number == 2:
                raise KeyboardInterrupt

    def failed(self, status: int) -> int:
        """STATUS; with ``set -e`` a failure ends the shell here."""
        if status and not self.state.tested and "e" in self.state.variables.options:
            raise Leave("exit", status)
        return status

    def _block(self, node: Block) -> int:
        for item, background in node.items:
            if "n" in self.state.variables.options:
                return 0
            if background:
                self._background(item)
            else:
                self.run(item)
        return self.state.status if node.items else 0

    def _background(self, node: Node) -> None:
        job = self.state.jobs.start([self.child(node)], node.shown(), background=True)
        if self.state.interactive:
            self.state.write(f"[{job.number}] {job.pids[-1]}\n", 2)
        self.state.status = 0

    def _and_or(self, node: AndOr) -> int:
        last = len(node.items) - 1
        for number, (op, item) in enumerate(node.items):
            if op and (self.state.status == 0) != (op == "&&"):
                continue
            if number == last:
                return self.run(item)
            self._test(item)
        return self.state.status

    def _test(self, node: Node) -> int:
        self.state.tested += 1
        try:
            return self.run(node)
        finally:
            self.state.tested -= 1

    def _pipeline(self, node: Pipeline) -> int:
        if len(node.commands) == 1:
            return int(not self._test(node.commands[0]))
        self.state.line = node.line
        job = self.state.jobs.start(
            [self.child(command) for command in node.commands], node.shown()
        )
        status = self.state.foreground(job)
        return int(not status) if node.negated else self.failed(status)

    def child(self, node: Node) -> Callable[[], int]:
        """The work of a child that runs NODE and ends."""

        def work() -> int:
            self.state.become_child()
            self.state.guard(lambda: self.run_last(node))
            return self.finish()

        return work

    def run_last(self, node: Node) -> int:
        """Run NODE as the last thing that this process does: without one more process."""
        if isinstance(node, Simple):
            return self.commands.simple(node, last=True)
        return self.run(node)

    def _simple(self, node: Simple) -> int:
        status = self.commands.simple(node)
        if status and not self.state.tested:
            self.state.faults.failed = (node.shown(), status)
        return self.failed(status)

    def _group(self, node: Group) -> int:
        if not node.subshell:
            return self.run(node.body)
        job = self.state.jobs.start([self.child(node.body)], node.shown())
        return self.failed(self.state.foreground(job))

    def _if(self, node: If) -> int:
        for condition, body in node.clauses:
            if self._test(condition) == 0:
                return self.run(body)
        return self.run(node.otherwise) if node.otherwise else 0

    def _loop(self, node: Loop) -> int:
        status = 0

        def once() -> bool:
            nonlocal status
            if (self._test(node.condition) == 0) == node.until:
                return False
            status = 0  # what break and continue give
            status = self.run(node.body)
            return True

        while self._round(once):
            pass
        return status

    def _for(self, node: For) -> int:
        words = node.words
        if words is None:
            fields = list(self.state.variables.params)
        else:
            fields = self.state.expander.fields(words)
        for field in fields:
            self.state.variables.set(node.name, field)
            if not self._round(lambda: self.run(node.body)):
                break
        return self.state.status if fields else 0

    def _round(self, work: Callable[[], object]) -> bool:
        """Once through a part of a loop; False when the loop ends."""
        self.state.loops += 1
        try:
            return work() is not False
        except Leave as leave:
            if leave.kind not in ("break", "continue"):
                raise
            if leave.count > 1:
                raise Leave(leave.kind, leave.count - 1) from None
            self.state.status = 0
            return leave.kind == "continue"
        finally:
            self.state.loops -= 1

    def _case(self, node: Case) -> int:
        text = self.state.expander.text(node.word)
        for patterns, body in node.arms:
            if any(match(self.state.expander.pattern(word), text) for word in patterns):
                return self.run(body)
        return 0

    def _function(self, node: Function) -> int:
        self.state.functions[node.name] = node.body
        return 0

    def call_function(self, body: Node, args: list[str]) -> int:
        """Run the body of a function."""
        self.state.deeper(args[0])
        params, loops = self.state.variables.params, self.state.loops
        self.state.variables.params = args[1:]
        self.state.variables.hidden.append({})
        self.state.loops = 0
        try:
            return self.run(body)
        except Leave as leave:
            if leave.kind != "return":
                raise
            return leave.count
        finally:
            self.state.variables.params, self.state.loops = params, loops
            self.state.variables.unhide()
            self.state.calls -= 1

    def substitute(self, body: Block) -> str:
        """See expansion.Shell."""
        only = len(body.items) == 1 and not body.items[0][1]
        data = self.commands.substituted(body.items[0][0]) if only else None
        if data is None:
            data = self._captured(body.items[0][0] if only else body)
        return data.replace(b"\0", b"").decode("utf-8", "surrogateescape")

    def _captured(self, node: Node) -> bytes:
        """What NODE prints in a child; its status is the last substitution's."""
        reader, writer = os.pipe()

        def work() -> int:
            os.close(reader)
            os.dup2(writer, 1)
            os.close(writer)
            self.state.jobs.become_child()
            self.state.tested = 0
            return self.child(node)()

        try:
            pid = process.fork(work)
        finally:
            os.close(writer)
        with open(reader, "rb") as stream:
            data = stream.read()
        found = process.wait(pid)
        self.state.substituted = found[1] if found else 127
        return data


_RUN: dict[type[Node], Callable[[Interpreter, Any], int]] = {
    Simple: Interpreter._simple,
    Pipeline: Interpreter._pipeline,
    AndOr: Interpreter._and_or,
    Block: Interpreter._block,
    If: Interpreter._if,
    Loop: Interpreter._loop,
    For: Interpreter._for,
    Case: Interpreter._case,
    Group: Interpreter._group,
    Function: Interpreter._function,
}
