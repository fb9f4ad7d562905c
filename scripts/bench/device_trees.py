#!/usr/bin/env python3
"""Measure the device tree reader beside its peers, over every blob in build/dtbs.

    scripts/fetch_dtbs.py; pip install fdt pylibfdt
    scripts/bench/device_trees.py [--every N] [--json FILE]

The peers are needed for nothing else; one that is not installed is left out and named. All of them
read the same blobs in one run, in turn, and the best of three rounds counts. Parsing is measured
in this process, as time of the processor, which other work on the machine disturbs least;
`fdtdump` on the largest blob is a whole process, interpreter start and all, by the clock.
"""

import argparse
import importlib
import io
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from uroot_py.formats.fdt import tree as fdt  # noqa: E402

Reader = Callable[[bytes], object]
ROUNDS = 3
GOAL = 8  # times as fast as pyfdt


def _pyfdt() -> Reader:
    parse = importlib.import_module("pyfdt.pyfdt").FdtBlobParse
    return lambda blob: parse(io.BytesIO(blob)).to_fdt()


def _fdt() -> Reader:
    reader: Reader = importlib.import_module("fdt").parse_dtb
    return reader


def _pylibfdt() -> Reader:
    """Visit every node and property, as a caller would: libfdt has no tree."""
    libfdt = importlib.import_module("libfdt")
    absent = (libfdt.NOTFOUND,)

    def read(blob: bytes) -> int:
        tree = libfdt.FdtRo(blob)
        node, depth, count = 0, 0, 0
        while node >= 0 and depth >= 0:
            tree.get_name(node)
            offset = tree.first_property_offset(node, absent)
            while offset >= 0:
                bytes(tree.get_property_by_offset(offset))
                count += 1
                offset = tree.next_property_offset(offset, absent)
            node, depth = tree.next_node(node, depth, absent)
        return count

    return read


PEERS: dict[str, Callable[[], Reader]] = {"pyfdt": _pyfdt, "fdt": _fdt, "pylibfdt": _pylibfdt}


def measure(readers: dict[str, Reader], blobs: list[bytes]) -> dict[str, float]:
    """Seconds of processor that each reader takes for all BLOBS: the best of ROUNDS, in turns."""
    best = dict.fromkeys(readers, float("inf"))
    for _ in range(ROUNDS):
        for name, read in readers.items():
            start = time.process_time()
            for blob in blobs:
                read(blob)
            best[name] = min(best[name], time.process_time() - start)
    return best


def processes(path: Path) -> dict[str, float]:
    """Milliseconds of a whole process that prints PATH: the best of ten."""
    ours = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r});"]
    ours[-1] += "sys.argv[0] = 'fdtdump'; from cmds.dispatch import main; main()"
    lines = {
        "fdtdump (ours)": [*ours, str(path)],
        "fdtdump": ["fdtdump", str(path)],
        "fdtdump -O dts (ours)": [*ours, "-O", "dts", str(path)],
        "dtc -O dts": ["dtc", "-q", "-I", "dtb", "-O", "dts", str(path)],
    }
    best = {}
    for name, line in lines.items():
        times = []
        for _ in range(10):
            start = time.perf_counter()
            subprocess.run(line, capture_output=True, check=True, timeout=60)
            times.append(time.perf_counter() - start)
        best[name] = 1000 * min(times)
    return best


def main() -> int:
    """Measure, print a table, say whether the goal is met."""
    parser = argparse.ArgumentParser(description="time device tree readers")
    parser.add_argument("--every", type=int, default=1, help="only every Nth blob")
    parser.add_argument("--json", type=Path, help="write the numbers to this file, too")
    given = parser.parse_args()
    paths = sorted((ROOT / "build" / "dtbs").rglob("*.dtb"))[:: given.every]
    if not paths:
        raise SystemExit("bench/device_trees: no blobs in build/dtbs; run scripts/fetch_dtbs.py")
    blobs = [path.read_bytes() for path in paths]
    readers: dict[str, Reader] = {"uroot_py": fdt.parse}
    for name, load in PEERS.items():
        try:
            readers[name] = load()
        except ImportError as error:
            print(f"{name}: left out, {error} (pip install {name})")
    best = measure(readers, blobs)
    size = sum(map(len, blobs)) / 1e6
    print(f"parsing {len(blobs)} blobs, {size:.1f} MB, best of {ROUNDS}:")
    for name, seconds in best.items():
        ratio = seconds / best["uroot_py"]
        print(f"  {name:<10} {seconds:8.3f} s  {size / seconds:7.1f} MB/s  {ratio:6.2f} x our time")
    largest = max(paths, key=lambda path: path.stat().st_size)
    whole = processes(largest)
    print(f"whole processes on {largest.name}, {largest.stat().st_size} bytes, best of 10:")
    for name, milliseconds in whole.items():
        print(f"  {name:<22} {milliseconds:7.1f} ms")
    if given.json:
        given.json.write_text(json.dumps({"parse_s": best, "process_ms": whole}, indent=2) + "\n")
    if "pyfdt" in best:
        ratio = best["pyfdt"] / best["uroot_py"]
        print(f"goal, {GOAL} times as fast as pyfdt: {'met' if ratio >= GOAL else 'missed'}")
        return 0 if ratio >= GOAL else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
