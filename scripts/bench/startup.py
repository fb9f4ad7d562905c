#!/usr/bin/env python3
"""bench/startup - sizes, times and memory of the image, beside a static busybox's.

usage: scripts/bench/startup.py [--only PART,...] [--arch NAME] [--engine NAME] [--runs N]
                                [--image FILE]

The tables are Markdown, as docs/bench.md keeps them. PART is one of:
  sizes     every runtime and profile, packed in every way
  virtual   from the kernel's start to the prompt, and calls in the shell, in virtual time: one
            instruction is one nanosecond (`-icount shift=0,sleep=off`), which repeats to 0.01 %
  wall      the same by the clock: the median of N machines of each kind (5)
  unpack    what the kernel needs to unpack the image, for each compression, in virtual time
  memory    the least memory of a machine that still gets to the prompt
The images are built without kernel modules; --image measures a file instead. build/bench.json has
every number.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from initramfs import build, compress, target
from initramfs.tree import ImageTree
from scripts import fetch_kernel, make_final_os
from scripts.bench import bootclock
from scripts.tools import BUILD
from scripts.vmtest.failure import StepFailedError
from scripts.vmtest.guest import choose
from scripts.vmtest.machine import ENGINES, Engine, Machine
from uroot_py.base.errors import UrootError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FOLDER = BUILD / "bench"
KINDS = (("lean", "core"), ("lean", "minimal"), ("host", "core"))
BUSYBOX = """\
#!/bin/sh
mount -t proc p /proc; mount -t sysfs s /sys; mount -t devtmpfs d /dev
echo 'init: busybox' > /dev/kmsg
export PS1='uroot# ' BIN=/bin/
exec setsid cttyhack sh
"""
TOOLS = (
    *("basename", "cat", "cttyhack", "dmesg", "env", "grep", "ls", "mount", "setsid", "sh", "true"),
)
LEAST = 32  # MiB; less is not looked at


class Bench:
    """The images, made when they are asked for, and every number."""

    def __init__(self, given: argparse.Namespace) -> None:
        self.given = given
        self.target = target.choose(given.arch)
        native = self.target == target.choose()
        self.kinds = [" ".join(kind) for kind in KINDS if native or kind[0] == "lean"]
        self.archives: dict[str, bytes] = {}
        self.numbers: dict[str, dict[str, float]] = {}

    @property
    def kernel(self) -> Path:
        """Debian's kernel, the cloud flavour where there is one."""
        return fetch_kernel.usual(self.target.debian) / "vmlinuz"

    def archive(self, kind: str) -> bytes:
        """The unpacked archive of a KIND: ``RUNTIME PROFILE``, ``busybox``, or a file's name."""
        if kind not in self.archives:
            print(f"making {kind}", file=sys.stderr, flush=True)
            self.archives[kind] = self._make(kind)
        return self.archives[kind]

    def _make(self, kind: str) -> bytes:
        if kind == "busybox":
            tree = ImageTree()
            build.skeleton(tree)
            tree.copy(make_final_os.busybox(self.target.debian), "bin/busybox")
            for name in TOOLS:
                tree.link(f"bin/{name}", "busybox")
            tree.file("init", BUSYBOX, 0o755)
            return tree.archive()
        if kind == str(self.given.image):
            data = self.given.image.read_bytes()
            name = compress.recognise(data)
            return compress.decompress(data, name)[0] if name else data
        runtime, profile = kind.split()
        file = FOLDER / "image.cpio"
        options = build.Options(file, "none", profile=profile, runtime=runtime, work=BUILD)
        options.target = self.target
        build.build(options)
        return file.read_bytes()

    def packed(self, kind: str, packing: str = "zstd") -> Path:
        """The file of an image."""
        target = FOLDER / f"{Path(kind).name.replace(' ', '-')}.cpio.{packing}"
        data = compress.compress(self.archive(kind), packing)
        target.write_bytes(data)
        return target

    def timed(self) -> list[str]:
        """The kinds that machines are started with; a tool that they need is not in ``minimal``."""
        ours = [kind for kind in self.kinds if kind.endswith(" core")]
        return [*([str(self.given.image)] if self.given.image else ours), "busybox"]

    def keep(self, part: str, kind: str, values: Mapping[str, float]) -> None:
        """Remember VALUES."""
        self.numbers[f"{part}: {kind}"] = dict(values)

    def machine(self, image: Path, *, virtual: bool = False) -> Machine:
        """A machine with IMAGE whose kernel says when what happened."""
        devices = bootclock.VIRTUAL if virtual else ()
        machine = Machine(self.kernel, image, bootclock.APPEND, devices=devices)
        return replace(machine, arch=self.target.debian)


def table(title: str, unit: str, columns: Mapping[str, Mapping[str, float]], digits: int) -> None:
    """Print COLUMNS (name -> row -> number) as Markdown."""
    rows = list(dict.fromkeys(row for column in columns.values() for row in column))
    print(f"\n**{title}**\n\n| {unit} | {' | '.join(columns)} |")
    print("|---|" + "---:|" * len(columns))
    for row in rows:
        cells = (column.get(row) for column in columns.values())
        shown = ["" if cell is None else f"{cell:,.{digits}f}" for cell in cells]
        print(f"| {row} | {' | '.join(shown)} |", flush=True)


def sizes(bench: Bench) -> None:
    """Every image, packed in every way."""
    kinds = [str(bench.given.image)] if bench.given.image else bench.kinds
    columns = {}
    for kind in [*kinds, "busybox"]:
        data = bench.archive(kind)
        columns[kind] = {
            name: float(len(compress.compress(data, name))) for name in compress.SUFFIXES
        }
        bench.keep("sizes", kind, columns[kind])
    table("Sizes, without kernel modules", "bytes", columns, 0)


def virtual(bench: Bench) -> None:
    """Boot and calls in virtual time."""
    engine = ENGINES["qemu-tcg"]
    columns = {}
    for kind in bench.timed():
        machine = bench.machine(bench.packed(kind), virtual=True)
        columns[kind] = bootclock.boot(machine, engine, FOLDER / "vm")
        bench.keep("virtual", kind, columns[kind])
    table("Virtual time, zstd: since the kernel's start", "ms, KiB", columns, 1)
    ratios(columns)


def wall(bench: Bench) -> None:
    """Boot and calls by the clock: medians."""
    engine, why = choose(bench.given.engine, bench.kernel, FOLDER, bench.target.debian)
    runs: dict[str, list[dict[str, float]]] = {kind: [] for kind in bench.timed()}
    images = {kind: bench.packed(kind) for kind in runs}
    for _ in range(bench.given.runs):  # in turn: a busy minute hits all alike
        for kind, image in images.items():
            runs[kind].append(bootclock.boot(bench.machine(image), engine, FOLDER / "vm"))
    columns = {
        kind: {row: statistics.median(run[row] for run in found) for row in found[0]}
        for kind, found in runs.items()
    }
    for kind, column in columns.items():
        bench.keep(f"wall {engine.name}", kind, column)
    title = f"{engine.name} ({why}), zstd, median of {bench.given.runs}: since the kernel's start"
    table(title, "ms, KiB", columns, 1)
    ratios(columns)


def ratios(columns: Mapping[str, Mapping[str, float]]) -> None:
    """Print what a call costs beside the same in busybox, which starts a program for it."""
    peer = columns["busybox"]
    shown = {
        kind: {name: column[name] / peer[name] for name in bootclock.CALLS}
        for kind, column in columns.items()
    }
    table("A call beside busybox", "times", shown, 2)


def unpack(bench: Bench) -> None:
    """The kernel's part, for each compression."""
    engine = ENGINES["qemu-tcg"]
    columns: dict[str, dict[str, float]] = {}
    kinds = [kind for kind in bench.timed() if kind != "host core"]
    for kind in kinds:
        columns[kind] = {}
        for packing in compress.SUFFIXES:
            machine = bench.machine(bench.packed(kind, packing), virtual=True)
            found = bootclock.boot(machine, engine, FOLDER / "vm", calls=False)
            columns[kind][packing] = found["/init starts"]
        bench.keep("unpack", kind, columns[kind])
    table("Virtual time from the kernel's start to /init, by compression", "ms", columns, 1)


def memory(bench: Bench) -> None:
    """The least memory, by halving."""
    engine, _ = choose(bench.given.engine, bench.kernel, FOLDER, bench.target.debian)
    columns: dict[str, dict[str, float]] = {}
    for kind in bench.timed():
        columns[kind] = {}
        for packing in ("zstd", "xz"):
            image = bench.packed(kind, packing)
            columns[kind][packing] = least(bench, image, engine)
        bench.keep("memory", kind, columns[kind])
    table("Least memory to the prompt", "MiB", columns, 0)


def least(bench: Bench, image: Path, engine: Engine) -> int:
    """The least MiB with which a machine with IMAGE gets to its prompt."""
    low, high = LEAST, 256
    while high - low > 1:
        middle = (low + high) // 2
        # Without the trace, which takes memory itself.
        machine = replace(bench.machine(image), append="uroot.shell", memory=middle)
        low, high = (
            (low, middle) if bootclock.boots(machine, engine, FOLDER / "vm") else (middle, high)
        )
    return high


PARTS: Mapping[str, Callable[[Bench], None]] = {
    part.__name__: part for part in (sizes, virtual, wall, unpack, memory)
}


def main() -> int:
    """Measure; errors are one line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default=",".join(PARTS), metavar="PART,...")
    parser.add_argument("--arch", metavar="NAME", help=", ".join(target.TARGETS))
    parser.add_argument("--engine", choices=("auto", "qemu-kvm", "qemu-tcg"), default="auto")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--image", type=Path, help="measure this image instead of ours")
    given = parser.parse_args()
    chosen = given.only.split(",")
    if unknown := [name for name in chosen if name not in PARTS]:
        parser.error(f"no part {unknown[0]!r}; known: {', '.join(PARTS)}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    bench = Bench(given)
    try:
        for name in chosen:
            PARTS[name](bench)
    except UrootError as error:
        print(f"bench/startup: {error}", file=sys.stderr)
        return error.status
    except StepFailedError as error:
        print(f"bench/startup: {error}; see {FOLDER / 'vm'}", file=sys.stderr)
        return 1
    finally:
        if bench.numbers:
            (BUILD / "bench.json").write_text(json.dumps(bench.numbers, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
