"""Kernels and their initrds as they lie in /boot: what is left where no configuration offers any.

root= is that of /etc/fstab on the same file system, or that file system itself where it holds a
system. Nobody has said that these shall be started, so they are never started unattended.
"""

from __future__ import annotations

from functools import cmp_to_key

from uroot_py.base.text import printable
from uroot_py.bootconfig.entry import BootEntry, FileRef
from uroot_py.bootconfig.versions import compare

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.bootconfig.tree import Tree

MAX_KERNELS = 20
MAX_FSTAB = 1 << 16

_NAMES = ("vmlinuz", "vmlinux", "linux", "Image", "kernel", "bzImage")
_NO_KERNELS = (".old", ".img", ".cfg", ".efi", ".sig", ".hmac", ".bin", ".signed", ".conf", ".map")
# {} is the kernel's version, with the mark in front of it.
_INITRDS = ("initrd.img{}", "initramfs{}.img", "initrd{}", "initrd{}.img", "initramfs{}")


def found(tree: Tree) -> list[BootEntry]:
    """An entry for each kernel in /boot or at the top of TREE, the newest first."""
    kernels: list[tuple[str, str, str]] = []
    for folder in ("/boot", ""):
        names = tree.names(folder or "/")
        for name in names:
            stem = next((stem for stem in _NAMES if name.startswith(stem)), "")
            rest = name.removeprefix(stem)
            named = stem and (not rest or rest[0] in "-_") and not name.endswith(_NO_KERNELS)
            if named and tree.size(f"{folder}/{name}"):
                kernels.append((rest, folder, name))
    kernels.sort(key=cmp_to_key(_newest_first))
    return [_entry(tree, *kernel) for kernel in kernels[:MAX_KERNELS]]


def _newest_first(one: tuple[str, str, str], other: tuple[str, str, str]) -> int:
    return compare(other[0], one[0])


def _entry(tree: Tree, version: str, folder: str, name: str) -> BootEntry:
    path = f"{folder}/{name}"
    entry = BootEntry(f"found:{path}", f"found: {printable(version[1:] or name)}", source=path)
    entry.kernel, entry.attended = FileRef(path), True
    names = set(tree.names(folder or "/"))
    initrd = next((made for made in (i.format(version) for i in _INITRDS) if made in names), "")
    if initrd:
        entry.initrds = [FileRef(f"{folder}/{initrd}")]
    root, where = _root(tree)
    entry.cmdline = f"root={root} ro" if root else ""
    entry.notes.append(f"root= is {where}")
    entry.notes.append("found in a directory: no configuration names it")
    return entry


def _root(tree: Tree) -> tuple[str, str]:
    """(the value for root=, where it is from) of the system that TREE belongs to."""
    fstab = (tree.read("/etc/fstab", MAX_FSTAB) or b"").decode("utf-8", "replace")
    for line in fstab.split("\n"):
        fields = line.split()
        if len(fields) > 1 and fields[1] == "/" and not fields[0].startswith("#"):
            return fields[0].replace('"', ""), "that of /etc/fstab"
    if tree.uuid and (tree.is_directory("/etc") or tree.is_directory("/usr")):
        return f"UUID={tree.uuid}", "the file system that the kernel is on"
    return "", "not known: add it with e"
