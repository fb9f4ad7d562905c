"""What a logical volume is made of, for reading: pieces of devices, or the reason why not.

A mirror is read from one of its images that is whole: nothing is ever written, so they stay equal.
Ref: lvm2 lib/striped, lib/mirror, lib/raid; struct dm_raid_superblock in drivers/md/dm-raid.c.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError, RefusedError
from uroot_py.base.layout import Layout, u32, u64
from uroot_py.formats.disk.lvm import number, pairs, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uroot_py.formats.disk.lvm import LogicalVolume, Segment, VolumeGroup

    Meta = Callable[[str], "DmRaid | None"]

MAX_DEPTH = 16  # logical volumes on top of each other
DM_RAID_MAGIC = 0x64526D44
_WHOLE = (1 << 64) - 1
_NEAR_TWO = 0x102  # layout of raid10: two copies, side by side
COPIED = ("mirror", "raid1", "raid10", "raid10_near")  # types of segments
_REASONS = {
    "thin": "a thin volume; only its pool's own tool can say where its blocks are",
    "thin-pool": "a pool of thin volumes",
    "cache": "a cached volume; what was not written back is in its cache",
    "cache-pool": "a cache",
    "writecache": "a volume with a write cache; what was not written back is there",
    "vdo": "a VDO volume, whose blocks are packed",
    "vdo-pool": "a pool of VDO volumes",
    "snapshot": "a snapshot; its origin can be read",
    "integrity": "a volume with checksums beside its data",
}


class DmRaid(Layout, size=64, title="dm-raid superblock"):
    """At the beginning of an image's metadata volume: what it knows of the others."""

    magic = u32(0)
    num_devices = u32(8)
    array_position = u32(12)
    events = u64(16)
    failed_devices = u64(24)
    disk_recovery_offset = u64(32)
    array_resync_offset = u64(40)
    level = u32(48)
    layout = u32(52)
    stripe_sectors = u32(56)


class Piece:
    """LENGTH sectors of a volume from START on: CHUNK sectors of each of AREAS in turn.

    An area is the name of a physical volume, or of a logical one that is PART of this, and the
    sector where it begins. KIND is device-mapper's: ``linear``, ``striped``, ``zero``, ``error``.
    """

    __slots__ = ("areas", "chunk", "kind", "length", "start")

    def __init__(
        self, start: int, length: int, kind: str, chunk: int, areas: list[tuple[str, int]]
    ) -> None:
        self.start = start
        self.length = length
        self.kind = kind
        self.chunk = chunk
        self.areas = areas


def parse_meta(data: bytes) -> DmRaid | None:
    """The superblock in DATA; None where there is none."""
    if len(data) < DmRaid.size:
        return None
    view = DmRaid(data)
    return view if view.magic == DM_RAID_MAGIC else None


def pieces(group: VolumeGroup, name: str, here: Callable[[str], bool], meta: Meta) -> list[Piece]:
    """What the logical volume NAME is made of.

    HERE says whether a physical volume of the group is present, META gives the superblock in a
    metadata volume. RefusedError with the reason where it cannot be read, FormatError.
    """
    volume = group.logical[name]
    _check_parts(group, volume, here)
    found = []
    for segment in volume.segments:
        start, length = segment.start * group.extent_size, segment.length * group.extent_size
        kind, chunk, areas = _segment(group, volume, segment, here, meta)
        found.append(Piece(start, length, kind, chunk, areas))
    if not found:
        raise FormatError(f"LVM logical volume {name}", 0, "a segment", "none")
    return found


def missing(group: VolumeGroup, name: str, here: Callable[[str], bool]) -> str:
    """A physical volume that the logical volume NAME needs, plainly, and that is not HERE; ''."""
    waiting, seen = [(name, 0)], set()
    while waiting:
        volume, depth = waiting.pop()
        if volume in seen:
            continue
        seen.add(volume)
        for segment in group.logical[volume].segments:
            for area, _ in _plain_areas(segment, volume):
                if area in group.physical:
                    if not here(area):
                        return area
                elif area in group.logical and depth < MAX_DEPTH:
                    waiting.append((area, depth + 1))
    return ""


def _plain_areas(segment: Segment, name: str) -> list[tuple[str, int]]:
    """Areas that have no copies."""
    return pairs(segment.section, "stripes", name) if segment.type == "striped" else []


def _check_parts(group: VolumeGroup, volume: LogicalVolume, here: Callable[[str], bool]) -> None:
    """RefusedError where the group itself says that the volume is in between two states."""
    for word in ("LOCKED", "PVMOVE", "CONVERTING"):
        if word in volume.status:
            raise RefusedError(f"it is being changed ({word})")
    for other in group.logical.values():
        for each in (segment.section for segment in other.segments):
            if each.get("merging_store") and each.get("origin") == volume.name:
                raise RefusedError("a snapshot is being merged into it")
    lost = missing(group, volume.name, here)
    if lost:
        raise RefusedError(f"the physical volume {group.physical[lost].uuid} is missing")


def _segment(
    group: VolumeGroup,
    volume: LogicalVolume,
    segment: Segment,
    here: Callable[[str], bool],
    meta: Meta,
) -> tuple[str, int, list[tuple[str, int]]]:
    """Kind, chunk and areas (in sectors) of a SEGMENT."""
    kind, section, name = segment.type, segment.section, volume.name
    if kind in ("zero", "error"):
        return kind, 0, []
    if kind == "striped":
        areas = [(area, _sector(group, area, at)) for area, at in pairs(section, "stripes", name)]
        if len(areas) == 1:
            return "linear", 0, areas
        return "striped", _chunk(group, segment, name, len(areas)), areas
    if kind == "mirror":
        copies = [area for area, _ in pairs(section, "mirrors", name)]
        if missing(group, _part(group, copies[0], name), here):
            raise RefusedError("the first image of a mirror is missing")
        return "linear", 0, [(copies[0], 0)]  # the one that the others are made from
    if kind in ("raid0", "raid0_meta", "raid1", "raid10", "raid10_near"):
        return _raid(group, volume, segment, here, meta)
    reason = _REASONS.get(kind, f"of type {kind!r}, which is not put together here")
    raise RefusedError(reason)


def _raid(
    group: VolumeGroup,
    volume: LogicalVolume,
    segment: Segment,
    here: Callable[[str], bool],
    meta: Meta,
) -> tuple[str, int, list[tuple[str, int]]]:
    """The same of a RAID: each of its stripes from an image that is whole."""
    kind, name = segment.type, volume.name
    metas, images = _images(group, segment, name)
    if volume.segments != [segment]:
        raise FormatError(f"LVM logical volume {name}", 0, "one segment of RAID", "more")
    if kind.startswith("raid0"):
        copies, good = 1, [n for n, image in enumerate(images) if not missing(group, image, here)]
    else:
        copies = len(images) if kind == "raid1" else 2
        good = _whole(group, metas, images, here, meta)
    if len(images) % copies:
        raise RefusedError(f"a RAID 10 of {len(images)} images")
    chosen: list[tuple[str, int]] = []
    for first in range(0, len(images), copies):
        able = [n for n in good if first <= n < first + copies]
        if not able:
            raise RefusedError("too many images of the RAID are missing or not in step")
        chosen.append((images[able[0]], 0))
    if len(chosen) == 1:
        return "linear", 0, chosen
    return "striped", _chunk(group, segment, name, len(chosen)), chosen


def _images(group: VolumeGroup, segment: Segment, name: str) -> tuple[list[str], list[str]]:
    """The volumes with what a RAID's images know, which RAID 0 has not, and the images."""
    section = segment.section
    both = words(section, "raid0_lvs" if "raid0_lvs" in section else "raids")
    metas, images = ([], both) if "raid0_lvs" in section else (both[::2], both[1::2])
    if not images or (metas and len(metas) != len(images)):
        raise FormatError(f"LVM logical volume {name}: raids", 0, "images", f"{len(both)} names")
    return metas, [_part(group, image, name) for image in images]


def _whole(
    group: VolumeGroup,
    metas: list[str],
    images: list[str],
    here: Callable[[str], bool],
    meta: Meta,
) -> list[int]:
    """The numbers of the images that can be read and are up to date."""
    heads: dict[int, DmRaid] = {}
    for number_, (name, image) in enumerate(zip(metas, images, strict=True)):
        usable = name in group.logical and not missing(group, name, here)
        head = meta(name) if usable and not missing(group, image, here) else None
        if head:
            heads[number_] = head
    if not heads:
        raise RefusedError("no image of the RAID says what state it is in")
    newest = max(heads.values(), key=lambda head: head.events)
    good = [
        n
        for n, head in heads.items()
        if head.events == newest.events
        and not newest.failed_devices >> n & 1
        and head.disk_recovery_offset == _WHOLE
    ]
    # Before the first synchronisation has ended only the first image is sure to be whole.
    if newest.array_resync_offset != _WHOLE and newest.level == 1:
        good = [n for n in good if n == 0]
    if newest.level == 10 and newest.layout != _NEAR_TWO:
        raise RefusedError(f"a RAID 10 with layout {newest.layout:#x}")
    return good


def _part(group: VolumeGroup, part: str, name: str) -> str:
    if part not in group.logical:
        raise FormatError(f"LVM logical volume {name}", 0, "a volume of the group", repr(part))
    return part


def _sector(group: VolumeGroup, area: str, extent: int) -> int:
    """Where EXTENT of AREA begins on it."""
    if area in group.physical:
        device = group.physical[area]
        if extent >= device.count:
            raise FormatError(f"LVM physical volume {area}", extent, f"{device.count}", f"{extent}")
        return device.start + extent * group.extent_size
    if area not in group.logical:
        raise FormatError("LVM metadata text", 0, "a volume of the group", repr(area))
    return extent * group.extent_size


def _chunk(group: VolumeGroup, segment: Segment, name: str, stripes: int) -> int:
    """The sectors of a chunk of striped data."""
    size = number(segment.section, "stripe_size", name)
    length = segment.length * group.extent_size
    if not 0 < size < 1 << 31 or length % stripes:
        raise FormatError(f"LVM logical volume {name}: stripe_size", 0, "a size", f"{size}")
    return size
