"""What all the configurations of a boot may take together.

Each has bounds of its own; these are for many of them, on many disks: a menu must be there within
seconds whatever the disks hold. What is over is left out with a line that says so.
"""

from __future__ import annotations

MAX_STEPS = 1_500_000  # of GRUB's scripts; 250,000 are what one configuration may take
MAX_LINES = 100_000  # of syslinux' files
MAX_ENTRIES = 2000
MAX_COMPARED = 2_000_000  # characters of loader.conf's patterns times those of the names


class Budget:
    """What is left of each."""

    __slots__ = ("compared", "entries", "lines", "steps")

    def __init__(self) -> None:
        self.steps = MAX_STEPS
        self.lines = MAX_LINES
        self.entries = MAX_ENTRIES
        self.compared = MAX_COMPARED

    def left(self) -> tuple[int, ...]:
        """What is left of each, for ``leave``."""
        return self.compared, self.entries, self.lines, self.steps

    def leave(self, left: tuple[int, ...]) -> None:
        """Go on with what another process has left."""
        self.compared, self.entries, self.lines, self.steps = left
