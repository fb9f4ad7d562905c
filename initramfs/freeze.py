"""Freezes the multi-call program: a child process runs PyInstaller on a copy of our sources."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from initramfs import code
from uroot_py.base.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from initramfs.profile import Profile

HERE = Path(__file__).parent
ROOT = HERE.parent
# The table in the image lists what the image has.
_ENTRY = """\
import cmds.table

_names = frozenset({names!r})
cmds.table.TABLE = tuple(row for row in cmds.table.TABLE if row.name in _names)

from cmds.dispatch import main

main()
"""


def freeze(
    profile: Profile,
    work: Path,
    *,
    library: Path | None = None,
    native: Sequence[str] = (),
) -> None:
    """Freeze the program of PROFILE inside the empty folder WORK.

    Without a LIBRARY: for this interpreter, as the onedir tree WORK/dist/uroot. With the standard
    library of another interpreter, and the C modules that it has: WORK/lib.img and
    WORK/native.json, the C modules that are needed.
    """
    if importlib.util.find_spec("PyInstaller") is None:
        raise RefusedError(
            f"PyInstaller is not installed for {sys.executable}", hint="run `make setup`"
        )
    modules = sorted({f"cmds.{row.module.partition(':')[0]}" for row in profile.applets})
    for module in modules:
        if not (ROOT / f"{module.replace('.', '/')}.py").exists():
            raise RefusedError(f"{module}: the table names it, but it does not exist in {ROOT}")
    _copy_sources(work / "source")
    entry = work / "uroot_main.py"
    entry.write_text(_ENTRY.format(names=sorted(row.name for row in profile.applets)))
    without = profile.spared("lean" if library else "host")
    # Asked for by name at run time: no import statement shows it.
    modules += [name for name in ("zstandard",) if name not in without]
    settings = {
        "work": str(work),
        "source": str(work / "source"),
        "entry": str(entry),
        "modules": modules,
        "library": str(library or ""),
        "native": list(native),
        "without": without,
    }
    (work / "settings.json").write_text(json.dumps(settings))
    _run(work)


def _copy_sources(target: Path) -> None:
    for package in ("cmds", "uroot_py"):
        for file in sorted((ROOT / package).rglob("*.py")):
            copy = target / file.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(code.without_type_checking(file.read_text()))


def _run(work: Path) -> None:
    command = [sys.executable, "-m", "PyInstaller", "--log-level", "ERROR", "--noconfirm"]
    command += ["--distpath", str(work / "dist"), "--workpath", str(work / "work")]
    environment = {
        **os.environ,
        "UROOT_FREEZE": str(work / "settings.json"),
        "PYTHONPATH": str(ROOT),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYINSTALLER_CONFIG_DIR": str(work / "cache"),
        "PYINSTALLER_ZLIB_COMPRESSION_LEVEL": "0",
    }
    spec = str(HERE / "runtime" / "uroot.spec")
    done = subprocess.run(
        [*command, spec], env=environment, cwd=work, capture_output=True, text=True, check=False
    )
    if (work / "refused").exists():
        raise RefusedError((work / "refused").read_text())
    if done.returncode:
        lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        raise RefusedError(f"PyInstaller failed: {lines[-1] if lines else 'without a word'}")
