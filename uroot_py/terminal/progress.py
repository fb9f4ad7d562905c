"""A progress line for work that takes longer than a moment, on a terminal only."""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

QUIET_SECONDS = 1.0  # what is done by then needs no progress line
_STEP_SECONDS = 0.2


class Meter:
    """``NAME 45 %``, rewritten in place; nothing where STREAM is no terminal."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.next = time.monotonic() + QUIET_SECONDS if stream.isatty() else float("inf")
        self.shown = 0

    def __call__(self, name: str, done: int, total: int) -> None:
        """DONE of TOTAL bytes of NAME are through."""
        if time.monotonic() >= self.next:
            line = f"{name} {100 * done // max(total, 1)} %"
            self._write(line)
            self.next = time.monotonic() + _STEP_SECONDS

    def close(self) -> None:
        """Take the line away."""
        if self.shown:
            self._write("")
            self.stream.write("\r")
            self.stream.flush()

    def _write(self, line: str) -> None:
        self.stream.write("\r" + line.ljust(self.shown))
        self.stream.flush()
        self.shown = len(line)
