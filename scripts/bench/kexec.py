#!/usr/bin/env python3
"""bench/kexec - load a kernel and a large initrd with our kexec and with kexec-tools, in one guest.

usage: scripts/bench/kexec.py [--engine auto|qemu-kvm|qemu-tcg] [--size MIB] [--runs N]

Time is the least wall clock of N runs, memory the largest resident set, as busybox's time shows
them. Status 1 when ours is slower than 1.5 times, or holds more than one copy of the files besides
what a Python program holds anyway. Pages of a mapped file count as held, though they are no copy.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts import fetch_kernel, make_final_os
from scripts.tools import BUILD
from scripts.vmtest import image
from scripts.vmtest.case import PROMPT, Session
from scripts.vmtest.guest import choose, running
from scripts.vmtest.machine import ENGINES, Machine
from scripts.vmtest.peers import KEXEC_TOOLS, kexec_tools
from uroot_py.base.errors import UrootError

MOST_TIMES = 1.5
PROGRAMS = {"kexec-tools": KEXEC_TOOLS, "ours": "kexec"}
CALLS = {"kexec_load": "-c", "kexec_load, no checks": "-c -i", "kexec_file_load": "-s"}


def measure(session: Session, command: str) -> tuple[float, int]:
    """Seconds and KiB of COMMAND in the guest."""
    text = session.run(f"/srv/busybox time -v {command}", 300)
    clock = re.search(r"Elapsed.*: (?:(\d+)h )?(?:(\d+)m )?([\d.]+)s", text)
    peak = re.search(r"Maximum resident.*: (\d+)", text)
    code = re.search(r"Exit status: (\d+)", text)
    if not clock or not peak or not code or code[1] != "0":
        session.fail(f"{command}: {text[-500:]}")
    # This busybox takes the kernel's KiB for pages of 4 KiB.
    return int(clock[2] or 0) * 60 + float(clock[3]), int(peak[1]) // 4


def bench(session: Session, size: int, runs: int) -> dict[str, dict[str, list[float]]]:
    """What both programs need: call -> program -> [seconds, KiB]."""
    session.run(f"dd if=/dev/urandom of=/srv/big bs=1M count={size}", 120)
    found: dict[str, dict[str, list[float]]] = {"start": {}}
    for name, program in PROGRAMS.items():
        found["start"][name] = list(map(float, measure(session, f"{program} -u")))
    for call, option in CALLS.items():
        found[call] = {}
        for name, program in PROGRAMS.items():
            command = f"{program} {option} -l /srv/vmlinuz --initrd=/srv/big --append=a"
            seen = [measure(session, command) for _ in range(runs)]
            found[call][name] = [min(t for t, _ in seen), float(max(m for _, m in seen))]
    return found


def report(found: dict[str, dict[str, list[float]]], files: int) -> int:
    """Print the table; 1 where a limit is passed. FILES: bytes of kernel and initrd."""
    status = 0
    floor = found["start"]["ours"][1]
    for call, each in found.items():
        theirs, ours = each["kexec-tools"], each["ours"]
        copies = (ours[1] - floor) * 1024 / files
        print(
            f"{call:<24} kexec-tools {theirs[0]:6.2f} s {theirs[1] / 1024:6.1f} MiB"
            f"   ours {ours[0]:6.2f} s {ours[1] / 1024:6.1f} MiB"
            f"   {ours[0] / max(theirs[0], 0.01):5.2f} times, {copies:4.2f} copies"
        )
        if call in CALLS and (ours[0] > MOST_TIMES * theirs[0] or copies > 1.1):
            status = 1
    return status


def main() -> int:
    """Run the command line of this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", default="auto", choices=["auto", *ENGINES])
    parser.add_argument("--size", type=int, default=100)
    parser.add_argument("--runs", type=int, default=2)
    options = parser.parse_args()
    folder = BUILD / "bench" / "kexec"
    folder.mkdir(parents=True, exist_ok=True)
    kernel = fetch_kernel.fetch("cloud-amd64") / "vmlinuz"
    engine, why = choose(options.engine, kernel, folder)
    print(f"engine: {engine.name} ({why}); initrd of {options.size} MiB")
    files = {"/srv/vmlinuz": kernel, "/srv/busybox": make_final_os.busybox(), **kexec_tools()}
    whole = image.joined(image.built(), image.packed(files, folder), folder)
    machine = Machine(kernel, whole, "uroot.shell", 1024 + 4 * options.size)
    with running(machine, engine, folder) as console:
        console.expect(PROMPT, 180)
        found = bench(Session(console), options.size, options.runs)
    (folder / "result.json").write_text(json.dumps(found, indent=2) + "\n")
    return report(found, kernel.stat().st_size + (options.size << 20))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except UrootError as error:
        sys.exit(f"bench/kexec: {error}")
