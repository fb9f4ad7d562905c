"""The device tree of the machine that we run on, or of one whose files are below a directory.

Ref: Documentation/ABI/testing/sysfs-firmware-ofw; drivers/of/kobj.c (a file for each property, a
directory for each node, and a ``name`` that the kernel makes up).
"""

from __future__ import annotations

import os

from uroot_py.base.errors import RefusedError
from uroot_py.formats.fdt.build import build
from uroot_py.formats.fdt.edit import add
from uroot_py.formats.fdt.tree import MAX_DEPTH, MAX_TOKENS, DeviceTree
from uroot_py.machine.sysroot import HERE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.machine.sysroot import Sysroot

BLOB, DIRECTORY = "/sys/firmware/fdt", "/proc/device-tree"


def running(machine: Sysroot = HERE) -> tuple[bytes, str]:
    """The blob that the kernel was started with, and where it was found.

    Without ``/sys/firmware/fdt`` it is built from ``/proc/device-tree``; RefusedError where there
    is neither, as on most x86 machines.
    """
    if os.path.exists(machine.path(BLOB)):
        return machine.bytes(BLOB), machine.path(BLOB)
    if os.path.isdir(machine.path(DIRECTORY)):
        return build(read_directory(machine.path(DIRECTORY))), machine.path(DIRECTORY)
    raise RefusedError(
        f"this machine has no device tree (neither {BLOB} nor {DIRECTORY})", hint="name a file"
    )


def read_directory(place: str) -> DeviceTree:
    """The tree that the directory PLACE shows; its reservations are not known."""
    tree = DeviceTree()
    todo = [(tree.root, place, 1)]
    entries = 0
    while todo:
        node, path, depth = todo.pop()
        for entry in sorted(os.scandir(path), key=lambda entry: entry.name):
            entries += 1
            if entry.is_dir(follow_symlinks=False):
                todo.append((add(node, entry.name), entry.path, depth + 1))
            elif entry.is_file(follow_symlinks=False):
                with open(entry.path, "rb") as file:
                    node.properties[entry.name] = file.read()
        if depth > MAX_DEPTH or entries > MAX_TOKENS:
            raise RefusedError(f"{path}: too deep or too large for a device tree")
        if node.properties.get("name") == node.name.partition("@")[0].encode() + b"\0":
            del node.properties["name"]
    return tree
