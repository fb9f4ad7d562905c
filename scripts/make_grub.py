#!/usr/bin/env python3
"""make_grub - GRUB for Multiboot loaders: the platform i386-multiboot, which no Debian package has.

usage: scripts/make_grub.py

It is built from Debian's own source of GRUB, without Debian's changes, so that neither autoconf nor
automake is needed; build/grub/i386-multiboot is what `grub-mkstandalone -d` takes. Two minutes on
a free processor, once.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from initramfs.debian import Apt
from scripts.tools import BUILD, command, published
from uroot_py.base.errors import UrootError

_WITHOUT = ("nls", "werror", "efiemu", "grub-mkfont", "grub-themes", "grub-mount", "libzfs")
_KEPT = ("*.mod", "*.lst", "kernel.img", "modinfo.sh")


def make() -> Path:
    """The directory with GRUB's kernel and modules, built when it is missing."""
    target = BUILD / "grub" / "i386-multiboot"
    if not target.is_dir():
        with tempfile.TemporaryDirectory(prefix="grub-") as name, published(target) as fresh:
            core = _build(Path(name))
            for pattern in _KEPT:
                for path in core.glob(pattern):
                    shutil.copy(path, fresh)
    return target


def _build(work: Path) -> Path:
    apt = Apt(work / "apt", "amd64")
    apt.source("grub2", work / "debian")
    (archive,) = (work / "apt").glob("packages/*/*.orig.tar.xz")
    command(["tar", "-xf", archive, "-C", work])
    (top,) = work.glob("grub-2*")
    words = ["./configure", "--target=i386", "--with-platform=multiboot"]
    command([*words, *(f"--disable-{name}" for name in _WITHOUT)], cwd=top)
    command(["make", "-j2", "-C", "grub-core"], cwd=top, limit=3600)
    return top / "grub-core"


if __name__ == "__main__":
    try:
        print(make())
    except UrootError as error:
        sys.exit(f"make_grub: {error}")
