"""The memory map that a UEFI payload is told: packed entries of start, last address and type.

Ref: UefiPayloadPkg as LinuxBoot starts it, the entries behind its configuration block: 20 bytes
each, little endian, both addresses inclusive.
"""

from __future__ import annotations

from struct import Struct

from uroot_py.base.errors import FormatError
from uroot_py.memory import map as kinds
from uroot_py.memory.map import MemoryMap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    Entry = tuple[int, int, int]  # start, last, type code

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
_LAYOUT = Struct("<QQI")


def entries(held: MemoryMap) -> list[Entry]:
    """The (start, last, type code) of every range; a type that UEFI has no code for is reserved."""
    return [(r.range.start, r.range.last, _CODES.get(r.type, UEFI_RESERVED)) for r in held]


def build(table: Iterable[Entry]) -> bytes:
    """The bytes of ENTRIES."""
    return b"".join(_LAYOUT.pack(*entry) for entry in table)


def parse(data: bytes) -> list[Entry]:
    """The entries in DATA. FormatError when half of one is left, or one makes no sense."""
    if len(data) % _LAYOUT.size:
        raise _wrong(
            "memory map",
            len(data) - len(data) % _LAYOUT.size,
            "entries of 20 bytes",
            f"{len(data)} bytes",
        )
    table = []
    for offset in range(0, len(data), _LAYOUT.size):
        start, last, code = _LAYOUT.unpack_from(data, offset)
        if last < start:
            raise _wrong("end", offset + 8, f"{start:#x} or more", f"{last:#x}")
        if code not in NAMES:
            raise _wrong("type", offset + 16, "1 to 5", str(code))
        table.append((start, last, code))
    return table


def _wrong(what: str, offset: int, expected: str, found: str) -> FormatError:
    return FormatError(f"UEFI payload: {what}", offset, expected, found)


def to_map(table: Iterable[Entry]) -> MemoryMap:
    """The memory map of ENTRIES; a later one wins where two overlap."""
    return MemoryMap.from_entries((start, last + 1, NAMES[code]) for start, last, code in table)
