"""Bundles: Debian's own tools for repairing a system, with all that they open by themselves.

Nothing says what a program opens while it runs: glibc wants libgcc_s where a thread ends, and
gconv's modules where text changes its encoding. A bundle brings it along.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from initramfs.closure import closure, needs, opened
from uroot_py.base.errors import RefusedError
from uroot_py.base.text import nearest

if TYPE_CHECKING:
    from initramfs.tree import ImageTree

_FOLDERS = "/usr/sbin:/usr/bin:/sbin:/bin"


class Tool(NamedTuple):
    """A program, the package of Debian that brings it, its other names, what else it opens.

    ``opens`` are libraries by name; ``conversions`` are gconv modules, without .so.
    """

    name: str
    package: str
    links: tuple[str, ...] = ()
    opens: tuple[str, ...] = ()
    conversions: tuple[str, ...] = ()


_EXT = tuple(f"fsck.{kind}" for kind in ("ext2", "ext3", "ext4"))
_LVM = (
    *("lvs", "lvchange", "lvconvert", "lvcreate", "lvextend", "lvremove", "lvscan"),
    *("pvs", "pvck", "pvscan", "pvcreate", "vgs", "vgchange", "vgck", "vgscan"),
    *("vgcfgbackup", "vgcfgrestore", "vgimportclone", "vgreduce", "vgrename"),
)
_THREADS = ("libgcc_s.so.1",)
BUNDLES = {
    "repair": (
        Tool("e2fsck", "e2fsprogs", _EXT, _THREADS),
        Tool("fsck.fat", "dosfstools", ("fsck.vfat", "dosfsck"), (), ("IBM437", "IBM850")),
    ),
    "crypt": (Tool("cryptsetup", "cryptsetup-bin", (), _THREADS),),
    "lvm": (Tool("lvm", "lvm2", _LVM, _THREADS),),
    "md": (Tool("mdadm", "mdadm", (), _THREADS),),
    "btrfs": (Tool("btrfs", "btrfs-progs", ("btrfsck", "fsck.btrfs"), _THREADS),),
    "xfs": (Tool("xfs_repair", "xfsprogs", (), _THREADS),),
}


def check(names: list[str]) -> None:
    """RefusedError when one of NAMES is no bundle."""
    for name in names:
        if name not in BUNDLES:
            near = nearest(name, BUNDLES)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(BUNDLES)}"
            raise RefusedError(f"no bundle {name!r}", hint=hint)


def commands(names: list[str]) -> set[str]:
    """What the programs of the bundles NAMES are called: no applet of ours stands before them."""
    check(names)
    tools = [tool for name in names for tool in BUNDLES[name]]
    return {called for tool in tools for called in (tool.name, *tool.links)}


def add(tree: ImageTree, name: str) -> tuple[int, int]:
    """Put the bundle NAME into TREE; how many files that TREE had not, and their bytes."""
    before = set(tree.members)
    for tool in BUNDLES[name]:
        _add(tree, tool)
    new = [tree.members[path] for path in tree.members.keys() - before]
    return len(new), sum(len(member.data) for member in new)


def _add(tree: ImageTree, tool: Tool) -> None:
    found = shutil.which(tool.name, path=_FOLDERS)
    if found is None:
        raise RefusedError(f"{tool.name} is not installed", hint=f"apt install {tool.package}")
    program = Path(found).resolve()
    libraries = {each: opened(each, program) for each in tool.opens}
    libraries |= closure([program, *libraries.values()])
    tree.copy(program, f"sbin/{tool.name}")
    for link in tool.links:
        tree.link(f"sbin/{link}", tool.name)
    for each, file in libraries.items():
        place = each.removeprefix("/lib64/") if "/" in each else each
        target = place if "/" in place else f"lib/{place}"
        if target.strip("/") not in tree.members:
            tree.copy(file.resolve(), target)
    if tool.conversions:
        _add_conversions(tree, program, tool.conversions)


def _add_conversions(tree: ImageTree, program: Path, names: tuple[str, ...]) -> None:
    """The gconv modules NAMES, with a list of them that names no other."""
    folder = opened("libc.so.6", program).resolve().parent / "gconv"
    lines = []
    for file in sorted([folder / "gconv-modules", *folder.glob("gconv-modules.d/*.conf")]):
        for line in file.read_text().splitlines():
            words = line.split("#")[0].split()
            wanted = words[:1] == ["module"] and words[3] in names
            if wanted or (words[:1] == ["alias"] and words[2].strip("/") in names):
                lines.append(f"{line}\n")
    place = str(folder).lstrip("/")
    tree.file(f"{place}/gconv-modules", "".join(lines))
    for name in names:
        source = folder / f"{name}.so"
        if needs(source) is None:
            raise RefusedError(f"{source}: is no shared library")
        tree.copy(source, f"{place}/{name}.so")
