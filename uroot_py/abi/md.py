"""Linux md: arrays of block devices, run read-only by what sysfs takes.

An array is made with ``external`` metadata: the kernel then neither reads a superblock or a bitmap
nor writes one, and what it is made of is said by us.
Ref: Documentation/admin-guide/md.rst, "MD devices in sysfs".
"""

from __future__ import annotations

import errno
import os

from uroot_py.base.errors import KernelError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

NEW_ARRAY = "/sys/module/md_mod/parameters/new_array"
METADATA = "external:uroot"
MOST = 512  # minor numbers that are tried


class Part:
    """A device of an array: the path, its slot, OFFSET and SIZE of its data in sectors."""

    __slots__ = ("offset", "path", "size", "slot")

    def __init__(self, path: str, slot: int, offset: int, size: int) -> None:
        self.path = path
        self.slot = slot
        self.offset = offset
        self.size = size


def free_name() -> str:
    """A name for an array that none has, counted down from md127 as mdadm does; KernelError."""
    for number in (*range(127, -1, -1), *range(128, MOST)):
        if not os.path.exists(f"/sys/block/md{number}"):
            return f"md{number}"
    raise KernelError("md", errno.ENOSPC, cause=f"there are {MOST} arrays already")


def create(name: str) -> None:
    """Make the array NAME, of nothing; KernelError."""
    _write(NEW_ARRAY, name)


def run_readonly(
    name: str,
    level: str,
    parts: Iterable[Part],
    *,
    disks: int,
    layout: int,
    chunk: int,
    size: int,
    resync: int | None,
) -> None:
    """Have the array NAME work with PARTS, of DISKS slots; it never writes. KernelError.

    CHUNK is in bytes, SIZE (of what is used of each part) in sectors, 0 for all of it. RESYNC is
    how many sectors are synchronised, None for all: md reads the first copy of the others.
    """
    top = f"/sys/block/{name}/md"
    _write(f"{top}/metadata_version", METADATA)
    _write(f"{top}/level", level)
    _write(f"{top}/raid_disks", str(disks))
    _write(f"{top}/layout", str(layout))
    if chunk:
        _write(f"{top}/chunk_size", str(chunk))
    if size:
        _write(f"{top}/component_size", str(size // 2))
    for part in parts:
        status = os.stat(part.path)
        before = set(os.listdir(top))
        _write(f"{top}/new_dev", f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}")
        (folder,) = (f"{top}/{each}" for each in set(os.listdir(top)) - before)
        _write(f"{folder}/offset", str(part.offset))
        _write(f"{folder}/size", str(part.size // 2))
        _write(f"{folder}/slot", str(part.slot))
    _write(f"{top}/resync_start", "none" if resync is None else str(resync))
    _write(f"{top}/array_state", "readonly")


def stop(name: str) -> None:
    """Take the array NAME away; KernelError (EBUSY: it is in use)."""
    _write(f"/sys/block/{name}/md/array_state", "clear")


def state(name: str) -> str:
    """What the array NAME does: ``readonly``, ``clean``, ...; '' where it is none."""
    try:
        with open(f"/sys/block/{name}/md/array_state", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def _write(path: str, text: str) -> None:
    """Write TEXT into the file PATH of sysfs at once."""
    try:
        file = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(file, text.encode())
        finally:
            os.close(file)
    except OSError as error:
        cause = (error.strerror or "").lower()
        if error.errno == errno.EBUSY:
            cause = "it is in use"
        elif path.endswith("array_state"):
            cause += "; dmesg says why"
        raise KernelError(
            "write", error.errno or 0, subject=f"{path} {text}", cause=cause
        ) from None
