#!/usr/bin/env python3
"""bench/tables - the tables of README.md and docs/bench.md, measured in a bare Debian 12 and 13.

usage: scripts/bench/tables.py [--saved]       (root; half an hour of two processors)

In each bare Debian (scripts/fresh.py) the image is built with that Debian's own Python and measured
by scripts/bench/startup.py; build/numbers.json keeps what was found. The tables stand between the
lines `<!-- numbers: NAME -->` and `<!-- end -->` and are replaced there. --saved measures nothing
and writes what build/numbers.json says.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts import fresh
from scripts.tools import BUILD, ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SAVED = BUILD / "numbers.json"
SUITES = {"bookworm": "Debian 12", "trixie": "Debian 13"}
# What is run in the clone; it leaves build/bench.json and build/versions.
MEASURE = """\
set -e
make initramfs
PYTHONDONTWRITEBYTECODE=1 .venv/bin/python scripts/bench/startup.py --only sizes,virtual,memory \\
    --engine qemu-tcg
python3 -c 'import platform; print("Python", platform.python_version())' >build/versions
echo "cloud kernel $(cat build/kernels/cloud-amd64/version)" >>build/versions
qemu-system-x86_64 --version | sed -n 's/^QEMU emulator version \\([0-9.]*\\).*/QEMU \\1/p' \\
    >>build/versions
stat -c %s build/initramfs-x86_64.cpio.zst >>build/versions
"""
Numbers = dict[str, dict[str, float]]


def measure(suite: str) -> Numbers:
    """What is found in a bare SUITE: part and kind -> row -> number."""
    program = [sys.executable, str(ROOT / "scripts/fresh.py")]
    subprocess.run([*program, "--keep", suite, MEASURE], check=True)
    clone = fresh.WORK / suite / fresh.CLONE
    numbers: Numbers = json.loads((clone / "build/bench.json").read_text())
    *versions, size = (clone / "build/versions").read_text().splitlines()
    numbers["versions"] = dict.fromkeys(versions, 0)
    numbers["image"] = {"zst": int(size)}
    subprocess.run([*program, "--reuse", suite, "true"], check=True, capture_output=True)
    return numbers


def table(unit: str, rows: Mapping[str, Sequence[str]], columns: Sequence[str]) -> str:
    """A Markdown table."""
    lines = [f"| {unit} | {' | '.join(columns)} |", "|---|" + "---:|" * len(columns)]
    lines += [f"| {name} | {' | '.join(cells)} |" for name, cells in rows.items()]
    return "\n".join(lines)


def part(found: Mapping[str, Numbers], name: str, unit: str, digits: int) -> str:
    """The table of one part: each kind of each Debian, busybox once, of the first."""
    columns: dict[str, dict[str, float]] = {}
    for suite, numbers in found.items():
        for key, values in numbers.items():
            kind = key.removeprefix(f"{name}: ")
            title = kind if kind == "busybox" else f"{SUITES[suite]}: {kind}"
            if key.startswith(f"{name}: "):
                columns.setdefault(title, values)
    columns = {key: columns[key] for key in sorted(columns, key=lambda key: key == "busybox")}
    rows = {
        row: [f"{values[row]:,.{digits}f}" for values in columns.values()]
        for row in next(iter(columns.values()))
    }
    return table(unit, rows, list(columns))


def costs(found: Mapping[str, Numbers]) -> str:
    """The README's table: the two runtimes in each Debian."""
    columns: list[str] = []
    rows: dict[str, list[str]] = {}
    names = (
        "image",
        "kernel's start to the shell's prompt",
        "an applet from the shell: `ls /`, and `cat`, which needs a fork",
        "process 1",
        "least memory to the prompt",
    )
    for suite, numbers in found.items():
        for runtime, title in (("lean", "`--runtime lean`"), ("host", "host (the default)")):
            columns.append(f"{SUITES[suite]}: {title}")
            sizes = {key: size / 1e6 for key, size in numbers[f"sizes: {runtime} core"].items()}
            times = numbers[f"virtual: {runtime} core"]
            memory = numbers[f"memory: {runtime} core"]
            cells = (
                f"{sizes['none']:.1f} MB raw, {sizes['zstd']:.2f} zstd, {sizes['xz']:.2f} xz",
                f"{times['prompt']:.0f} ms, of which the kernel {times['/init starts']:.0f}",
                f"{times['`ls /`']:.1f} and {times['`cat /proc/uptime`']:.1f} ms",
                f"{times['KiB of process 1'] * 1024 / 1e6:.1f} MB",
                f"{memory['zstd']:.0f} MiB",
            )
            for name, cell in zip(names, cells, strict=True):
                rows.setdefault(name, []).append(cell)
    return table("", rows, columns)


def versions(found: Mapping[str, Numbers]) -> str:
    """What was measured with what."""
    told = [f"{SUITES[suite]}: {', '.join(found[suite]['versions'])}" for suite in found]
    return "; ".join(told) + "."


def image(found: Mapping[str, Numbers]) -> str:
    """The size of what `make initramfs` makes."""
    told = [f"{int(found[suite]['image']['zst']):,} bytes on {SUITES[suite]}" for suite in found]
    return f"`make initramfs` makes an image with the test kernel's modules of {', '.join(told)}."


def blocks(found: Mapping[str, Numbers]) -> dict[str, str]:
    """What stands between the marks, by their names."""
    return {
        "versions": versions(found),
        "image": image(found),
        "costs": costs(found),
        "sizes": part(found, "sizes", "bytes", 0),
        "virtual": part(found, "virtual", "ms, KiB", 1),
        "memory": part(found, "memory", "MiB", 0),
    }


def written(text: str, texts: Mapping[str, str]) -> str:
    """TEXT with each of TEXTS between its marks, if it has these marks."""
    for name, block in texts.items():
        mark = f"<!-- numbers: {name} -->\n"
        before, found, after = text.partition(mark)
        if found:
            text = f"{before}{mark}{block}\n<!-- end -->{after.partition('<!-- end -->')[2]}"
    return text


def main() -> int:
    """Measure, keep, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--saved", action="store_true", help="write what was found before")
    if not parser.parse_args().saved:
        try:
            found = {suite: measure(suite) for suite in SUITES}
        except subprocess.CalledProcessError as error:
            print("bench/tables: the measuring failed, see above", file=sys.stderr)
            return error.returncode
        BUILD.mkdir(exist_ok=True)
        SAVED.write_text(json.dumps(found, indent=1) + "\n")
    elif not SAVED.exists():
        print(f"bench/tables: {SAVED}: expected an earlier run's numbers", file=sys.stderr)
        return 1
    texts = blocks(json.loads(SAVED.read_text()))
    for path in (ROOT / "README.md", ROOT / "docs/bench.md"):
        path.write_text(written(path.read_text(), texts))
        print(f"{path.relative_to(ROOT)}: written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
