#!/usr/bin/env python3
"""prove_gates - break each rule of the house in a copy of the tree; its gate must turn red.

usage: make prove [ARGS=--fresh]

A gate that cannot fail is worse than none. Each row below is one wrong change and the command that
has to notice it. Status 0: every gate noticed; 1: one did not, or was red before the change.
The gates of virtual machines prove themselves: tests/vm/ has cases that must fail.

With --fresh (root) only the gate `make test-fresh` is proved: setup forgets a package, and what the
README promises must fail in a bare Debian, and for that reason (four minutes for each row).
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BIN = ROOT / ".venv" / "bin"
PYTEST: list[str | Path] = [BIN / "python", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
LIMIT = 600  # seconds for one gate

# (what is broken, file, text to put at its end, the gate)
ROWS: tuple[tuple[str, str, str, list[str | Path]], ...] = (
    ("lint: an unused import", "cmds/ls.py", "\nimport zlib\n", [BIN / "ruff", "check", "cmds"]),
    (
        "lint: print in an applet",
        "cmds/ls.py",
        '\n\ndef _f() -> None:\n    """Say."""\n    print(1)\n',
        [BIN / "ruff", "check", "cmds"],
    ),
    ("lint: a misspelt word", "README.md", "\nteh end\n", [BIN / "codespell", "README.md"]),
    ("types: a wrong type", "uroot_py/base/text.py", '\n_X: int = "x"\n', [BIN / "mypy"]),
    (
        "layers: formats imports abi",
        "uroot_py/formats/kernel/cmdline.py",
        "\nfrom uroot_py.abi import libc as _libc\n",
        [BIN / "lint-imports"],
    ),
    (
        "layers: an applet imports another",
        "cmds/ls.py",
        "\nfrom cmds import cat as _cat\n",
        [BIN / "lint-imports"],
    ),
    (
        "layers: ctypes outside abi",
        "uroot_py/disks/blockdev.py",
        "\nimport ctypes as _ctypes\n",
        [BIN / "lint-imports"],
    ),
    (
        "layers: fcntl outside abi",
        "cmds/dd.py",
        "\nimport fcntl as _fcntl\n",
        [BIN / "lint-imports"],
    ),
    (
        "layers: kexec knows disks",
        "uroot_py/kexec/state.py",
        "\nfrom uroot_py.disks import blockdev as _blockdev\n",
        [BIN / "lint-imports"],
    ),
    (
        "layers: two files that import each other",
        "uroot_py/base/errors.py",
        "\nfrom uroot_py.base.text import _X\n",
        [BIN / "python", "scripts/circles.py"],
    ),
    (
        "layers: a script that imports a test",
        "scripts/apt.py",
        "\nfrom tests.support import applet as _applet\n",
        [BIN / "python", "scripts/circles.py"],
    ),
    (
        "table: an applet without a row",
        "cmds/stray.py",
        '"""stray - not in the table."""\n',
        [*PYTEST, "tests/project/test_table.py"],
    ),
    (
        "budget: a module that grew too long",
        "uroot_py/base/text.py",
        "\n" * 500,
        [*PYTEST, "tests/project/test_budget.py"],
    ),
    (
        "budget: 50 kB more in the image",
        "cmds/ls.py",
        f"\n_X = {random.Random(1).randbytes(50_000)!r}\n",
        [*PYTEST, "tests/project/test_image.py"],
    ),
    (
        "budget: another module in C",
        "cmds/ls.py",
        "\n\ndef _f() -> object:\n    import resource\n\n    return resource\n",
        [*PYTEST, "tests/project/test_image.py"],
    ),
    (
        "closure: a heavy import at start-up",
        "cmds/ls.py",
        "\nimport argparse as _argparse\n",
        [*PYTEST, "tests/project/test_closure.py"],
    ),
    (
        "test: a wrong answer",
        "uroot_py/base/glob.py",
        "\n\ndef match(pattern: str, text: str) -> bool:\n    return True\n",
        [*PYTEST, "tests/uroot_py/base/test_glob.py"],
    ),
)

# (what setup forgets, the change in the clone, the command that must fail, what it then says)
FRESH = (
    (
        "the library of Python",
        "sed -i 's/ in (\\*NEEDED, \\*libraries(), / in (*NEEDED, /' scripts/setup.py",
        "make initramfs",
        "Python shared library",
    ),
    (
        "udev",
        "sed -i '/\"udev\"/d' scripts/setup.py",
        "make initramfs test-kvm ARGS='-k boot.disk --engine qemu-tcg'",
        "root=UUID=",
    ),
)


def copy_tree(target: Path) -> None:
    """The files that git knows, or would take, as they are now."""
    listing = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
    )
    for name in listing.stdout.decode().splitlines():
        source = ROOT / name
        if source.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / name)


def passes(gate: list[str | Path], tree: Path) -> bool:
    """Whether the gate is green in TREE."""
    done = subprocess.run(gate, cwd=tree, capture_output=True, timeout=LIMIT)
    return done.returncode == 0


def prove(row: tuple[str, str, str, list[str | Path]], tree: Path, green: set[str]) -> str:
    """'' when the gate of ROW notices its change, else what is wrong with the gate."""
    _, name, text, gate = row
    key = " ".join(map(str, gate))
    if key not in green and not passes(gate, tree):
        return "red before anything was broken"
    green.add(key)
    path = tree / name
    before = path.read_text() if path.exists() else None
    path.write_text((before or "") + text)
    noticed = not passes(gate, tree)
    if before is None:
        path.unlink()
    else:
        path.write_text(before)
    return "" if noticed else "did not notice"


def prove_fresh(change: str, command: str, says: str) -> str:
    """'' when COMMAND fails in a bare Debian after CHANGE and SAYS why, else what it did."""
    inside = f"{change} && if git diff --quiet; then exit 99; fi; {command}"
    words = [sys.executable, str(ROOT / "scripts/fresh.py"), "bookworm", inside]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if "status 99" in done.stdout:
        return "the change changed nothing"
    if done.returncode == 0:
        return "did not notice"
    # What was run is shown in the first line, and is no answer.
    if says not in done.stdout.partition("\n")[2] + done.stderr:
        return f"failed, but did not say {says!r}"
    return ""


def report(name: str, fault: str) -> bool:
    """Print the line of a row; whether it FAILED."""
    print(f"{'FAILED ' if fault else 'noticed'}  {name}{': ' + fault if fault else ''}", flush=True)
    return bool(fault)


def main() -> int:
    """Prove every row; a line each."""
    if sys.argv[1:] == ["--fresh"]:
        faults = 0
        for name, change, command, says in FRESH:
            fault = prove_fresh(change, command, says)
            faults += report(f"fresh: setup forgets {name}", fault)
        print(f"{len(FRESH) - faults} passed, {faults} failed")
        return 1 if faults else 0
    faults = 0
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        copy_tree(tree)
        green: set[str] = set()
        for row in ROWS:
            faults += report(row[0], prove(row, tree, green))
    print(f"{len(ROWS) - faults} passed, {faults} failed")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
