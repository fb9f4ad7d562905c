#!/usr/bin/env python3
"""bench/memory - how building a memory map and finding space in it grow, and what parsing costs.

usage: scripts/bench/memory.py

Each number is the least of nine runs, in processor time. "ns" is the time divided by n log2 n; it
grows a little with n because more of the memory is far from the processor, as it does for Python's
own sort: "sorts" is the time in units of sorting the same addresses.
"""

from __future__ import annotations

import math
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from uroot_py.base.errors import NotEnoughSpaceError
from uroot_py.memory.map import RAM, RESERVED, MemoryMap
from uroot_py.memory.sources import from_iomem

if TYPE_CHECKING:
    from collections.abc import Callable

    from uroot_py.memory.map import Entry

SIZES = (1_000, 10_000, 100_000)
PAGE = 4096


def least(work: Callable[[], object], runs: int = 9) -> float:
    """The seconds of the fastest of RUNS runs of WORK."""
    times = []
    for _ in range(runs):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def overlapping(count: int) -> list[Entry]:
    """COUNT entries of all sizes, in no order, each overlapping many others."""
    chance = random.Random(count)
    entries = []
    for _ in range(count):
        start = chance.randrange(count << 14) * PAGE
        size = PAGE << chance.randrange(16)
        entries.append((start, start + size, chance.choice((RAM, RESERVED))))
    # About as many ranges come out as go in.
    return entries


def separate(count: int) -> list[Entry]:
    """COUNT single pages of RAM with gaps, in no order: no two become one."""
    entries = [(2 * n * PAGE, (2 * n + 1) * PAGE, RAM) for n in range(count)]
    random.Random(count).shuffle(entries)
    return entries


def grow(entries: list[Entry]) -> tuple[float, float, float]:
    """Seconds to sort the starts of ENTRIES, to build their map, to look through it in vain."""
    starts = [entry[0] for entry in entries]
    order = least(lambda: sorted(range(len(starts)), key=starts.__getitem__))
    build = least(lambda: MemoryMap.from_entries(entries))
    held = MemoryMap.from_entries(entries)

    def search() -> None:
        try:
            held.ram().find_space(1 << 62, alignment=2 << 20)
        except NotEnoughSpaceError:
            return
        raise AssertionError("4 EiB of memory")

    return order, build, least(search)


def iomem(count: int) -> str:
    """The text of a large machine: memory blocks with reservations in them, as arm64 shows them."""
    lines = []
    for block in range(count // 5):
        start = block << 27
        lines.append(f"{start:08x}-{start + (1 << 27) - 1:08x} : System RAM\n")
        for n in range(4):
            inner = start + (n << 20)
            lines.append(f"  {inner:08x}-{inner + 0x2FFF:08x} : reserved\n")
    return "".join(lines)


def split_twice(path: Path) -> None:
    """Read the file and split its lines into words, two times over."""
    for _ in range(2):
        for line in path.read_text().split("\n"):
            line.split()


def main() -> int:
    """Print both tables."""
    print(" entries  kind          build ms     ns  sorts   find ms     ns")
    for kind in (overlapping, separate):
        for count in SIZES:
            order, build, find = grow(kind(count))
            unit = count * math.log2(count) / 1e9
            print(
                f"{count:>8}  {kind.__name__:<12} {build * 1e3:>9.2f} {build / unit:>6.0f}"
                f" {build / order:>6.1f} {find * 1e3:>9.2f} {find / unit:>6.0f}"
            )
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "iomem"
        path.write_text(iomem(SIZES[-1]))
        base = least(lambda: split_twice(path))
        parse = least(lambda: from_iomem(path.read_text()))
    print(f"{SIZES[-1]} lines of iomem: read and split twice {base * 1e3:.1f} ms,")
    print(f"read and made a map {parse * 1e3:.1f} ms: {parse / base:.2f} times that")
    return 0


if __name__ == "__main__":
    sys.exit(main())
