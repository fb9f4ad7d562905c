"""The block devices of this machine and what they hold.

Ref: Documentation/ABI/stable/sysfs-block; /sys/class/block.
"""

from __future__ import annotations

import errno
import os

from uroot_py.abi import block
from uroot_py.base.errors import FormatError, RefusedError
from uroot_py.formats.disk import partitions, superblock
from uroot_py.formats.disk.partitions import Partition
from uroot_py.formats.disk.superblock import Superblock
from uroot_py.machine.child import StuckError, gather
from uroot_py.machine.sysroot import HERE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    from uroot_py.machine.child import Send
    from uroot_py.machine.sysroot import Sysroot

    T = TypeVar("T")

SECONDS = 10.0  # that a disk may take to answer
_SKIPPED = ("ram", "zram", "fd")


class BlockDevice:
    """A disk or a partition: where it is, how large, what its table and its superblock say.

    ``size`` is in bytes, 0 where a drive has no medium.

    ``fault`` is why it could not be read, empty otherwise; a ``silent`` one is on a disk that does
    not answer, and must not be touched. ``disk`` is the name of the disk that a
    partition belongs to (its own name for a disk); ``number`` is 0 for a disk. ``members`` are the
    paths of the other devices that its file system is on; ``names`` are what GRUB calls the volume
    that it is, or is a partition of (empty for a disk).
    """

    __slots__ = (
        "disk",
        "fault",
        "members",
        "model",
        "name",
        "names",
        "number",
        "partition",
        "path",
        "removable",
        "silent",
        "size",
        "superblock",
        "table",
    )

    def __init__(self, name: str, path: str, size: int, disk: str, number: int) -> None:
        self.name = name
        self.path = path
        self.size = size
        self.disk = disk
        self.number = number
        self.removable = False
        self.model = ""
        self.table = ""
        self.partition: Partition | None = None
        self.superblock: Superblock | None = None
        self.members: list[str] = []
        self.names: list[str] = []
        self.fault = ""
        self.silent = False

    @property
    def partuuid(self) -> str:
        """The partition's UUID in its table, '' if it has none."""
        return self.partition.uuid if self.partition else ""

    @property
    def partlabel(self) -> str:
        """The partition's name in its GPT, '' if it has none."""
        return self.partition.label if self.partition else ""

    @property
    def uuid(self) -> str:
        """The UUID of what it holds, '' if it has none."""
        return self.superblock.uuid if self.superblock else ""

    @property
    def label(self) -> str:
        """The label of what it holds, '' if it has none."""
        return self.superblock.label if self.superblock else ""

    @property
    def kind(self) -> str:
        """Blkid's word for what it holds, '' if that is unknown."""
        return self.superblock.type if self.superblock else ""

    def read_raw(self, offset: int, size: int) -> bytes | None:
        """SIZE bytes at OFFSET, fewer at its end; None where the device cannot be read."""
        try:
            reader = _Reader(self.path)
        except OSError:
            return None
        try:
            return reader(offset, size)
        except OSError:
            return None
        finally:
            reader.close()

    def __repr__(self) -> str:
        return f"<BlockDevice {self.path} {self.kind or self.table or '-'} {self.fault}>"


def _natural(name: str) -> tuple[str, int]:
    bare = name.rstrip("0123456789")
    return bare, int(name[len(bare) :] or 0)


def devices(machine: Sysroot = HERE, *, every: bool = False) -> list[BlockDevice]:
    """Every block device with a size, disks before their partitions, in natural order.

    With EVERY also those without a size, and the kinds that hold no system, such as RAM disks.
    """
    top = "/sys/class/block"
    found = []
    for name in sorted(machine.names(top), key=_natural):
        # sysfs counts in 512 bytes, whatever the disk does.
        size = machine.number(f"{top}/{name}/size") * 512
        if every or (size and not _skipped(name, machine)):
            number = machine.number(f"{top}/{name}/partition")
            real = os.path.realpath(machine.path(f"{top}/{name}"))
            disk = os.path.basename(os.path.dirname(real)) if number else name
            path = machine.path(f"/dev/{name.replace('!', '/')}")
            label = machine.text(f"{top}/{name}/dm/name").strip()
            if label and os.path.exists(machine.path(f"/dev/mapper/{label}")):
                path = machine.path(f"/dev/mapper/{label}")
            volume = BlockDevice(name, path, size, disk, number)
            volume.removable = machine.number(f"{top}/{disk}/removable") == 1
            volume.model = machine.text(f"{top}/{disk}/device/model").strip()
            found.append(volume)
    return found


def _skipped(name: str, machine: Sysroot) -> bool:
    """Whether NAME holds no system: a RAM disk, or what is only a part of a logical volume."""
    kind, _, rest = machine.text(f"/sys/class/block/{name}/dm/uuid").partition("-")
    private = kind == "LVM" and "-" in rest
    return private or name.rstrip("0123456789") in _SKIPPED


class _Reader:
    """Windows of a device; a read past its end is short, an I/O error raises OSError."""

    def __init__(self, path: str) -> None:
        self.handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)

    def __call__(self, offset: int, size: int) -> bytes:
        parts = []
        while size > 0:
            data = os.pread(self.handle, size, offset)
            if not data:
                break
            parts.append(data)
            offset += len(data)
            size -= len(data)
        return b"".join(parts)

    def close(self) -> None:
        os.close(self.handle)


def identify(path: str) -> Superblock | None:
    """What the device or the image PATH holds, None for nothing known; OSError, FormatError."""
    read = _Reader(path)
    try:
        return superblock.identify(read, os.lseek(read.handle, 0, os.SEEK_END))
    finally:
        read.close()


def tags(volume: BlockDevice) -> dict[str, str]:
    """What a volume is known by, in blkid's words; without those it has not."""
    every = {
        "LABEL": volume.label,
        "UUID": volume.uuid,
        "TYPE": volume.kind,
        "PTTYPE": volume.table,
        "PARTLABEL": volume.partlabel,
        "PARTUUID": volume.partuuid,
    }
    return {name: value for name, value in every.items() if value}


def tagged(tag: str) -> str:
    """The device that ``UUID=...``, ``LABEL=...`` and the like mean, TAG itself if it is none.

    RefusedError when no device has it.
    """
    name, equals, value = tag.partition("=")
    if not equals or name not in ("UUID", "LABEL", "PARTUUID", "PARTLABEL"):
        return tag
    for volume in scan():
        # UUIDs are written in either case.
        if tags(volume).get(name, "").lower() == value.strip('"').lower():
            return volume.path
    raise RefusedError(f"no device has {tag}", hint="blkid lists them")


def scan(
    machine: Sysroot = HERE, *, every: bool = False, among: set[str] | None = None
) -> list[BlockDevice]:
    """The devices with their tables and superblocks read; what fails is noted on the volume.

    Each disk is read by a child of its own, with its partitions behind it: one that does not
    answer is left out after SECONDS. AMONG are the names of disks that alone are looked at.
    """
    found = devices(machine, every=every)
    if among is not None:
        found = [volume for volume in found if volume.disk in among]
    disks: dict[str, list[BlockDevice]] = {}
    for volume in found:
        disks.setdefault(volume.disk, []).append(volume)
    rest = [Reading(volumes, machine) for volumes in disks.values()]
    while rest:
        for number, answer in gather([disk.work for disk in rest], SECONDS):
            rest[number].take(answer)
        rest = [disk for disk in rest if disk.rest]
    join_members(found)
    return found


def join_members(found: list[BlockDevice]) -> None:
    """Tell each of FOUND which of the others its file system is on, too."""
    for one in found:
        if one.superblock and one.superblock.devices > 1:
            one.members = [other.path for other in _siblings(one, found)]


class Reading:
    """A disk that is read: ``work`` reads its VOLUMES in a child, ``take`` gets what that sends.

    Until ``rest`` is empty: another child goes on behind a volume that ended the first one.
    """

    def __init__(self, volumes: list[BlockDevice], machine: Sysroot = HERE) -> None:
        self.rest = list(volumes)
        self.machine = machine
        self.rows: dict[int, Partition] = {}

    def work(self, send: Send) -> None:
        """Read the volumes, in order."""
        for volume in self.rest:
            sector = 0
            if not volume.number:
                size = f"/sys/class/block/{volume.name}/queue/logical_block_size"
                sector = self.machine.number(size) or 512
            rows = _look(volume, sector)
            head = volume.superblock
            send(
                volume.size,
                volume.fault,
                volume.table,
                {name: getattr(head, name) for name in Superblock.__slots__} if head else None,
                [{name: getattr(row, name) for name in Partition.__slots__} for row in rows],
            )

    def take(self, answer: tuple[Any, ...] | Exception) -> None:
        """Put into the next volume what was read of it, or why it was not."""
        volume = self.rest.pop(0)
        if isinstance(answer, StuckError):
            for other in (volume, *self.rest):
                other.silent = True
            self.rest.clear()
        if isinstance(answer, Exception):
            volume.fault = str(answer)
            return
        volume.size, volume.fault, volume.table, head, rows = answer
        volume.superblock = _made(Superblock, head) if head else None
        if not volume.number:
            self.rows = {row["number"]: _made(Partition, row) for row in rows}
        volume.partition = self.rows.get(volume.number)


def _made(kind: type[T], values: dict[str, Any]) -> T:
    made = kind.__new__(kind)
    for name, value in values.items():
        setattr(made, name, value)
    return made


def _siblings(one: BlockDevice, devices: list[BlockDevice]) -> list[BlockDevice]:
    """The other devices of the file system that ONE is a part of; of copies, the first."""
    found: dict[int, BlockDevice] = {}
    for other in devices:
        if other.superblock and (other.kind, other.uuid) == (one.kind, one.uuid):
            found.setdefault(other.superblock.member, other)
    if one.superblock:
        found.pop(one.superblock.member, None)
    return list(found.values())


def _empty(path: str) -> bool:
    """Whether a drive has no medium, which is no fault; only an open that waits for it says so."""
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_CLOEXEC))
    except OSError as error:
        return error.errno == errno.ENOMEDIUM
    return False


def _look(volume: BlockDevice, sector: int) -> list[Partition]:
    """Read a volume's superblock and, on a disk with sectors of SECTOR bytes, its table."""
    rows: list[Partition] = []
    try:
        read = _Reader(volume.path)
    except OSError as error:
        volume.fault = (error.strerror or str(error)).lower()
        return []
    try:
        if volume.removable and block.without_medium(read.handle):
            volume.size = 0  # or the kernel would log a screen of errors
            return []
        volume.superblock = superblock.identify(read, volume.size)
        if sector:
            volume.table, rows = partitions.parse(read, volume.size, sector)
    except OSError as error:
        if volume.removable and _empty(volume.path):
            volume.size = 0
        else:
            volume.fault = f"cannot be read: {(error.strerror or str(error)).lower()}"
    except FormatError as error:
        volume.fault = str(error)
    finally:
        read.close()
    return rows
