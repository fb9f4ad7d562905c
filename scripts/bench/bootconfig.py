"""Processor time of reading boot configurations, of this tree and of older ones beside it.

    python scripts/bench/bootconfig.py [REVISION|DIRECTORY...]

A revision is one that git knows, a directory a checkout of it; the first column is this tree, those
at the end are its time in parts of theirs. Each configuration is read again and again by a process
of its own, with this tree and the others in turn; the least of five rounds counts.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scripts.same_outputs import older

TOP = Path(__file__).resolve().parents[2]
DATA = TOP / "tests" / "data" / "bootconfig"
ROUNDS = 5
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
count = int(sys.argv[1])
once()
start = time.process_time()
for _ in range(count):
    found = once()
print((time.process_time() - start) / count, len(found.entries))
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
    """(seconds of one reading, entries found) with the code of TREE, once."""
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
    with contextlib.ExitStack() as stack:
        given = [Path(arg) for arg in sys.argv[1:]]
        others = [
            path.resolve() if path.is_dir() else stack.enter_context(older(str(path)))
            for path in given
        ]
        trees = [TOP, *others]
        work = stack.enter_context(tempfile.TemporaryDirectory())
        for name, (count, words) in cases(Path(work)).items():
            rounds = [[measure(tree, count, words) for tree in trees] for _ in range(ROUNDS)]
            found = [min(column) for column in zip(*rounds, strict=True)]
            times = "".join(f"{seconds * 1000:12.2f}" for seconds, _ in found)
            first = found[0][0]
            ratios = "".join(f"{first / seconds:8.2f}" for seconds, _ in found[1:])
            print(f"{name:14}{times} ms{ratios}   {found[0][1]} entries", flush=True)


if __name__ == "__main__":
    main()
