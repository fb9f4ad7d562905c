#!/usr/bin/env python3
"""bench/boot - from /init to the menu, and from a choice to the next kernel, in a virtual machine.

usage: scripts/bench/boot.py [--engine auto|qemu-kvm|qemu-tcg] [--runs N]

A machine a run, with one disk that grub-mkconfig has configured. Each part ends with a line on the
console; its time is that from the line before, by the clock and in processor time of the QEMU
process (what a busy machine does not distort). Least and median of all runs, in milliseconds;
build/bench-boot.json has every number. Status 1 when no menu is drawn within GOAL seconds.
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

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts import fetch_kernel, make_disk
from scripts.tools import BUILD
from scripts.vmtest import image
from scripts.vmtest.failure import StepFailedError
from scripts.vmtest.guest import choose, running
from scripts.vmtest.machine import ENGINES, Machine
from uroot_py.base.errors import UrootError

if TYPE_CHECKING:
    from scripts.vmtest.console import Console

Times = tuple[float, float]  # seconds by the clock, seconds of processor time
GOAL = 2.0  # seconds from /init to the menu
# What appears on the console, in order, and the part of the work that it ends.
TO_INIT = r"Run /init as init process"
TO_MENU = (
    (r"init: uroot-py", "interpreter: /init to init's first line"),
    (r"boot: looking", "modules: those of the machine, boot's own start"),
    (r"boot: \d+ block devices", "disks: devices, superblocks, mounts"),
    (r"boot: \d+ entries", "parsing: boot configurations"),
    (r" starts in \d+ s", "menu: drawn"),
)
TO_KERNEL = (
    (r"boot: loading", "choice: Enter to boot's first step"),
    (r"boot: \S*initrd\S+: \d+ bytes", "reading: the initrd, and whether it is whole"),
    (r"boot: \S*vmlinuz\S+: \d+ bytes", "reading: the kernel"),
    (r"boot: loaded", "loading: kexec_file_load"),
    (r"boot: starting", "starting: mounts and interfaces given back"),
    (r"Linux version", "kexec: to the next kernel's first line"),
)
MENU, KERNEL = "/init to the menu", "the choice to the next kernel"


def now(console: Console) -> Times:
    """Seconds by the clock, and of processor time of the machine behind CONSOLE."""
    fields = Path(f"/proc/{console.pid}/stat").read_text().rpartition(")")[2].split()
    return time.monotonic(), (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def follow(console: Console, stages: tuple[tuple[str, str], ...], whole: str) -> dict[str, Times]:
    """The time of each stage from now on, and of the WHOLE."""
    begun = last = now(console)
    found = {}
    for pattern, name in (*stages, ("", whole)):
        console.expect(pattern, 180)
        here = now(console)
        since = last if pattern else begun
        found[name] = (here[0] - since[0], here[1] - since[1])
        last = here
    return found


def measure(runs: int, engine_name: str) -> dict[str, list[Times]]:
    """Every number of RUNS machines."""
    kernel = fetch_kernel.fetch("cloud-amd64") / "vmlinuz"
    engine, why = choose(engine_name, kernel, BUILD / "vm")
    print(f"engine: {engine.name} ({why})", flush=True)
    # loglevel: the lines must be seen; `quiet` stands before it and loses. The next kernel gets
    # the same console, and shows its first line at once.
    more = "--append loglevel=7 --append earlyprintk=ttyS0"
    append = f'loglevel=7 uroot.timeout=600 uroot.uinit="boot {more}"'
    machine = Machine(kernel, image.built(), append, disks=(make_disk.make("grub-ext4"),))
    numbers: dict[str, list[Times]] = {}
    for _ in range(runs):
        with running(machine, engine, BUILD / "vm/bench-boot") as console:
            console.expect(TO_INIT, 180)
            found = follow(console, TO_MENU, MENU)
            console.send("\r")
            found |= follow(console, TO_KERNEL, KERNEL)
        for name, times in found.items():
            numbers.setdefault(name, []).append(times)
    return numbers


def report(numbers: dict[str, list[Times]]) -> int:
    """Print the table; 1 when the goal is missed."""
    wide = max(map(len, numbers))
    print(f"{'milliseconds':<{wide}}    least   median  processor: least   median")
    for name, values in numbers.items():
        wall, cpu = ([each * 1000 for each in column] for column in zip(*values, strict=True))
        clock = f"{min(wall):8.0f} {statistics.median(wall):8.0f}"
        print(f"{name:<{wide}} {clock} {min(cpu):17.0f} {statistics.median(cpu):8.0f}")
    print(f"image: {image.describe()}")
    (BUILD / "bench-boot.json").write_text(json.dumps(numbers, indent=1) + "\n")
    least = min(clock for clock, _ in numbers[MENU])
    verdict = "met" if least <= GOAL else "MISSED"
    print(f"goal: {MENU} within {GOAL:g} s by the clock, least: {verdict}")
    return int(least > GOAL)


def main() -> int:
    """Measure; errors are one line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--engine", choices=("auto", *ENGINES), default="auto")
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    try:
        return report(measure(given.runs, given.engine))
    except UrootError as error:
        print(f"bench/boot: {error}", file=sys.stderr)
        return error.status
    except StepFailedError as error:
        print(f"bench/boot: {error}; see {BUILD / 'vm/bench-boot'}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
