"""Waiting for what comes late: at most five looks a second, and a line with a clock."""

from __future__ import annotations

import select
import time

from uroot_py.base.errors import UsageError
from uroot_py.base.text import parse_number, printable
from uroot_py.boot.preference import said
from uroot_py.terminal.screen import clip

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uroot_py.boot.survey import Survey
    from uroot_py.machine.sysroot import Sysroot
    from uroot_py.terminal.console import Terminal

QUIET, SCANNING = 5.0, 30.0  # seconds to wait where nothing says that more will come, and where
_PACE = 0.2  # seconds between two looks: whatever comes a thousand times a second is taken together
_SECOND = 1.0


class Arrivals:
    """What comes to SURVEY while somebody waits at a terminal, or nobody does."""

    def __init__(self, survey: Survey, clock: Callable[[], float] = time.monotonic) -> None:
        self.survey = survey
        self.clock = clock
        self.next = 0.0

    def filenos(self) -> list[int]:
        """What to wait for; nothing just after a look."""
        return [] if self.clock() < self.next else self.survey.filenos()

    def pause(self) -> float | None:
        """The seconds after which to look in any case; None: when something is readable."""
        rest = self.next - self.clock()
        if rest > 0:
            return rest
        return _SECOND if self.survey.waiting() else None

    def take(self) -> bool:
        """Take what has come; true when entries or lines of the survey changed."""
        if self.clock() < self.next:
            return False
        ready = select.select(self.survey.filenos(), [], [], 0)[0]
        if not (ready or self.next == 0 or self.survey.waiting()):
            return False
        self.next = self.clock() + _PACE
        return self.survey.more()


def limit(machine: Sysroot, say: Callable[[str], None]) -> tuple[bool, float | None]:
    """Whether ``uroot.wait=`` says how long to wait on MACHINE, and the seconds (None: for ever).

    A wrong word is said, and as good as none.
    """
    text = said(machine, "uroot.wait")
    if text is None or text == "forever":
        return text is not None, None
    try:
        return True, float(parse_number(text, "uroot.wait"))
    except UsageError as error:
        say(str(error))
        return False, None


class Waiting:
    """Waits until READY, as long as ``uroot.wait=`` says: GIVEN and SECONDS, as ``limit`` has them.

    WHAT is the name of what is awaited; where it is '', the sources of the survey know. THERE says
    that there is something else that could be started meanwhile.
    """

    def __init__(
        self,
        survey: Survey,
        ready: Callable[[], bool],
        limit: tuple[bool, float | None] = (False, None),
        *,
        what: str = "",
        there: Callable[[], bool] = bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.arrivals = Arrivals(survey, clock)
        self.survey = survey
        self.ready = ready
        self.given, self.seconds = limit
        self.what = what
        self.there = there
        self.clock = clock
        self.began = clock()

    def most(self) -> float | None:
        """How many seconds it is waited for, as things are now; None: for ever."""
        if self.given:
            return self.seconds
        if self.survey.ends():
            return None
        return SCANNING if self.survey.waiting() else QUIET

    def line(self, across: int = 79) -> str:
        """``waiting for disks: 12 s of 30; Enter looks again, s gives a shell``."""
        most = self.most()
        of = "" if most is None else f" of {most:g}"
        enter = "shows the menu" if self.there() else "looks again"
        what = f"waiting for {printable(self.what or self.survey.waiting() or 'disks')}"
        clock = f": {int(self.clock() - self.began)} s{of}"
        # What it waits for is worth more than the keys where there is no room for both.
        for keys in (f"; Enter {enter}, s gives a shell", f"; Enter {enter}", ""):
            if len(what + clock + keys) <= across or not keys:
                break
        return clip(what, across - len(clock + keys)) + clock + keys

    def over(self) -> bool:
        """Whether it is there, or the time is over; what has come is taken."""
        if not self.ready():
            self.survey.awaited = True
            self.arrivals.take()
        if self.ready() or not self.survey.filenos():
            return True
        most = self.most()
        return most is not None and self.clock() - self.began >= most

    def pause(self) -> float:
        """The seconds until the clock shows another number, or there is to be looked."""
        tick = _SECOND - (self.clock() - self.began) % _SECOND
        pause = self.arrivals.pause()
        return tick if pause is None else min(pause, tick)

    def alone(self) -> None:
        """Wait where nobody could press a key."""
        while not self.over():
            select.select(self.arrivals.filenos(), [], [], self.pause())

    def at(self, terminal: Terminal) -> bool:
        """Wait at TERMINAL; false when a shell was asked for there."""
        shown = ""
        with terminal:
            try:
                while not self.over():
                    line = self.line(terminal.size()[0] - 1)
                    if line != shown:
                        terminal.write("\r" + line.ljust(len(shown)))
                        shown = line
                    key = terminal.key(self.pause(), self.arrivals.filenos())
                    if key == "s":
                        return False
                    if key == "enter" and self.there():
                        return True
                    if key == "enter":
                        self.survey.again()
            finally:
                terminal.write("\r" + " " * len(shown) + "\r")
        return True
