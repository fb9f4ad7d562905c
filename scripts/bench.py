#!/usr/bin/env python3
"""bench - how long the image takes in a virtual machine, and where the time goes.

usage: scripts/bench.py [--engine auto|qemu-kvm|qemu-tcg] [--runs N] [--image FILE]

Each run starts a machine of its own. The table has the least and the median of all runs in
milliseconds, by the clock and in processor time of the QEMU process (what a busy machine does not
distort); build/bench.json has every number. A measure is a function that takes a Watch on a machine
started with ``uroot.shell`` and records times by name; a new one is added to MEASURES.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts import fetch_kernel, make_disk
from scripts.support import BUILD, image
from scripts.support.case import PROMPT, Session
from scripts.support.console import StepFailedError
from scripts.support.guest import ENGINES, Machine, choose, running
from uroot_py.base.errors import UrootError

if TYPE_CHECKING:
    from collections.abc import Callable

    from scripts.support.console import Console

    Times = tuple[float, float]  # seconds by the clock, seconds of processor time

CALLS = 20  # after the first one, which is slower: TCG translates, files are cold
COMMANDS = ("true", "/bin/true", "ls /")

# What appears on the console, in order, and the time from the line before.
STAGES = (
    (r"Linux version", "power on to the kernel's first line"),
    (r"Run /init as init process", "kernel to /init (unpacks the image)"),
    (r"init: uroot-py", "/init to init's first line (interpreter)"),
    (r" vda: vda1", "to the disk (modules)"),
    (PROMPT, "to the prompt (shell)"),
)


class Watch:
    """The console of a machine, and the two clocks."""

    def __init__(self, console: Console, numbers: dict[str, list[Times]]) -> None:
        self.console = console
        self.numbers = numbers

    def now(self) -> Times:
        """Seconds by the clock, and of processor time."""
        fields = Path(f"/proc/{self.console.pid}/stat").read_text().rpartition(")")[2].split()
        return time.monotonic(), (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def record(self, name: str, begun: Times, count: int = 1) -> None:
        """Keep the time since BEGUN, the mean of COUNT equal pieces, under NAME."""
        wall, processor = ((b - a) / count for a, b in zip(begun, self.now(), strict=True))
        self.numbers.setdefault(name, []).append((wall, processor))


def start(watch: Watch) -> None:
    """From power on to the shell, in stages."""
    begun = last = watch.now()
    for pattern, name in STAGES:
        watch.console.expect(pattern, 180)
        watch.record(name, last)
        last = watch.now()
        if name.startswith("kernel"):
            begun = last
    watch.record("/init to the prompt", begun)


def calls(watch: Watch) -> None:
    """A command in the shell, Enter to prompt: an applet in a fork, a program, a listing."""
    session = Session(watch.console)
    for command in COMMANDS:
        begun = watch.now()
        session.run(command)
        watch.record(f"`{command}`, the first", begun)
        begun = watch.now()
        for _ in range(CALLS):
            session.run(command)
        watch.record(f"`{command}`, later ones", begun, CALLS)


MEASURES: tuple[Callable[[Watch], None], ...] = (start, calls)


def measure(given: argparse.Namespace) -> None:
    """Run everything, print the table, keep the numbers."""
    kernel = fetch_kernel.fetch("cloud-amd64") / "vmlinuz"
    engine, why = choose(given.engine, kernel, BUILD / "vm")
    print(f"engine: {engine.name} ({why})", flush=True)
    # loglevel: the stages must be seen; `quiet` stands before it and loses.
    machine = Machine(
        kernel,
        given.image or image.built(),
        "uroot.shell loglevel=7",
        disks=(make_disk.make("grub-ext4"),),
    )
    numbers: dict[str, list[Times]] = {}
    for _ in range(given.runs):
        with running(machine, engine, BUILD / "vm/bench") as console:
            for part in MEASURES:
                part(Watch(console, numbers))
    wide = max(map(len, numbers))
    print(f"{'milliseconds':<{wide}}    least   median  processor: least   median")
    for name, values in numbers.items():
        (least, median), (cpu_least, cpu_median) = (
            (min(column) * 1000, statistics.median(column) * 1000)
            for column in zip(*values, strict=True)
        )
        print(f"{name:<{wide}} {least:8.1f} {median:8.1f} {cpu_least:17.1f} {cpu_median:8.1f}")
    print(f"image: {image.describe()}")
    record = {"engine": engine.name, "runs": given.runs, "seconds": numbers}
    (BUILD / "bench.json").write_text(json.dumps(record, indent=1) + "\n")


def main() -> int:
    """Measure; errors are one line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--engine", choices=("auto", *ENGINES), default="auto")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--image", type=Path, help="instead of the one of `make initramfs`")
    try:
        measure(parser.parse_args())
    except UrootError as error:
        print(f"bench: {error}", file=sys.stderr)
        return error.status
    except StepFailedError as error:
        print(f"bench: {error}; see {BUILD / 'vm/bench'}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
