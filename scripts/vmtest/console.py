"""A serial line one can wait on: text that arrives, with a limit on every wait.

The text is what a person would read, as lines: a carriage return alone begins a line, too (a
progress line is written over and over), a backspace takes the last character of its line away (as
our line editor moves: back, and forth by writing the characters again).
"""

from __future__ import annotations

import codecs
import os
import re
import select
import time
from typing import TYPE_CHECKING

from scripts.vmtest.failure import StarvedError, StepFailedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import BinaryIO

    from scripts.vmtest.qmp import Monitor

# Colours, cursor movements and the like say nothing to a test. Ref: ECMA-48 section 5.4.
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[()][A-Z0-9]|[=>78cDEM])")
# What may go on in the next piece: a control sequence, a carriage return before a newline.
_BEGUN = re.compile(r"(?:\x1b(?:\[[0-?]*[ -/]*|[()])?|\r+)\Z")
_BACK = re.compile(r"[^\n\x08]\x08|^\x08+", re.MULTILINE)

# What must not be seen while waiting for something else, and what it means.
FAULTS: Mapping[str, str] = {
    r"Kernel panic - not syncing: ?(.*)": "the guest's kernel panicked",
    r"Initramfs unpacking failed: ?(.*)": "the kernel cannot unpack the image",
    r"^(Traceback \(most recent call last\).*)": "a Python traceback in the guest",
    # A soft lockup is a processor that was away for 20 s of the clock: here the host's doing. One
    # that stays away ends with the limit of its step.
    r"((?:BUG|Oops|general protection fault): (?!soft lockup).*)": "the guest's kernel has a fault",
    r"(Out of memory: .*)": "the guest has too little memory",
}
# What Linux says when it waited for ticks of its timer and none came. An emulated timer is a thread
# of QEMU's, and a busy host may leave it out while the processor's thread runs; hypervisors that
# Linux knows are trusted without that test. A kernel that our own code started must not say it.
STARVED = "IO-APIC + timer doesn't work!"
_OURS = re.compile(r"^boot: |uroot-py|uroot.*# |Run /init|Starting new kernel", re.MULTILINE)


class Console:
    """Bytes in, bytes out, and the text so far; everything is also written to LOG, unchanged."""

    def __init__(self, source: int, sink: int, log: BinaryIO) -> None:
        self.source = source
        self.sink = sink
        self.log = log
        self.text = ""
        self.cursor = 0  # what lies before was matched already
        self.ended = False
        self.pid = 0  # of the process behind it
        self.patience: float = 1  # limits are multiplied by it
        self.monitor: Monitor | None = None  # QEMU's
        self._held = ""
        # A character of several bytes may come in two pieces.
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def send(self, text: str) -> None:
        """Type TEXT."""
        try:
            os.write(self.sink, text.encode())
        except BrokenPipeError as error:
            raise StepFailedError("the guest has ended, nothing can be typed") from error

    def read(self, seconds: float) -> bool:
        """Take what arrives within SECONDS; whether anything did."""
        if self.ended or not select.select([self.source], [], [], max(seconds, 0))[0]:
            return False
        data = os.read(self.source, 65536)
        self.ended = not data
        self.log.write(data)
        self.log.flush()
        fresh = self._held + self._decoder.decode(data, final=self.ended)
        begun = _BEGUN.search(fresh)
        self._held = fresh[begun.start() :] if begun else ""
        fresh = fresh[: begun.start()] if begun else fresh
        last = self.text.rfind("\n") + 1
        self.text = self.text[:last] + _lines(self.text[last:] + _ESCAPE.sub("", fresh))
        self.cursor = min(self.cursor, len(self.text))
        return bool(data)

    def expect(
        self, pattern: str, limit: float, *, faults: Iterable[str] = tuple(FAULTS)
    ) -> re.Match[str]:
        """Wait at most LIMIT seconds (times ``patience``) for PATTERN; the cursor moves behind it.

        StepFailedError when a fault is seen before it, the guest ends, or the time is over.
        """
        wanted = re.compile(pattern, re.MULTILINE)
        limit *= self.patience
        deadline = time.monotonic() + limit
        while True:
            match = wanted.search(self.text, self.cursor)
            self._look_for(faults, match.start() if match else len(self.text))
            if match:
                self.cursor = match.end()
                return match
            if self.ended:
                raise StepFailedError(f"the guest ended before {pattern!r} was seen")
            left = deadline - time.monotonic()
            if left <= 0:
                raise StepFailedError(f"{pattern!r} was not seen within {limit:g} s")
            self.read(left)

    def _look_for(self, faults: Iterable[str], end: int) -> None:
        for pattern in faults:
            found = re.compile(pattern, re.MULTILINE).search(self.text, self.cursor, end)
            if found:
                # The rest of the line, and what the kernel says next, belongs in the log.
                self.drain(2)
                found = re.compile(pattern, re.MULTILINE).search(self.text, self.cursor)
                starved = self.text.find(STARVED)
                first = starved >= 0 and not _OURS.search(self.text, 0, starved)
                error = StarvedError if first else StepFailedError
                raise error(f"{FAULTS[pattern]}: {found[1] if found else ''}")

    def drain(self, limit: float) -> None:
        """Read on until the guest ends, is silent for half a second, or LIMIT is over."""
        deadline = time.monotonic() + limit
        while not self.ended and time.monotonic() < deadline:
            if not self.read(0.5):
                return

    def wait_end(self, limit: float) -> None:
        """Wait until the guest has ended by itself."""
        limit *= self.patience
        deadline = time.monotonic() + limit
        while not self.ended:
            self._look_for(FAULTS, len(self.text))
            left = deadline - time.monotonic()
            if left <= 0:
                raise StepFailedError(f"the guest has not ended within {limit:g} s")
            self.read(left)
        self._look_for(FAULTS, len(self.text))

    def last_lines(self, count: int) -> str:
        """The end of the text, for people."""
        return "\n".join(self.text.rstrip().splitlines()[-count:])


def _lines(text: str) -> str:
    """TEXT, from the begin of a line on, with newlines as its only control characters."""
    text = re.sub(r"\r*\n", "\n", text.replace("\0", ""))
    text = re.sub(r"^\r+", "", text, flags=re.MULTILINE)  # the line has begun already
    text = re.sub(r"\r+", "\n", text)
    while "\b" in text:
        text = _BACK.sub("", text)
    return text
