"""Partition tables: GPT, and MBR with its chain of logical partitions.

Ref: UEFI Specification 2.10, section 5 (GUID Partition Table Disk Layout).
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.base.layout import Layout, raw, u8, u32, u64
from uroot_py.base.reader import number_at
from uroot_py.base.text import utf16le

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Read = Callable[[int, int], bytes]

MAX_ENTRIES = 1024  # of a GPT; 128 is what everybody writes
MAX_LOGICAL = 256  # logical partitions that an MBR chain may have before it is called a loop
_EXTENDED = (0x05, 0x0F, 0x85)
EXTENDED = tuple(f"0x{number:x}" for number in _EXTENDED)  # the same as types of a Partition
ESP = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
XBOOTLDR = "bc13c2ff-59e6-4262-a352-b275fd6f7172"


class GptHeader(Layout, size=92, title="GPT header"):
    """LBA 1."""

    signature = raw(0, 8)
    header_size = u32(12)
    header_crc32 = u32(16)
    alternate_lba = u64(32)
    partition_entry_lba = u64(72)
    number_of_entries = u32(80)
    size_of_entry = u32(84)
    entries_crc32 = u32(88)


class GptEntry(Layout, size=128, title="GPT entry"):
    """One partition."""

    type_guid = raw(0, 16)
    unique_guid = raw(16, 16)
    starting_lba = u64(32)
    ending_lba = u64(40)
    attributes = u64(48)
    name = raw(56, 72)


class MbrEntry(Layout, size=16, title="MBR entry"):
    """One of the four at byte 446."""

    boot_indicator = u8(0)
    os_type = u8(4)
    starting_lba = u32(8)
    size_in_lba = u32(12)


class Partition:
    """A row of a table: number from 1, start and size in bytes, type, PARTUUID, PARTLABEL.

    ``attributes`` are the 64 bits of a GPT's row, 0 in an MBR.
    """

    __slots__ = ("attributes", "label", "number", "size", "start", "type", "uuid")

    def __init__(
        self, number: int, start: int, size: int, kind: str, uuid: str, label: str
    ) -> None:
        self.number = number
        self.start = start
        self.size = size
        self.type = kind
        self.uuid = uuid
        self.label = label
        self.attributes = 0

    def __repr__(self) -> str:
        return (
            f"<Partition {self.number} [{self.start:#x}, +{self.size:#x}) {self.type} {self.uuid}>"
        )


def guid(data: bytes) -> str:
    """Sixteen bytes in GPT's mixed order as text in lower case."""
    fields = (data[3::-1], data[5:3:-1], data[7:5:-1], data[8:10], data[10:16])
    return "-".join(field.hex() for field in fields)


def parse(read: Read, size: int, sector: int = 512) -> tuple[str, list[Partition]]:
    """The table of a disk of SIZE bytes: ("gpt" | "dos" | "", its partitions).

    Raises FormatError when a table is there but damaged; the backup GPT stands in for a bad one.
    """
    boot = read(0, 512)
    if len(boot) < 512 or boot[510:512] != b"\x55\xaa":
        return "", []
    types = [MbrEntry(boot, 446 + 16 * i).os_type for i in range(4)]
    if 0xEE in types:
        return "gpt", _gpt(read, size, sector)
    rows = _mbr(read, boot, sector)
    return ("dos", rows) if rows else ("", [])


def _gpt(read: Read, size: int, sector: int) -> list[Partition]:
    errors = []
    # The third is for CDs: their sectors are larger than those that the image was made for.
    for at, unit in ((sector, sector), (size // sector * sector - sector, sector), (512, 512)):
        try:
            return _gpt_at(read, at, unit)
        except FormatError as error:
            errors.append(error)
    raise errors[0]


def _gpt_at(read: Read, at: int, sector: int) -> list[Partition]:
    header, _, table = _gpt_table(read, at, sector)
    step = header.size_of_entry
    rows = range(header.number_of_entries)
    return [row for i in rows if (row := _gpt_row(table, i * step, i + 1, sector))]


def _gpt_table(read: Read, at: int, sector: int) -> tuple[GptHeader, bytes, bytes]:
    """The header at AT, its bytes, and all entries: their checksums are right."""
    from binascii import crc32

    if at < 0:
        raise FormatError("GPT header", 0, "a disk of two sectors at least", "less")
    block = read(at, sector)
    header = GptHeader(block)
    if header.signature != b"EFI PART":
        raise FormatError("GPT header", at, "the signature EFI PART", repr(header.signature))
    length = header.header_size
    if not GptHeader.size <= length <= sector:
        raise FormatError("GPT header size", at + 12, f"92 to {sector}", str(length))
    if crc32(block[:16] + b"\0\0\0\0" + block[20:length]) != header.header_crc32:
        raise FormatError("GPT header", at + 16, "a right checksum", "a wrong one")
    count, step = header.number_of_entries, header.size_of_entry
    if count > MAX_ENTRIES or step % 128 or not 128 <= step <= 4096:
        raise FormatError("GPT entries", at + 80, f"at most {MAX_ENTRIES}", f"{count} of {step}")
    start = header.partition_entry_lba * sector
    table = read(start, count * step)
    if crc32(table) != header.entries_crc32:
        raise FormatError("GPT entries", start, "a right checksum", "a wrong one")
    return header, block[:length], table


def with_attributes(read: Read, number: int, attributes: int) -> list[tuple[int, bytes]]:
    """What to write where, in this order, so that row NUMBER of a GPT has ATTRIBUTES.

    (offset, bytes) each: the backup comes first, and the entries of each table before its header,
    so that one table is right at any time. FormatError when either is damaged or has no such row.
    """
    errors = []
    for sector in (512, 4096):
        try:
            first = _gpt_table(read, sector, sector)
            break
        except FormatError as error:
            errors.append(error)
    else:
        raise errors[0]
    at = first[0].alternate_lba * sector
    pieces = []
    for place, (header, block, table) in ((at, _gpt_table(read, at, sector)), (sector, first)):
        if not 1 <= number <= header.number_of_entries:
            raise FormatError("GPT entries", place, f"an entry {number}", "fewer")
        changed = bytearray(table)
        GptEntry(changed, (number - 1) * header.size_of_entry).attributes = attributes
        pieces.append((header.partition_entry_lba * sector, bytes(changed)))
        pieces.append((place, _summed(block, changed)))
    return pieces


def _summed(block: bytes, table: bytearray) -> bytes:
    """The header BLOCK with the checksums of TABLE and of itself."""
    from binascii import crc32

    data = bytearray(block)
    header = GptHeader(data)
    header.entries_crc32 = crc32(table)
    header.header_crc32 = 0
    header.header_crc32 = crc32(data)
    return bytes(data)


def _gpt_row(table: bytes, at: int, number: int, sector: int) -> Partition | None:
    entry = GptEntry(table, at)
    first, last = entry.starting_lba, entry.ending_lba
    if not any(entry.type_guid) or last < first:
        return None
    label = utf16le(entry.name)
    kind, uuid = guid(entry.type_guid), guid(entry.unique_guid)
    row = Partition(number, first * sector, (last - first + 1) * sector, kind, uuid, label)
    row.attributes = entry.attributes
    return row


def _mbr(read: Read, boot: bytes, sector: int) -> list[Partition]:
    disk_id = number_at(boot, 440, 4)
    rows = []
    for i in range(4):
        entry = MbrEntry(boot, 446 + 16 * i)
        if entry.boot_indicator not in (0, 0x80):
            return []  # a boot sector of a file system, not a table
        if not entry.os_type or not entry.size_in_lba:
            continue
        rows.append(_mbr_row(entry, i + 1, 0, disk_id, sector))
        if entry.os_type in _EXTENDED:
            rows += _logical(read, entry.starting_lba, disk_id, sector)
    return rows


def _mbr_row(entry: MbrEntry, number: int, base: int, disk_id: int, sector: int) -> Partition:
    start = (base + entry.starting_lba) * sector
    uuid = f"{disk_id:08x}-{number:02x}"
    size = entry.size_in_lba * sector
    return Partition(number, start, size, f"0x{entry.os_type:x}", uuid, "")


def _logical(read: Read, extended: int, disk_id: int, sector: int) -> list[Partition]:
    rows: list[Partition] = []
    seen = set()
    at = extended
    while at not in seen and len(rows) < MAX_LOGICAL:
        seen.add(at)
        block = read(at * sector, 512)
        if len(block) < 512 or block[510:512] != b"\x55\xaa":
            break
        here, link = MbrEntry(block, 446), MbrEntry(block, 462)
        if here.os_type and here.size_in_lba:
            rows.append(_mbr_row(here, 5 + len(rows), at, disk_id, sector))
        if link.os_type not in _EXTENDED or not link.size_in_lba:
            break
        at = extended + link.starting_lba
    return rows
