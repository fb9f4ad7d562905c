"""LVM2's labels and metadata: which volume group a device belongs to, and what lies where in it.

Ref: lvm2 lib/format_text/layout.h (labels, metadata areas), lib/misc/crc.c, libdm/libdm-config.c
(the text), lib/format_text/import_vsn1.c (what the text means).
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.base.layout import Layout, raw, u32, u64
from uroot_py.base.reader import Reader
from uroot_py.formats.disk.lvm_text import parse_text
from uroot_py.formats.disk.superblock import grouped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uroot_py.base.layout import Buffer
    from uroot_py.formats.disk.lvm_text import Section

    Read = Callable[[int, int], bytes]

SECTOR = 512
LABEL_SECTORS = 4  # in which a label may be
MDA_HEADER = 512  # bytes; the ring of texts begins behind it
MAX_TEXT = 4 << 20  # bytes of a metadata text
MAX_AREAS = 64  # data and metadata areas of a device
MAX_VOLUMES = 4096  # physical or logical volumes of a group
_INITIAL_CRC = 0xF597A6CF
_IGNORED = 1  # RAW_LOCN_IGNORED


class LabelHeader(Layout, size=32, title="LVM label"):
    """In one of the first four sectors; the checksum covers the sector from ``offset_xl`` on."""

    id = raw(0, 8)
    sector_xl = u64(8)
    crc_xl = u32(16)
    offset_xl = u32(20)
    type = raw(24, 8)


class MdaHeader(Layout, size=512, title="LVM metadata area"):
    """The text that counts is the first of its locations."""

    checksum_xl = u32(0)
    magic = raw(4, 16)
    version = u32(20)
    start = u64(24)
    size_ = u64(32)
    text_offset = u64(40)
    text_size = u64(48)
    text_checksum = u32(56)
    text_flags = u32(60)


class Label:
    """A physical volume: its UUID (with dashes), its size in bytes, its metadata areas."""

    __slots__ = ("areas", "size", "uuid")

    def __init__(self, uuid: str, size: int, areas: list[tuple[int, int]]) -> None:
        self.uuid = uuid
        self.size = size
        self.areas = areas  # (offset, size) in bytes


class PhysicalVolume:
    """A device of a group: UUID, where its extents begin (in sectors), and how many there are."""

    __slots__ = ("count", "name", "start", "uuid")

    def __init__(self, name: str, uuid: str, start: int, count: int) -> None:
        self.name = name
        self.uuid = uuid
        self.start = start
        self.count = count


class Segment:
    """LENGTH extents of a logical volume from START on; ``section`` has what its TYPE needs."""

    __slots__ = ("length", "section", "start", "type")

    def __init__(self, start: int, length: int, kind: str, section: Section) -> None:
        self.start = start
        self.length = length
        self.type = kind
        self.section = section


class LogicalVolume:
    """A volume of a group; those that are parts of another one are not ``visible``."""

    __slots__ = ("name", "segments", "status", "uuid")

    def __init__(self, name: str, uuid: str, status: list[str], segments: list[Segment]) -> None:
        self.name = name
        self.uuid = uuid
        self.status = status
        self.segments = segments

    @property
    def visible(self) -> bool:
        """Whether it is one that people made."""
        return "VISIBLE" in self.status

    @property
    def extents(self) -> int:
        """Its size."""
        return sum(segment.length for segment in self.segments)


class VolumeGroup:
    """A volume group: name, UUID, the number of its text, its volumes by name.

    ``extent_size`` is in sectors of 512 bytes.
    """

    __slots__ = ("extent_size", "logical", "name", "physical", "seqno", "status", "uuid")

    def __init__(self, name: str, uuid: str, seqno: int, extent_size: int) -> None:
        self.name = name
        self.uuid = uuid
        self.seqno = seqno
        self.extent_size = extent_size
        self.status: list[str] = []
        self.physical: dict[str, PhysicalVolume] = {}
        self.logical: dict[str, LogicalVolume] = {}


def checksum(data: Buffer) -> int:
    """LVM's CRC-32, which is not inverted at its ends."""
    from zlib import crc32

    return crc32(data, _INITIAL_CRC ^ 0xFFFFFFFF) ^ 0xFFFFFFFF


def read_label(read: Read) -> Label:
    """The label of the device that READ(offset, size) reads; FormatError."""
    head = read(0, LABEL_SECTORS * SECTOR)
    for at in range(0, len(head) - SECTOR + 1, SECTOR):
        view = LabelHeader(head, at)
        if view.id != b"LABELONE" or view.type != b"LVM2 001":
            continue
        found = checksum(head[at + 20 : at + SECTOR])
        if found != view.crc_xl:
            raise FormatError("LVM label", at, f"checksum {view.crc_xl:#x}", f"{found:#x}")
        reader = Reader(head, "LVM label", at + view.offset_xl, at + SECTOR)
        uuid = reader.take(32).decode("ascii", "replace")
        size = reader.u64()
        _areas(reader)  # of data: their place is in the text
        return Label(dashed(uuid), size, _areas(reader))
    raise FormatError("LVM label", 0, "LABELONE in one of 4 sectors", "none")


def _areas(reader: Reader) -> list[tuple[int, int]]:
    """A list of areas (offset, size), ended by one at 0."""
    found: list[tuple[int, int]] = []
    while len(found) < MAX_AREAS:
        offset, size = reader.u64(), reader.u64()
        if not offset:
            break
        found.append((offset, size))
    return found


def dashed(uuid: str) -> str:
    """An LVM UUID of 32 characters as LVM prints it."""
    return grouped(uuid, 6, 4, 4, 4, 4, 4, 6)


def read_text(read: Read, area: tuple[int, int]) -> bytes:
    """The text in a metadata AREA of a device; b"" where it has none; FormatError."""
    offset, size = area
    head = read(offset, MDA_HEADER)
    view = MdaHeader(head)
    if view.magic != b" LVM2 x[5A%r0N*>":
        raise FormatError("LVM metadata area", offset + 4, "its magic", repr(view.magic))
    found = checksum(head[4:MDA_HEADER])
    if found != view.checksum_xl:
        raise FormatError(
            "LVM metadata area", offset, f"checksum {view.checksum_xl:#x}", f"{found:#x}"
        )
    if not view.text_offset or not view.text_size or view.text_flags & _IGNORED:
        return b""
    start, length = view.text_offset, view.text_size
    if length > min(size - MDA_HEADER, MAX_TEXT) or not MDA_HEADER <= start < size:
        raise FormatError(
            "LVM metadata area",
            offset + 40,
            f"a text inside of {size} bytes",
            f"{length} bytes at {start}",
        )
    # The texts are a ring: one that passes the end goes on behind the header.
    data = read(offset + start, min(length, size - start))
    if length > size - start:
        data += read(offset + MDA_HEADER, length - (size - start))
    if len(data) != length:
        raise FormatError("LVM metadata text", offset + start, f"{length} bytes", f"{len(data)}")
    found = checksum(data)
    if found != view.text_checksum:
        raise FormatError(
            "LVM metadata text", offset + start, f"checksum {view.text_checksum:#x}", f"{found:#x}"
        )
    return data


def parse(data: bytes) -> VolumeGroup:
    """The volume group that a metadata text describes; FormatError."""
    top = parse_text(data)
    groups = [(name, value) for name, value in top.items() if isinstance(value, dict)]
    if len(groups) != 1:
        raise FormatError("LVM metadata text", 0, "one volume group", f"{len(groups)}")
    name, section = groups[0]
    group = VolumeGroup(
        name, word(section, "id", name), number(section, "seqno", name), _extent(section, name)
    )
    group.status = words(section, "status")
    for key, value in _sections(section, "physical_volumes"):
        group.physical[key] = PhysicalVolume(
            key,
            word(value, "id", key),
            number(value, "pe_start", key),
            number(value, "pe_count", key),
        )
    for key, value in _sections(section, "logical_volumes"):
        segments = [_segment(part, key) for name, part in value.items() if _is_segment(name, part)]
        segments.sort(key=lambda each: each.start)
        _check_order(segments, key)
        group.logical[key] = LogicalVolume(
            key, word(value, "id", key), words(value, "status"), segments
        )
    return group


def _extent(section: Section, name: str) -> int:
    size = number(section, "extent_size", name)
    if not 0 < size < 1 << 32:
        raise FormatError(f"LVM volume group {name}", 0, "a size of extents", f"{size}")
    return size


def _is_segment(name: str, part: object) -> bool:
    return isinstance(part, dict) and name.startswith("segment")


def _segment(section: object, name: str) -> Segment:
    assert isinstance(section, dict)
    start, length = number(section, "start_extent", name), number(section, "extent_count", name)
    # Ref: lib/metadata/segtype.c: flags may follow the name of a type.
    kind = word(section, "type", name).partition("+")[0]
    if not length:
        raise FormatError(f"LVM logical volume {name}", start, "extents", "0")
    return Segment(start, length, kind, section)


def _check_order(segments: list[Segment], name: str) -> None:
    at = 0
    for segment in segments:
        if segment.start != at:
            raise FormatError(
                f"LVM logical volume {name}", at, f"a segment at extent {at}", f"{segment.start}"
            )
        at += segment.length


def _sections(section: Section, name: str) -> list[tuple[str, Section]]:
    inner = section.get(name, {})
    if not isinstance(inner, dict):
        raise FormatError(f"LVM metadata {name}", 0, "a section", "a value")
    found = [(key, value) for key, value in inner.items() if isinstance(value, dict)]
    if len(found) > MAX_VOLUMES:
        raise FormatError(f"LVM metadata {name}", 0, f"at most {MAX_VOLUMES}", f"{len(found)}")
    return found


def word(section: Section, key: str, where: str) -> str:
    """The text KEY of a SECTION that is called WHERE; FormatError."""
    value = section.get(key)
    if not isinstance(value, str) or not value:
        raise FormatError(f"LVM metadata {where}: {key}", 0, "a text", repr(value)[:40])
    return value


def number(section: Section, key: str, where: str) -> int:
    """The number KEY of a SECTION that is called WHERE, not negative; FormatError."""
    value = section.get(key)
    if not isinstance(value, int) or not 0 <= value < 1 << 63:
        raise FormatError(f"LVM metadata {where}: {key}", 0, "a number", repr(value)[:40])
    return value


def words(section: Section, key: str) -> list[str]:
    """The texts of the list KEY; [] without it."""
    value = section.get(key, [])
    each = value if isinstance(value, list) else [value]
    return [text for text in each if isinstance(text, str)]


def pairs(section: Section, key: str, where: str) -> list[tuple[str, int]]:
    """The list KEY of a SECTION: names, and a number behind each; FormatError."""
    value = section.get(key)
    if not isinstance(value, list) or len(value) % 2 or not value:
        raise FormatError(f"LVM metadata {where}: {key}", 0, "pairs", repr(value)[:40])
    found = []
    for name, at in zip(value[::2], value[1::2], strict=True):
        if not isinstance(name, str) or not isinstance(at, int) or not 0 <= at < 1 << 40:
            raise FormatError(f"LVM metadata {where}: {key}", 0, "a name and a number", repr(name))
        found.append((name, at))
    return found
