"""Linux md's superblocks: which array a device belongs to, as what, and how current it is.

Ref: include/uapi/linux/raid/md_p.h, drivers/md/md.c (super_90_load, super_1_load), md(4).
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError, RefusedError
from uroot_py.base.layout import Layout, raw, u8, u16, u32, u64
from uroot_py.base.reader import as_bytes, numbers
from uroot_py.formats.disk.superblock import dashed, name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from uroot_py.base.layout import Buffer

    Read = Callable[[int, int], bytes]

MD_SB_MAGIC = 0xA92B4EFC
SECTOR = 512
WHOLE = (1 << 64) - 1  # MaxSector: nothing is left to synchronise
MAX_DEVICES = 1920  # of an array with a 1.x superblock: all that fit in its 4 KiB
LEVELS = {-1: "linear", 0: "raid0", 1: "raid1", 4: "raid4", 5: "raid5", 6: "raid6", 10: "raid10"}
BITMAP_OFFSET = 1
RECOVERY_OFFSET = 2
RESHAPE_ACTIVE = 4
REPLACEMENT = 16
NEW_OFFSET = 64
CLUSTERED = 256
JOURNAL = 512
PPL = 1024
MULTIPLE_PPLS = 2048
RAID0_LAYOUT = 4096
SPARE = 0xFFFF
FAULTY = 0xFFFE
JOURNAL_ROLE = 0xFFFD
_SB_CLEAN = 1
_OLD_BITMAP = 1 << 8
_DISK_FAULTY, _DISK_ACTIVE, _DISK_SYNC = 1, 2, 4


class Super1(Layout, size=256, title="md superblock 1.x"):
    """Metadata 1.0 to 1.2; the roles of the devices follow, two bytes each."""

    magic = u32(0)
    major_version = u32(4)
    feature_map = u32(8)
    set_uuid = raw(16, 16)
    set_name = raw(32, 32)
    level = u32(72)
    layout = u32(76)
    size_ = u64(80)
    chunksize = u32(88)
    raid_disks = u32(92)
    reshape_position = u64(104)
    data_offset = u64(128)
    data_size = u64(136)
    super_offset = u64(144)
    recovery_offset = u64(152)
    dev_number = u32(160)
    device_uuid = raw(168, 16)
    devflags = u8(184)
    utime = u64(192)
    events = u64(200)
    resync_offset = u64(208)
    sb_csum = u32(216)
    max_dev = u32(220)


class Super0(Layout, size=4096, title="md superblock 0.90"):
    """Metadata 0.90, of a machine with our byte order."""

    magic = u32(0)
    major_version = u32(4)
    minor_version = u32(8)
    set_uuid0 = raw(20, 4)
    level = u32(28)
    size_ = u32(32)
    raid_disks = u32(40)
    md_minor = u32(44)
    set_uuid1 = raw(52, 12)
    utime = u32(128)
    state = u32(132)
    sb_csum = u32(152)
    events = u64(156)
    recovery_cp = u32(172)
    layout = u32(256)
    chunk_size = u32(260)
    this_number = u32(3968)
    this_raid_disk = u32(3980)
    this_state = u32(3984)


class Role(Layout, size=2, title="md role"):
    """Of a device in the array: its slot, or one of the words above."""

    role = u16(0)


class Member:
    """A device of an array, as its superblock says.

    ``role`` is its slot in the array (SPARE, FAULTY, JOURNAL_ROLE: none); ``roles`` what it
    knows of all devices, by their numbers. Offsets and sizes are in sectors of 512 bytes;
    ``data_size`` is what is there, ``size`` what the array uses of it. ``chunk`` is in bytes.
    ``in_sync`` is false where it is still being rebuilt; ``resync`` is how far the whole array
    was synchronised (WHOLE: all of it).
    """

    __slots__ = (
        "chunk", "data_offset", "data_size", "device_uuid", "events", "features", "in_sync",
        "layout", "level", "minor", "name", "number", "raid_disks", "resync", "role", "roles",
        "size", "utime", "uuid", "version",
    )  # fmt: skip

    version: str
    uuid: str
    device_uuid: str
    name: str
    level: int
    layout: int
    chunk: int
    size: int
    raid_disks: int
    data_offset: int
    data_size: int
    events: int
    utime: int
    features: int
    number: int
    role: int
    roles: list[int]
    in_sync: bool
    resync: int
    minor: int  # the number that 0.90 wants for its array, -1 otherwise

    @property
    def kind(self) -> str:
        """The level, as md and mdadm call it."""
        return LEVELS.get(self.level, f"level {self.level}")


def checksum_1(data: Buffer) -> int:
    """The checksum of a 1.x superblock with its roles, whose own field counts as 0."""
    view = bytearray(data)
    view[216:220] = bytes(4)
    total = sum(numbers(view + bytes(-len(view) % 4), 4))
    return ((total & 0xFFFFFFFF) + (total >> 32)) & 0xFFFFFFFF


def checksum_0(data: Buffer) -> int:
    """The checksum of a 0.90 superblock."""
    view = bytearray(data)
    view[152:156] = bytes(4)
    total = sum(numbers(view, 4))
    return ((total & 0xFFFFFFFF) + (total >> 32)) & 0xFFFFFFFF


def places(size: int) -> list[tuple[str, int]]:
    """(version, offset in bytes) of where a device of SIZE bytes may have a superblock."""
    sectors = size // SECTOR
    ends = [("1.0", (sectors - 16 & ~7) * SECTOR), ("0.90", ((sectors & ~127) - 128) * SECTOR)]
    return [("1.2", 4096), ("1.1", 0), *(place for place in ends if place[1] > 0)]


def find(read: Read, size: int) -> Member:
    """What the superblock of a device of SIZE bytes says; FormatError, also where there is none."""
    magic = as_bytes(MD_SB_MAGIC, 4)
    fault = None
    for version, offset in places(size):
        data = read(offset, 4096)
        if data[:4] != magic:
            continue
        try:
            _check_sum(data, offset, version)
            return parse(data, offset, version, size)
        except FormatError as error:  # perhaps what an older array left behind
            fault = fault or error
    raise fault or FormatError("md superblock", 4096, "its magic", "none at any of its places")


def parse(data: bytes, offset: int, version: str, size: int) -> Member:
    """What a superblock of VERSION says, that was read at OFFSET of a device of SIZE bytes.

    FormatError; its checksum is another matter.
    """
    return _parse_0(data, offset) if version == "0.90" else _parse_1(data, offset, version, size)


def _check_sum(data: bytes, offset: int, version: str) -> None:
    if version == "0.90":
        stored, found = Super0(data).sb_csum, checksum_0(data)
    else:
        view = Super1(data)
        stored, found = view.sb_csum, checksum_1(data[: 256 + 2 * min(view.max_dev, MAX_DEVICES)])
    if found != stored:
        raise FormatError("md superblock", offset, f"checksum {stored:#x}", f"{found:#x}")


def _parse_1(data: bytes, offset: int, version: str, size: int) -> Member:
    """A 1.x superblock that was read at OFFSET of a device of SIZE bytes."""
    view = Super1(data)
    if view.major_version != 1 or view.super_offset != offset // SECTOR:
        raise FormatError(
            "md superblock", offset, f"version 1 at {offset}", f"{view.super_offset * SECTOR}"
        )
    if view.max_dev > MAX_DEVICES or not 0 < view.raid_disks <= MAX_DEVICES:
        raise FormatError("md superblock", offset, f"at most {MAX_DEVICES}", f"{view.max_dev}")
    whole = data[: 256 + 2 * view.max_dev]
    if (view.data_offset + view.data_size) * SECTOR > size or view.size_ > 1 << 55:
        raise FormatError(
            "md superblock", offset + 128, f"data inside of {size} bytes",
            f"{view.data_size} sectors at {view.data_offset}",
        )  # fmt: skip
    member = Member()
    member.version = version
    member.uuid, member.device_uuid = dashed(view.set_uuid), dashed(view.device_uuid)
    member.name = name(view.set_name)
    member.level, member.layout = _signed(view.level), view.layout
    member.chunk, member.size = view.chunksize * SECTOR, view.size_
    member.raid_disks = view.raid_disks
    member.data_offset, member.data_size = view.data_offset, view.data_size
    member.events, member.utime = view.events, view.utime & 0xFFFFFFFFFF
    member.features = view.feature_map
    member.roles = [Role(whole, 256 + 2 * n).role for n in range(view.max_dev)]
    member.number = view.dev_number
    member.role = member.roles[member.number] if member.number < view.max_dev else SPARE
    behind = view.feature_map & RECOVERY_OFFSET and view.recovery_offset != WHOLE
    member.in_sync = not behind and not view.feature_map & REPLACEMENT
    member.resync, member.minor = view.resync_offset, -1
    return member


def _parse_0(data: bytes, offset: int) -> Member:
    """A 0.90 superblock that was read at OFFSET."""
    view = Super0(data)
    if view.major_version or not 0 < view.raid_disks <= 27 or view.this_number >= 27:
        raise FormatError(
            "md superblock", offset, "version 0.90, at most 27 devices",
            f"version {view.major_version}, {view.raid_disks} devices",
        )  # fmt: skip
    member = Member()
    member.version = "0.90"
    # Four numbers, which mdadm and blkid write as such.
    parts = numbers(view.set_uuid0 + view.set_uuid1, 4)
    member.uuid = dashed(b"".join(as_bytes(part, 4, "big") for part in parts))
    member.device_uuid = member.name = ""
    member.level, member.layout = _signed(view.level), view.layout
    member.chunk, member.size = view.chunk_size, view.size_ * 2
    member.raid_disks = view.raid_disks
    member.data_offset, member.data_size = 0, offset // SECTOR
    member.events, member.utime = view.events, view.utime
    member.features = BITMAP_OFFSET if view.state & _OLD_BITMAP else 0
    if view.minor_version >= 91:
        member.features |= RESHAPE_ACTIVE
    # struct mdp_disk_s, 128 bytes each: number, major, minor, raid_disk, state
    rows = [numbers(data[512 + 128 * n : 532 + 128 * n], 4) for n in range(27)]
    member.roles = [_role_0(row[3], row[4]) for row in rows]
    member.number = view.this_number
    member.role = member.roles[member.number]
    member.in_sync = True
    if view.state & _SB_CLEAN:
        member.resync = WHOLE
    else:
        member.resync = view.recovery_cp if view.recovery_cp != 0xFFFFFFFF else WHOLE
    member.minor = view.md_minor
    return member


def _role_0(slot: int, state: int) -> int:
    if state & _DISK_FAULTY:
        return FAULTY
    return slot if state & _DISK_SYNC and state & _DISK_ACTIVE else SPARE


def _signed(value: int) -> int:
    return value - (1 << 32) if value >> 31 else value


class Array:
    """An array as it can be read: its newest member, and those that are used, by slot.

    ``left_out`` says which devices are not used, and why.
    """

    __slots__ = ("head", "left_out", "slots")

    def __init__(self, head: Member) -> None:
        self.head = head
        self.slots: dict[int, Member] = {}
        self.left_out: list[tuple[Member, str]] = []

    @property
    def missing(self) -> int:
        """How many devices are not there."""
        return self.head.raid_disks - len(self.slots)

    @property
    def dirty(self) -> bool:
        """Whether its copies or its parity may differ: it was not shut down cleanly."""
        return self.head.resync != WHOLE


def gather(members: Iterable[Member]) -> Array:
    """The array of MEMBERS, which have one UUID."""
    ordered = sorted(members, key=lambda member: member.events, reverse=True)
    array = Array(ordered[0])
    head = array.head
    for member in ordered:
        # Ref: super_1_validate(): one event more or less is what a crash in between makes.
        role = head.roles[member.number] if member.number < len(head.roles) else SPARE
        if member.events + 1 < head.events:
            why = f"it is out of date ({member.events} events, the others {head.events})"
        elif (member.level, member.raid_disks, member.layout, member.chunk) != (
            head.level, head.raid_disks, head.layout, head.chunk,
        ):  # fmt: skip
            why = "it describes another array"
        elif role >= head.raid_disks:
            kinds = {FAULTY: "it has failed", JOURNAL_ROLE: "it is a journal"}
            why = kinds.get(role, "it is a spare")
        elif not member.in_sync:
            why = "it was still being rebuilt"
        elif role in array.slots:
            why = f"it is a copy: slot {role} is taken"
        else:
            array.slots[role] = member
            continue
        array.left_out.append((member, why))
    return array


def check(array: Array) -> None:
    """RefusedError with the reason where ARRAY cannot be read without writing, or not surely."""
    head = array.head
    refused = {
        RESHAPE_ACTIVE
        | NEW_OFFSET: "it is being reshaped, which only its own system can go on with",
        CLUSTERED: "it belongs to a cluster",
        JOURNAL: "it has a write journal, and what stands there is not on its devices yet",
        PPL | MULTIPLE_PPLS: "it has a partial parity log",
    }
    for features, why in refused.items():
        if features & (PPL | MULTIPLE_PPLS) and not array.dirty:
            continue
        if head.features & features:
            raise RefusedError(why)
    if head.level not in LEVELS:
        raise RefusedError(f"its level is {head.level}, which is not put together here")
    if enough(head, set(array.slots)):
        if array.missing and array.dirty and head.level in (4, 5, 6):
            raise RefusedError(
                "it was not shut down cleanly and a device is missing: what was on that one"
                " cannot be computed surely"
            )
        return
    there = len(array.slots)
    raise RefusedError(f"{there} of its {head.raid_disks} devices are here and current, too few")


def enough(head: Member, slots: set[int]) -> bool:
    """Whether the devices in SLOTS hold all data of the array."""
    lost = head.raid_disks - len(slots)
    if head.level == 10:
        return _enough_10(head, slots)
    spare = {1: head.raid_disks - 1, 4: 1, 5: 1, 6: 2}
    return lost <= spare.get(head.level, 0)


def _enough_10(head: Member, slots: set[int]) -> bool:
    """Whether of every block one copy is there. Ref: raid10.c, _enough()."""
    near, far = head.layout & 0xFF, head.layout >> 8 & 0xFF
    count = near * far
    if not 0 < count <= head.raid_disks:
        raise FormatError("md superblock: layout", 76, "copies", f"{head.layout:#x}")
    first = 0
    while True:
        group = {(first + n) % head.raid_disks for n in range(count)}
        if not group & slots:
            return False
        first = (first + near) % head.raid_disks
        if first == 0:
            return True
