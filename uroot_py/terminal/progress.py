"""A progress line for work that takes longer than a moment, on a terminal only."""

from __future__ import annotations

import time

from uroot_py.base.door import plain
from uroot_py.base.text import format_size, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

QUIET_SECONDS = 1.0  # what is done by then needs no progress line
_STEP_SECONDS = 0.5  # a line each costs 60 bytes: nothing on a slow serial line
_WIDTH = 79


class Meter:
    """``NAME: 3.0 MiB of 9.0 MiB, 33 %, 2 s``, rewritten in place; nothing where STREAM is no tty.

    The seconds count from the first call for NAME.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self.stream = plain(stream)
        self.clock = clock
        self.next = clock() + QUIET_SECONDS if stream.isatty() else float("inf")
        self.name = ""
        self.began = 0.0
        self.shown = 0

    def __call__(self, name: str, done: int, total: int) -> None:
        """DONE of TOTAL bytes of NAME are through; TOTAL 0 is not known."""
        now = self.clock()
        if name != self.name:
            self.name, self.began = name, now
        if now < self.next:
            return
        part = f" of {format_size(total)}, {100 * done // total} %" if total else ""
        text = f": {format_size(done)}{part}, {int(now - self.began)} s"
        self._write(printable(name)[-(_WIDTH - len(text)) :] + text)
        self.next = now + _STEP_SECONDS

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
