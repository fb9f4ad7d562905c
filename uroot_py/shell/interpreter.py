"""Runs commands: the walk over what the parser has read.

Ref: POSIX.1-2017, XCU 2.8 "Exit Status and Errors", 2.9 "Shell Commands", 2.12 "Environment".
"""

from __future__ import annotations

import os
import sys

from uroot_py.abi import process, signals
from uroot_py.base.errors import LineError, UrootError, UsageError, explain
from uroot_py.base.glob import match
from uroot_py.shell.command import Commands
from uroot_py.shell.expansion import Expander
from uroot_py.shell.faults import Faults
from uroot_py.shell.jobs import Jobs
from uroot_py.shell.lexer import Lexer
from uroot_py.shell.parser import Parser
from uroot_py.shell.redirect import Redirections
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
from uroot_py.shell.traps import Leave, Traps
from uroot_py.shell.variables import Variables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from uroot_py.shell.command import Launcher
    from uroot_py.shell.jobs import Job
    from uroot_py.shell.syntax import Node

MAX_CALLS = 500  # functions, sourced files and eval inside each other
MAX_RECURSION = 30_000  # of Python: calls of this module need no C stack


class Interpreter:
    """One shell. Everything it does happens on the descriptors 0, 1 and 2 of this process."""

    def __init__(
        self, launcher: Launcher, environment: Mapping[str, str], name: str, params: list[str]
    ) -> None:
        self.variables = Variables(environment, name, params)
        self.variables.restore("IFS", " \t\n", exported=False)
        self.functions: dict[str, Node] = {}
        self.expander = Expander(self)
        self.redirections = Redirections(self.expander)
        self.traps = Traps()
        self.jobs = Jobs(self.redirections, self.traps)
        self.commands = Commands(self, launcher)
        self.faults = Faults()
        self.history: list[str] = []
        self.interactive = False
        self.pid = os.getpid()
        sys.setrecursionlimit(MAX_RECURSION)
        self.status = 0
        self.substituted = 0  # status of the last command substitution
        self.line = 0
        self.loops = 0
        self.calls = 0
        self.tested = 0  # inside a condition: a failure is not the end, even with set -e
        self.trapped: int | None = None  # the status before the trap that runs now

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
        self._deeper("eval")
        try:
            return self.run_text(Lexer(text, line=line))
        finally:
            self.calls -= 1

    def _deeper(self, what: str) -> None:
        if self.calls >= MAX_CALLS:
            raise UsageError(f"{what}: more than {MAX_CALLS} calls inside each other")
        self.calls += 1

    def guard(self, work: Callable[[], int]) -> int:
        """The status of WORK as a whole shell: its errors are printed, ``exit`` ends it."""
        try:
            self.status = work()
        except Leave as leave:
            # A subshell may leave a loop that is around it.
            self.status = 0 if leave.kind in ("break", "continue") else leave.count
        except KeyboardInterrupt:
            self.status = 130
        except (UrootError, OSError, RecursionError) as error:
            self.status = self.complain(error)
        return self.status

    def complain(self, error: Exception, who: str = "") -> int:
        """Print ERROR on one line and return its status."""
        if isinstance(error, BrokenPipeError):
            return 141
        if isinstance(error, LineError):
            self.line = 0  # the text has it
        self.commands.note(who or self.variables.name, error)
        text = "commands are nested too deeply"
        if isinstance(error, UrootError | OSError):
            text = explain(error)
        self.message(f"{who}: {text}" if who else text)
        return 2

    def message(self, text: str) -> None:
        """One line on the error output."""
        place = "" if "i" in self.variables.options or not self.line else f"line {self.line}: "
        self.write(f"{self.variables.name}: {place}{text}\n", 2)

    def write(self, text: str, fd: int = 1) -> None:
        """Print TEXT."""
        self.write_bytes(text.encode("utf-8", "surrogateescape"), fd)

    def write_bytes(self, data: bytes, fd: int) -> None:
        """Print DATA; OSError where nobody takes it, if it is no message."""
        try:
            while data:
                data = data[os.write(fd, data) :]
        except OSError:
            if fd != 2:
                raise

    def finish(self) -> int:
        """The end of this shell: run its EXIT trap, and give the last status."""
        action = self.traps.actions.pop(0, None)
        if action:
            self.guard(lambda: self._trap(action))
        return self.status

    def _trap(self, action: str) -> int:
        """Run the action of a trap; the status is the one before it, unless the action exits."""
        before, self.trapped = (self.trapped, self.tested), self.status
        status, self.tested = self.status, 0
        try:
            self.call_text(action)
        finally:
            self.trapped, self.tested = before
        self.status = status
        return status

    # -- commands ---------------------------------------------------------------------------

    def run(self, node: Node) -> int:
        """Run one command and remember its status; an error that ends the script is a Leave."""
        if self.traps.pending:
            self.signals()
        run = _RUN[type(node)]
        try:
            if node.redirects and type(node) is not Simple:
                self.status = self._redirected(node, run)
            else:
                self.status = run(self, node)
        except (UrootError, OSError, RecursionError) as error:
            # Here, where the redirections of the command still apply.
            raise Leave("error", self.complain(error)) from None
        return self.status

    def _redirected(self, node: Node, run: Callable[[Interpreter, Any], int]) -> int:
        try:
            saved = self.redirections.apply(node.redirects)
        except (UrootError, OSError) as error:
            return self.failed(self.complain(error))
        try:
            return run(self, node)
        finally:
            self.redirections.undo(saved)

    def signals(self) -> None:
        """Act on the signals that have come since the last command."""
        while self.traps.pending:
            number = self.traps.pending.pop(0)
            action = self.traps.actions.get(number)
            if action:
                self._trap(action)
            elif action is None and number == 2:
                raise KeyboardInterrupt

    def failed(self, status: int) -> int:
        """STATUS; with ``set -e`` a failure ends the shell here."""
        if status and not self.tested and "e" in self.variables.options:
            raise Leave("exit", status)
        return status

    def _block(self, node: Block) -> int:
        for item, background in node.items:
            if "n" in self.variables.options:
                return 0
            if background:
                self._background(item)
            else:
                self.run(item)
        return self.status if node.items else 0

    def _background(self, node: Node) -> None:
        job = self.jobs.start([self.child(node)], node.shown(), background=True)
        if self.interactive:
            self.write(f"[{job.number}] {job.pids[-1]}\n", 2)
        self.status = 0

    def _and_or(self, node: AndOr) -> int:
        last = len(node.items) - 1
        for number, (op, item) in enumerate(node.items):
            if op and (self.status == 0) != (op == "&&"):
                continue
            if number == last:
                return self.run(item)
            self._test(item)
        return self.status

    def _test(self, node: Node) -> int:
        self.tested += 1
        try:
            return self.run(node)
        finally:
            self.tested -= 1

    def _pipeline(self, node: Pipeline) -> int:
        if len(node.commands) == 1:
            return int(not self._test(node.commands[0]))
        self.line = node.line
        job = self.jobs.start([self.child(command) for command in node.commands], node.shown())
        status = self.foreground(job)
        return int(not status) if node.negated else self.failed(status)

    def foreground(self, job: Job) -> int:
        """Wait for a job and say what ended it, if that was a signal."""
        if signals.SIGINT in self.traps.pending:
            self.jobs.interrupt(job)
        status = self.jobs.finish(job)
        if job.state() == "stopped":
            self.write(f"\n{job.describe()}\n", 2)
        elif self.interactive and 130 in job.statuses.values():
            raise KeyboardInterrupt
        elif 128 < status < 193 and status not in (130, 141):
            self.message(
                f"{job.text}: ended by signal {status - 128}, " + signals.describe(status - 128)
            )
        return status

    def child(self, node: Node) -> Callable[[], int]:
        """The work of a child that runs NODE and ends."""

        def work() -> int:
            self.become_child()
            self.guard(lambda: self.run_last(node))
            return self.finish()

        return work

    def become_child(self) -> None:
        """This process is a subshell from now on."""
        self.interactive = False
        self.traps.forget()
        self.traps.actions.pop(0, None)

    def run_last(self, node: Node) -> int:
        """Run NODE as the last thing that this process does: without one more process."""
        if isinstance(node, Simple):
            return self.commands.simple(node, last=True)
        return self.run(node)

    def _simple(self, node: Simple) -> int:
        status = self.commands.simple(node)
        if status and not self.tested:
            self.faults.failed = (node.shown(), status)
        return self.failed(status)

    def _group(self, node: Group) -> int:
        if not node.subshell:
            return self.run(node.body)
        job = self.jobs.start([self.child(node.body)], node.shown())
        return self.failed(self.foreground(job))

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
        fields = list(self.variables.params) if words is None else self.expander.fields(words)
        for field in fields:
            self.variables.set(node.name, field)
            if not self._round(lambda: self.run(node.body)):
                break
        return self.status if fields else 0

    def _round(self, work: Callable[[], object]) -> bool:
        """Once through a part of a loop; False when the loop ends."""
        self.loops += 1
        try:
            return work() is not False
        except Leave as leave:
            if leave.kind not in ("break", "continue"):
                raise
            if leave.count > 1:
                raise Leave(leave.kind, leave.count - 1) from None
            self.status = 0
            return leave.kind == "continue"
        finally:
            self.loops -= 1

    def _case(self, node: Case) -> int:
        text = self.expander.text(node.word)
        for patterns, body in node.arms:
            if any(match(self.expander.pattern(word), text) for word in patterns):
                return self.run(body)
        return 0

    def _function(self, node: Function) -> int:
        self.functions[node.name] = node.body
        return 0

    def call_function(self, body: Node, args: list[str]) -> int:
        """Run the body of a function."""
        self._deeper(args[0])
        params, loops = self.variables.params, self.loops
        self.variables.params = args[1:]
        self.variables.hidden.append({})
        self.loops = 0
        try:
            return self.run(body)
        except Leave as leave:
            if leave.kind != "return":
                raise
            return leave.count
        finally:
            self.variables.params, self.loops = params, loops
            self.variables.unhide()
            self.calls -= 1

    # -- what expansion asks for ------------------------------------------------------------

    def special(self, name: str) -> str | None:
        """See expansion.Shell."""
        if name.isdecimal():
            number = int(name)
            if number == 0:
                return self.variables.name
            params = self.variables.params
            return params[number - 1] if number <= len(params) else None
        if name in _SPECIAL:
            return _SPECIAL[name](self)
        return self.variables.get(name)

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
            self.jobs.become_child()
            self.tested = 0
            return self.child(node)()

        try:
            pid = process.fork(work)
        finally:
            os.close(writer)
        with open(reader, "rb") as stream:
            data = stream.read()
        found = process.wait(pid)
        self.substituted = found[1] if found else 127
        return data


_SPECIAL: dict[str, Callable[[Interpreter], str]] = {
    "?": lambda shell: str(shell.status),
    "$": lambda shell: str(shell.pid),
    "!": lambda shell: str(shell.jobs.last_background or ""),
    "#": lambda shell: str(len(shell.variables.params)),
    "-": lambda shell: shell.variables.letters(),
    "LINENO": lambda shell: str(shell.line),
}
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
