#!/usr/bin/env python3
"""same_outputs - what this tree prints beside what an older one printed, byte for byte.

usage: scripts/same_outputs.py REVISION [DISK...]

For a change that must not change behaviour. Both trees run the same commands with the same Python:
`boot` over every test disk (those of scripts/make_disk.py that this machine has made, or those
named; mounted read-only) and every directory of tests/data/bootconfig, `kexec --dry-run` of every
kernel below build/kernels on every captured machine, `memmap` and `fdtdump` over the test data, and
every applet's --help. Needs root for the disks. Status 1 when something differs.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.make_disk import DISKS
from scripts.tools import BUILD, ROOT, command
from uroot_py.base.errors import RefusedError, UrootError

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT = 120  # seconds for one command
SHOWN = 12  # lines of a difference

Case = tuple[str, ...]


@contextlib.contextmanager
def older(revision: str) -> Iterator[Path]:
    """The files of REVISION in a directory of their own."""
    with tempfile.TemporaryDirectory(prefix="same-outputs.") as top:
        archive = subprocess.run(
            ["git", "archive", revision], cwd=ROOT, stdout=subprocess.PIPE, check=False
        )
        if archive.returncode:
            raise RefusedError(f"{revision}: git knows no such revision")
        subprocess.run(["tar", "-x", "-C", top], input=archive.stdout, check=True)
        yield Path(top)


@contextlib.contextmanager
def mounted(image: Path) -> Iterator[list[str]]:
    """The file systems on IMAGE, mounted read-only, as values of --root."""
    with contextlib.ExitStack() as stack:
        loop = command(["losetup", "--find", "--show", "--read-only", "-P", image]).strip()
        stack.callback(command, ["losetup", "--detach", loop])
        roots = []
        names = command(["lsblk", "-nrpo", "NAME", loop]).split()
        for device in names[1:] or names:
            lines = subprocess.run(
                ["blkid", "-p", "-o", "export", device], capture_output=True, text=True, check=False
            ).stdout.splitlines()
            known = dict(line.split("=", 1) for line in lines if "=" in line)
            target = stack.enter_context(tempfile.TemporaryDirectory(prefix="same-outputs."))
            options = "ro,noload" if known.get("TYPE") == "ext4" else "ro"
            done = subprocess.run(
                ["mount", "-o", options, device, target], capture_output=True, check=False
            )
            if done.returncode == 0:
                stack.callback(command, ["umount", target])
                uuid = f",uuid={known['UUID']}" if known.get("UUID") else ""
                roots.append(f"{target}{uuid}")
        yield roots


def of_boot(roots: list[str]) -> Iterator[Case]:
    """The commands about ROOTS."""
    where = [word for root in roots for word in ("--root", root)]
    for how in ("--list", "--json", "--explain", "--dry-run"):
        yield "boot", how, *where


def of_data() -> Iterator[Case]:
    """The commands about what the tree and build/ hold."""
    data = ROOT / "tests/data"
    for folder in sorted(path for path in (data / "bootconfig").rglob("*") if path.is_dir()):
        yield from of_boot([str(folder)])
    machines = sorted(path for path in (data / "memory").iterdir() if path.is_dir())
    for kernel in sorted((BUILD / "kernels").glob("*/vmlinuz")):
        for machine in machines:
            for how in ((), ("--json",), ("-c",), ("-s", "--append", "quiet")):
                yield "kexec", "--dry-run", *how, "--sysroot", str(machine), str(kernel)
    for machine in machines:
        yield "memmap", "--sysroot", str(machine)
        yield "memmap", "--json", "--sysroot", str(machine)
    for blob in sorted(data.rglob("*.dtb"))[:40]:
        for shape in ("fdtdump", "dts", "json", "yaml"):
            yield "fdtdump", "--format", shape, str(blob)
    words = [sys.executable, "-m", "cmds", "--list"]
    listed = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in [line.split()[0] for line in listed.splitlines() if line.startswith("  ")]:
        yield name, "--help"


def printed(tree: Path, case: Case) -> list[str]:
    """Status, output and errors of CASE as the program in TREE runs it, as lines."""
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "cmds", *case],
        cwd=tree,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=LIMIT,
        check=False,
    )
    text = done.stdout.decode(errors="backslashreplace") + "-- errors\n"
    text += done.stderr.decode(errors="backslashreplace")
    return [f"status {done.returncode}", *text.splitlines()]


def compare(old: Path, cases: Iterator[Case], name: str) -> tuple[int, int]:
    """How many of CASES ran, and how many differ; each difference is printed."""
    ran = differ = 0
    for case in cases:
        ran += 1
        before, after = printed(old, case), printed(ROOT, case)
        if before != after:
            differ += 1
            print(f"== {name}: {' '.join(case)}")
            rows = list(difflib.unified_diff(before, after, "before", "after", lineterm="", n=0))
            print("\n".join(rows[2 : 2 + SHOWN]))
            if len(rows) > 2 + SHOWN:
                print(f"... and {len(rows) - 2 - SHOWN} more lines")
    return ran, differ


def main() -> int:
    """Compare; 1 when something differs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("revision", metavar="REVISION", help="the older tree")
    parser.add_argument("disks", nargs="*", metavar="DISK", help="a disk of make_disk.py")
    given = parser.parse_args()
    images = {name: BUILD / "disks" / f"{name}.img" for name in given.disks or DISKS}
    try:
        with older(given.revision) as old:
            counts = [compare(old, of_data(), "data")]
            for name, image in images.items():
                if image.exists():
                    with mounted(image) as roots:
                        counts.append(compare(old, of_boot(roots), name))
                else:
                    print(f"== {name}: not made on this machine, left out")
    except UrootError as error:
        print(f"same_outputs: {error}", file=sys.stderr)
        return error.status
    ran, differ = (sum(column) for column in zip(*counts, strict=True))
    print(f"{ran} commands, {differ} differ")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
