"""What all the configurations of a boot may take together.

Each has bounds of its own; these are for many of them, on many disks: a menu must be there within
seconds whatever the disks hold. What is over is left out with a line that says so. One disk cannot
take everything: each has something of its own.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_STEPS = 1_500_000  # of GRUB's scripts; 250,000 are what one configuration may take
MAX_LINES = 100_000  # of syslinux' files
MAX_ENTRIES = 2000
MAX_COMPARED = 2_000_000  # characters of loader.conf's patterns times those of the names


# What a disk has even if those before it have left nothing.
OWN_STEPS, OWN_LINES, OWN_ENTRIES, OWN_COMPARED = 50_000, 5000, 100, 100_000


class Budget:
    """What is left of each; ``disks`` are those that have begun."""

    __slots__ = ("compared", "disks", "entries", "lines", "steps")

    def __init__(self) -> None:
        self.disks: list[str] = []
        self.steps = MAX_STEPS
        self.lines = MAX_LINES
        self.entries = MAX_ENTRIES
        self.compared = MAX_COMPARED

    def begin(self, disk: str) -> None:
        """What comes now is on DISK."""
        if disk not in self.disks:
            self.disks.append(disk)
            self.steps = max(self.steps, OWN_STEPS)
            self.lines = max(self.lines, OWN_LINES)
            self.entries = max(self.entries, OWN_ENTRIES)
            self.compared = max(self.compared, OWN_COMPARED)

    def left(self) -> tuple[Any, ...]:
        """What is left of each, for ``leave``: plain values."""
        return self.compared, self.disks, self.entries, self.lines, self.steps

    def leave(self, left: tuple[Any, ...]) -> None:
        """Go on with what another process has left."""
        self.compared, self.disks, self.entries, self.lines, self.steps = left
