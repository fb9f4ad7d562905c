#!/usr/bin/env python3
"""bench/change - what this tree's image costs beside an older one's: size, the prompt, the menu.

usage: scripts/bench/change.py REVISION

Both trees build the image that `make initramfs` builds, with the same modules, and the same machine
boots both in virtual time (one instruction is one nanosecond): once to the shell's prompt, once
with a disk that grub-mkconfig has configured to boot's menu. Times are from the kernel's start, as
what is packed differently is unpacked before or after /init; the kernel's part has a row, too. The
table is Markdown, as docs/bench.md keeps it.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts import fetch_kernel, make_disk
from scripts.bench import bootclock
from scripts.same_outputs import older
from scripts.tools import BUILD, ROOT
from scripts.vmtest.case import Prompt, Session
from scripts.vmtest.failure import StepFailedError
from scripts.vmtest.guest import running
from scripts.vmtest.machine import ENGINES, Machine
from uroot_py.base.errors import RefusedError, UrootError

MODULES = re.findall(r"^MODULES \?= (\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[0]
FOLDER = BUILD / "bench" / "change"
MENU = f'{bootclock.APPEND.removeprefix("uroot.shell ")} uroot.uinit="boot --timeout -1"'


def image(tree: Path, name: str) -> Path:
    """The image that the code in TREE builds, called NAME."""
    path = FOLDER / f"{name}.cpio.zst"
    kernel = fetch_kernel.usual("amd64")
    words = ["build", "--arch", "x86_64", "-o", str(path)]
    words += ["--kernel-config", str(kernel / "config")]
    words += ["--modules-dir", str(kernel / "modules"), "--module", MODULES]
    done = subprocess.run(
        [sys.executable, "-m", "initramfs", *words],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RefusedError(f"{name}: {done.stderr.strip().splitlines()[-1:]}")
    return path


def menu_time(machine: Machine) -> float:
    """Milliseconds from the kernel's start until boot waits at its menu for a key."""
    with running(machine, ENGINES["qemu-tcg"], FOLDER / "vm") as console:
        console.expect("Enter start", 600)
        console.send("s")
        session = Session(console)
        Prompt(limit=300)(session)
        traced = session.run(bootclock.TRACE, 120)
    asleep = 0.0
    for line in traced.splitlines():
        match = re.match(r"\s*\S+-(\d+) .* ([\d.]+): (.*)", line)
        if match and "ldisc" in match[3] and asleep:
            return asleep
        if match and match[1] != "1" and re.search(r"prev_comm=(boot|init|uroot) ", match[3]):
            asleep = float(match[2]) * 1000
    raise StepFailedError("the trace has no menu")


def measure(path: Path) -> dict[str, float]:
    """The numbers of the image at PATH."""
    kernel = fetch_kernel.usual("amd64") / "vmlinuz"
    machine = Machine(kernel, path, bootclock.APPEND, devices=bootclock.VIRTUAL)
    found = bootclock.boot(machine, ENGINES["qemu-tcg"], FOLDER / "vm", calls=False)
    disks = (make_disk.make("grub-ext4"),)
    menu = menu_time(Machine(kernel, path, MENU, disks=disks, devices=bootclock.VIRTUAL))
    return {
        "bytes, zstd": float(path.stat().st_size),
        "/init starts, ms": found["/init starts"],
        "prompt, ms": found["prompt"],
        "menu, ms": menu,
        "KiB of process 1": found["KiB of process 1"],
    }


def main() -> int:
    """Measure both; errors are one line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("revision", metavar="REVISION", help="the older tree")
    given = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        with older(given.revision) as tree:
            before = measure(image(tree, "before"))
        now = measure(image(ROOT, "now"))
    except (UrootError, StepFailedError) as error:
        print(f"bench/change: {error}", file=sys.stderr)
        return 1
    print(f"| | {given.revision} | now | ratio |\n|---|---:|---:|---:|")
    for row, value in now.items():
        print(f"| {row} | {before[row]:,.1f} | {value:,.1f} | {value / before[row]:.3f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
