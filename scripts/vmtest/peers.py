"""Debian's programs that stand beside ours in a guest, whatever this machine has installed.

Each brings the loader and the libraries of Debian's packages, in a folder of their own: the image
has other ones in the usual places.
"""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

from initramfs.closure import needs
from scripts import apt
from scripts.tools import BUILD, published
from uroot_py.base.errors import RefusedError

if TYPE_CHECKING:
    from pathlib import Path

    from scripts.vmtest.image import Files

_FOLDER = "/srv/peers"
# How the shell of a guest starts it.
STORAGE = f"{_FOLDER}/ld.so --library-path {_FOLDER} {_FOLDER}/"  # and the program's name
DISK_TOOLS = {
    "mdadm": "sbin/mdadm",
    "lvm2": "sbin/lvm",
    "cryptsetup-bin": "sbin/cryptsetup",
}  # the packages and their programs
KEXEC_TOOLS = f"{_FOLDER}/ld.so --library-path {_FOLDER} {_FOLDER}/kexec"


def kexec_tools() -> Files:
    """What ``KEXEC_TOOLS`` needs in a guest."""
    target = BUILD / "peers" / "kexec-tools"
    if not target.is_dir():
        with published(target) as fresh:
            for name, file in Packages("kexec-tools").closure("sbin/kexec").items():
                shutil.copy(file, fresh / name)
    return {f"{_FOLDER}/{file.name}": file for file in target.iterdir()}


def storage_tools() -> Files:
    """What ``STORAGE`` starts in a guest: mdadm, lvm and cryptsetup."""
    target = BUILD / "peers" / "disk-tools"
    if not target.is_dir():
        with published(target) as fresh:
            for package, program in DISK_TOOLS.items():
                for name, file in Packages(package).closure(program).items():
                    shutil.copy(file, fresh / name)
    return {f"{_FOLDER}/{file.name}": file for file in target.iterdir()}


class Packages:
    """The files of a package, and of what it depends on as far as that is asked for."""

    def __init__(self, package: str) -> None:
        self._trees = {package: apt.unpacked(package)}

    def closure(self, program: str) -> dict[str, Path]:
        """The file that ends in PROGRAM and all it is loaded with; the loader is ``ld.so``."""
        files: dict[str, Path] = {}
        waiting = [program]
        while waiting:
            path = waiting.pop()
            name = path.rpartition("/")[2]
            if name in files:
                continue
            files[name] = self._file(path)
            asked = needs(files[name])
            if asked is None:
                raise RefusedError(f"{files[name]}: expected an ELF file")
            waiting += asked.libraries
            if asked.loader:
                files["ld.so"] = self._file(asked.loader.rpartition("/")[2])
        return files

    def _file(self, name: str) -> Path:
        while True:
            for tree in self._trees.values():
                for path in sorted(tree.rglob(name)):
                    # An absolute link leads out of the tree, to this machine's files.
                    if path.is_file() and path.resolve().is_relative_to(tree.resolve()):
                        return path.resolve()
            if not self._unpack_more():
                raise RefusedError(f"{name}: in none of the packages {', '.join(self._trees)}")

    def _unpack_more(self) -> bool:
        """What the packages depend on so far; whether that was more than before."""
        depends = [apt.show(package, "amd64").get("Depends", "") for package in self._trees]
        # Of alternatives the first.
        names = re.findall(r"(?:^|, *)([a-z0-9][a-z0-9+.-]+)", ", ".join(depends))
        more = [name for name in dict.fromkeys(names) if name not in self._trees]
        for name in more:
            self._trees[name] = apt.unpacked(name)
        return bool(more)
