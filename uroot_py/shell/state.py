"""What one shell is at this moment, and how it says something; nothing here runs a command.

The evaluator (``interpreter``) stands above: what a built-in command needs of it is ``evaluator``.
"""

from __future__ import annotations

import os
import time

from uroot_py.abi import signals
from uroot_py.base.errors import LineError, UrootError, UsageError, explain
from uroot_py.base.text import printable_lines
from uroot_py.shell.expansion import Expander
from uroot_py.shell.faults import Faults, describe
from uroot_py.shell.jobs import Jobs
from uroot_py.shell.redirect import Redirections
from uroot_py.shell.traps import Leave, Traps
from uroot_py.shell.variables import Variables

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from typing import Protocol

    from uroot_py.shell.jobs import Job
    from uroot_py.shell.lexer import Lexer
    from uroot_py.shell.syntax import Block, Node

    Builtin = Callable[["State", list[str]], int]

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

    class Evaluator(Protocol):
        """What runs commands."""

        def run_text(self, lexer: Lexer) -> int:
            """Run every command of a text, each before the next one is read."""

        def call_text(self, text: str, line: int = 1) -> int:
            """Run TEXT inside the running command, as ``eval`` does."""

        def substitute(self, body: Block) -> str:
            """What the commands print."""


MAX_CALLS = 500  # functions, sourced files and eval inside each other


class State:
    """One shell. Everything it does happens on the descriptors 0, 1 and 2 of this process."""

    def __init__(
        self,
        launcher: Launcher,
        environment: Mapping[str, str],
        name: str,
        params: list[str],
        evaluator: Evaluator,
        builtins: Mapping[str, Builtin],
        special: Mapping[str, Builtin],
    ) -> None:
        self.launcher = launcher
        self.evaluator = evaluator
        self.builtins = builtins
        self.special_builtins = special
        self.variables = Variables(environment, name, params)
        self.variables.restore("IFS", " \t\n", exported=False)
        self.functions: dict[str, Node] = {}
        self.expander = Expander(self)
        self.redirections = Redirections(self.expander)
        self.traps = Traps()
        self.jobs = Jobs(self.redirections, self.traps)
        self.faults = Faults()
        self.history: list[str] = []
        self.interactive = False
        self.pid = os.getpid()
        self.status = 0
        self.substituted = 0  # status of the last command substitution
        self.line = 0
        self.loops = 0
        self.calls = 0
        self.tested = 0  # inside a condition: a failure is not the end, even with set -e
        self.trapped: int | None = None  # the status before the trap that runs now

    def deeper(self, what: str) -> None:
        """One more call inside the others; UsageError names WHAT when there are too many."""
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
        self.note(who or self.variables.name, error)
        text = "commands are nested too deeply"
        if isinstance(error, UrootError | OSError):
            text = explain(error)
        self.message(f"{who}: {text}" if who else text)
        return 2

    def message(self, text: str) -> None:
        """One line on the error output."""
        place = "" if "i" in self.variables.options or not self.line else f"line {self.line}: "
        self.write(printable_lines(f"{self.variables.name}: {place}{text}\n"), 2)

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

    def note(self, who: str, error: BaseException) -> None:
        """Remember an error for ``why``."""
        if self.faults.writer >= 0:
            self.faults.note(describe(who, error))

    # -- processes --------------------------------------------------------------------------

    def export_environment(self, values: list[tuple[str, str]]) -> None:
        """Let applets see the exported variables, and VALUES."""
        if self.variables.stale or values:
            os.environ.clear()
            os.environ.update(self.variables.environment())
            os.environ.update(values)
            time.tzset()
            self.variables.stale = False

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

    def become_child(self) -> None:
        """This process is a subshell from now on."""
        self.interactive = False
        self.traps.forget()
        self.traps.actions.pop(0, None)

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
        return self.evaluator.substitute(body)


_SPECIAL: dict[str, Callable[[State], str]] = {
    "?": lambda shell: str(shell.status),
    "$": lambda shell: str(shell.pid),
    "!": lambda shell: str(shell.jobs.last_background or ""),
    "#": lambda shell: str(len(shell.variables.params)),
    "-": lambda shell: shell.variables.letters(),
    "LINENO": lambda shell: str(shell.line),
}
