"""The SMBIOS structure table: what the firmware says about the machine.

Ref: DMTF DSP0134 SMBIOS 3.7, 6.1 "Structure standards".
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.base.reader import Reader

MAX_STRUCTURES = 1000


class Structure:
    """One structure: its type (``kind``), its handle, its formatted area and its strings."""

    __slots__ = ("area", "handle", "kind", "strings")

    def __init__(self, kind: int, handle: int, area: bytes, strings: list[str]) -> None:
        self.kind = kind
        self.handle = handle
        self.area = area
        self.strings = strings

    def number(self, offset: int, size: int) -> int:
        """The number of SIZE bytes at OFFSET; FormatError when the area ends before it does."""
        reader = Reader(self.area, "SMBIOS structure", offset)
        return {1: reader.u8, 2: reader.u16, 4: reader.u32, 8: reader.u64}[size]()

    def string(self, offset: int) -> str:
        """The string whose number is at OFFSET; '' for number 0; FormatError for one too high."""
        index = self.number(offset, 1)
        if index > len(self.strings):
            found = f"{len(self.strings)} strings"
            raise FormatError("SMBIOS structure", offset, f"string {index}", found)
        return self.strings[index - 1] if index else ""

    def uuid(self, offset: int) -> str:
        """The UUID at OFFSET, its first three fields little-endian."""
        raw = bytes(Reader(self.area, "SMBIOS structure", offset).take(16))
        text = (raw[3::-1] + raw[5:3:-1] + raw[7:5:-1] + raw[8:]).hex()
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def parse(table: bytes) -> list[Structure]:
    """The structures in TABLE, up to the first that is damaged or the end-of-table one."""
    found: list[Structure] = []
    reader = Reader(table, "SMBIOS table")
    while len(found) < MAX_STRUCTURES and reader.end - reader.at > 4:
        start = reader.at
        kind, size, handle = reader.u8(), reader.u8(), reader.u16()
        end = table.find(b"\0\0", start + size)
        if size < 4 or end < 0:
            break
        strings = table[start + size : end].decode("latin-1").split("\0")
        found.append(Structure(kind, handle, table[start : start + size], strings))
        reader.at = end + 2
        if kind == 127:
            break
    return found
