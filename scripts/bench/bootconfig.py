"""Processor time of reading boot configurations, of this tree and of older ones beside it.

    python scripts/bench/bootconfig.py [DIRECTORY...]

A directory is a checkout; the first column is this one. Each configuration is read again and again
by a process of its own, the least of five rounds counts.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
DATA = TOP / "tests" / "data" / "bootconfig"
RUN = """
import sys, time
from uroot_py.bootconfig.find import scan
from uroot_py.bootconfig.tree import MemoryTree
from uroot_py.bootconfig.volumes import Volume, Volumes
files = {}
for arg in sys.argv[2:]:
    path, _, name = arg.partition("=")
    files[path] = open(name, "rb").read()
def once():
    home = Volume(MemoryTree(files, uuid="u"), "hd0,gpt2")
    return scan(home, Volumes([home]))
best, count = 9e9, int(sys.argv[1])
for _ in range(5):
    start = time.process_time()
    for _ in range(count):
        once()
    best = min(best, (time.process_time() - start) / count)
print(best, len(once().entries))
"""


def cases(work: Path) -> dict[str, tuple[int, list[str]]]:
    """Name -> (repetitions, FILE=SOURCE words)."""
    fedora = [f"/loader/entries/{path.name}={path}" for path in (DATA / "fedora").glob("0*.conf")]
    live = [f"/isolinux/{path.name}={path}" for path in (DATA / "debian-live").iterdir()]
    large = work / "large.cfg"
    large.write_text(
        "".join(f"menuentry {n} {{ linux /k {n}; }}\n" for n in range(60_000))[: 1 << 20]
    )
    return {
        "debian": (50, [f"/boot/grub/grub.cfg={DATA / 'debian-12-grub.cfg'}"]),
        "debian-saved": (50, [f"/boot/grub/grub.cfg={DATA / 'debian-12-saved-grub.cfg'}"]),
        "fedora": (50, [f"/grub2/grub.cfg={DATA / 'fedora' / 'grub.cfg'}", *fedora]),
        "bls": (100, fedora),
        "extlinux": (100, [f"/extlinux/extlinux.conf={DATA / 'u-boot-menu-extlinux.conf'}"]),
        "isolinux": (100, live),
        "large": (1, [f"/boot/grub/grub.cfg={large}"]),
    }


def measure(tree: Path, count: int, words: list[str]) -> tuple[float, int]:
    """(seconds of one reading, entries found) with the code of TREE."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(count), *words],
        cwd=tree,
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, entries = done.stdout.split()
    return float(seconds), int(entries)


def main() -> None:
    """Print a row for each configuration."""
    import tempfile

    trees = [TOP, *(Path(arg).resolve() for arg in sys.argv[1:])]
    with tempfile.TemporaryDirectory() as work:
        for name, (count, words) in cases(Path(work)).items():
            found = [measure(tree, count, words) for tree in trees]
            times = "".join(f"{seconds * 1000:12.2f}" for seconds, _ in found)
            first = found[0][0]
            ratios = "".join(f"{first / seconds:8.2f}" for seconds, _ in found[1:])
            print(f"{name:14}{times} ms{ratios}   {found[0][1]} entries")


if __name__ == "__main__":
    main()
