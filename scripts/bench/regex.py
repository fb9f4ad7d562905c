#!/usr/bin/env python3
"""bench/regex - how long grep's patterns take, beside the interpreter's own engine.

usage: scripts/bench/regex.py

The text is 20,000 lines like those of a log. A ratio of 1 says that the pattern is left to the
interpreter. The last patterns are those that it must not be asked: one line of 22 letters.
"""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from uroot_py.streams.regex import compile_posix, translate

if TYPE_CHECKING:
    from collections.abc import Callable

LINES = [
    b"[%5d.%06d] usb %d-1: new high-speed USB device number %d using xhci_hcd"
    % (n, n * 7, n % 4, n)
    for n in range(20_000)
]
COMMON = [
    b"error",
    b"^[[]",
    b"number [0-9]+ using",
    b"usb|error|warn",
    b"(usb|pci) [0-9]-1",
    b"([0-9]{1,3}[.]){3}",
    b"a.*b.*c",
    b"^[^:]*:[^:]*:",
    b"(ab)*c$",
    b"([a-z]+[ ,])+x$",
    b"(high|low|-)+speed",
]
HARD = [b"(a*)*b", b"(a|a)*b", b"(a+)+b"]


def seconds(search: Callable[[bytes], object], lines: list[bytes]) -> float:
    """How long SEARCH takes for all LINES."""
    begun = time.perf_counter()
    for line in lines:
        search(line)
    return time.perf_counter() - begun


def main() -> None:
    """Print a line per pattern."""
    for patterns, lines in ((COMMON, LINES), (HARD, [b"a" * 22])):
        for pattern in patterns:
            ours = compile_posix(pattern, extended=True)
            theirs = re.compile(translate(pattern, extended=True).encode("latin-1"), re.DOTALL)
            mine, other = seconds(ours.search, lines), seconds(theirs.search, lines)
            print(f"{pattern.decode():24} {mine:8.4f} s {other:8.4f} s  {mine / other:6.2f}")


if __name__ == "__main__":
    main()
