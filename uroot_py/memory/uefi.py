"""The memory map that a UEFI payload is told: packed entries of start, last address and type.

Ref: UefiPayloadPkg as LinuxBoot starts it, the entries behind its configuration block.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.base.layout import Layout, u32, u64
from uroot_py.formats.uefi import hob
from uroot_py.memory import map as kinds
from uroot_py.memory.map import MemoryMap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

UEFI_RAM = 1
UEFI_DEFAULT = 2
UEFI_ACPI = 3
UEFI_NVS = 4
UEFI_RESERVED = 5
NAMES = {
    UEFI_RAM: kinds.RAM,
    UEFI_DEFAULT: kinds.DEFAULT,
    UEFI_ACPI: kinds.ACPI,
    UEFI_NVS: kinds.NVS,
    UEFI_RESERVED: kinds.RESERVED,
}
_CODES = {name: code for code, name in NAMES.items()}


class Entry(Layout, size=20, title="UEFI payload memory map entry"):
    """One range; ``end`` is its last address, not the one behind it."""

    start = u64(0)
    end = u64(8)
    type = u32(16)


class MemoryDescriptor(Layout, size=48, title="EFI_MEMORY_DESCRIPTOR"):
    """What firmware says of a range. Ref: UEFI 2.10, 7.2.3; Linux keeps them 48 bytes long."""

    Type = u32(0)
    PhysicalStart = u64(8)
    VirtualStart = u64(16)
    NumberOfPages = u64(24)
    Attribute = u64(32)


def entries(held: MemoryMap) -> list[Entry]:
    """An entry for every range; a type that UEFI has no code for is reserved."""
    return [
        Entry.new(
            start=each.range.start,
            end=each.range.last,
            type=_CODES.get(each.type, UEFI_RESERVED),
        )
        for each in held
    ]


def build(table: Iterable[Entry]) -> bytes:
    """The bytes of the entries, one behind the other."""
    return b"".join(map(bytes, table))


def parse(data: bytes) -> list[Entry]:
    """The entries in DATA. FormatError when half of one is left, or one makes no sense."""
    table = [Entry(data, offset) for offset in range(0, len(data), Entry.size)]
    for entry in table:
        if entry.end < entry.start:
            raise _wrong(entry, "end", 8, f"{entry.start:#x} or more", f"{entry.end:#x}")
        if entry.type not in NAMES:
            raise _wrong(entry, "type", 16, "1 to 5", str(entry.type))
    return table


def _wrong(entry: Entry, name: str, offset: int, expected: str, found: str) -> FormatError:
    return FormatError(f"{entry.title}: {name}", entry.base + offset, expected, found)


def to_map(table: Iterable[Entry]) -> MemoryMap:
    """The memory map of the entries; a later one wins where two overlap."""
    return MemoryMap.from_entries((each.start, each.end + 1, NAMES[each.type]) for each in table)


def resources(held: MemoryMap) -> list[hob.Hob]:
    """A resource HOB for every range: RAM, what is kept from everybody, and devices' memory."""
    found = []
    for each in held:
        kind = hob.RESERVED
        if each.type == kinds.RAM:
            kind = hob.SYSTEM_MEMORY
        elif each.type == kinds.DEFAULT:
            kind = hob.MAPPED_IO
        found.append(hob.resource(each.range, kind))
    return found
