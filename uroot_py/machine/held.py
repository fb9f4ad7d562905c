"""Whether a device that does not answer holds a command: nobody can end what waits for it."""

from __future__ import annotations

import time

from uroot_py.abi import signals
from uroot_py.machine.child import steps
from uroot_py.machine.sysroot import HERE

_LOOK = 5.0  # seconds between two looks


class Held:
    """Looks after the processes of SESSION; ``over`` is true when one was held for SECONDS."""

    def __init__(self, session: int, seconds: float) -> None:
        self.session = session
        self.seconds = seconds
        self.looked = time.monotonic()
        self.since: dict[tuple[int, str], float] = {}

    def over(self) -> bool:
        """Whether the kernel has held one of them for that long; cheap enough to ask often."""
        now = time.monotonic()
        if now - self.looked >= min(_LOOK, self.seconds / 2):
            self.looked = now
            self.since = {each: self.since.get(each, now) for each in held(self.session)}
        return any(now - begun >= self.seconds for begun in self.since.values())


def held(session: int) -> set[tuple[int, str]]:
    """The processes of SESSION that the kernel holds, and nobody has killed: (pid, its steps).

    Ref: proc(5), fields state and session of stat, ShdPnd of status.
    """
    found = set()
    for name in HERE.names("/proc"):
        fields = (
            HERE.text(f"/proc/{name}/stat").rpartition(")")[2].split() if name.isdigit() else []
        )
        if len(fields) > 3 and fields[0] == "D" and fields[3] == str(session):
            status = HERE.text(f"/proc/{name}/status").partition("ShdPnd:")[2].split()
            if status and not int(status[0], 16) & 1 << signals.SIGKILL - 1:
                found.add((int(name), steps(int(name))))
    return found
