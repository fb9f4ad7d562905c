"""Signals that a shell catches: noted when they come, acted on between two commands.

Ref: POSIX.1-2017, XCU 2.14 "trap", 2.11 "Signals and Error Handling".
"""

from __future__ import annotations

from uroot_py.abi import signals
from uroot_py.base.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

_IGNORED = ("SIGQUIT", "SIGTERM", "SIGTSTP", "SIGTTIN", "SIGTTOU")


class Leave(Exception):
    """``break``, ``continue``, ``return``, ``exit``, or an ``error`` that was printed, by KIND.

    COUNT is the number of levels, or the status.
    """

    def __init__(self, kind: str, count: int) -> None:
        super().__init__(kind, count)
        self.kind = kind
        self.count = count


class Interrupted(Exception):
    """A signal came while a built-in command was waiting."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def signal_number(text: str) -> int:
    """The number of ``INT``, ``SIGINT`` or ``2``; 0 for ``EXIT``. UsageError for anything else."""
    return 0 if text.upper() == "EXIT" else signals.number_of(text)


class Traps:
    """Actions by signal number (0: the end of the shell) and the signals that have come."""

    def __init__(self) -> None:
        self.actions: dict[int, str] = {}
        self.pending: list[int] = []
        self.waiting = False  # a signal ends the wait of a built-in command
        self.interactive = False
        # Ref: XCU 2.14 "trap": what a script finds ignored, it cannot trap or reset.
        self.fixed = signals.inherited()

    def start_interactive(self) -> None:
        """Ctrl-C gives a new prompt, and nothing else ends or stops the shell."""
        self.interactive = True
        self.fixed = set()
        signals.handle(signals.SIGINT, self._come)
        for name in _IGNORED:
            signals.ignore(signals.NUMBERS[name])

    def _come(self, number: int, frame: FrameType | None) -> None:
        self.pending.append(number)
        if self.waiting:
            raise Interrupted(number)

    def set(self, number: int, action: str | None) -> None:
        """Run ACTION when the signal comes; an empty one ignores it, None is the default again."""
        if action is None:
            self.actions.pop(number, None)
        else:
            self.actions[number] = action
        if number and number not in self.fixed:
            try:
                self._handle(number, action)
            except OSError as error:
                raise UsageError(f"trap: signal {number} cannot be caught") from error

    def _handle(self, number: int, action: str | None) -> None:
        ours = self.interactive and action is None
        if action == "" or (ours and signals.name_of(number) in _IGNORED):
            signals.ignore(number)
        elif action is not None or (ours and number == signals.SIGINT):
            signals.handle(number, self._come)
        else:
            signals.default(number)

    def keep_ignored(self) -> None:
        """In a child, where everything is as by default: what a trap ignores is ignored there."""
        for number in self.ignored():
            signals.ignore(number)

    def ignored(self) -> list[int]:
        """What ``trap ''`` names."""
        return [number for number, action in self.actions.items() if number and not action]

    def forget(self) -> None:
        """In a child: what was caught does what it does by default, what was ignored stays so."""
        self.interactive = False
        for number, action in list(self.actions.items()):
            if action:
                self.set(number, None)
        self.pending.clear()
        self.waiting = False
