"""PE32+ images that run where they lie: their entry, their base, moving them.

Ref: Microsoft PE Format, "Optional Header Windows-Specific Fields", "The .reloc Section".
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.base.layout import Layout, raw, u16, u32, u64
from uroot_py.base.reader import as_bytes, number_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.base.layout import Buffer

_AMD64 = 0x8664
_PE32_PLUS = 0x20B
_ABSOLUTE, _DIR64 = 0, 10
_BLOCK = 8  # bytes before the entries of a block of relocations


class Headers(Layout, size=0xB8, title="PE32+ header"):
    """From the signature to the directory of relocations."""

    signature = raw(0x00, 4)
    Machine = u16(0x04)
    Magic = u16(0x18)
    AddressOfEntryPoint = u32(0x28)
    ImageBase = u64(0x30)
    SizeOfImage = u32(0x50)
    NumberOfRvaAndSizes = u32(0x84)
    relocations_address = u32(0xB0)
    relocations_size = u32(0xB4)


def headers(data: Buffer, start: int, end: int) -> Headers:
    """The headers of the image in ``data[start:end]``. FormatError unless it is x86-64 PE32+."""
    at = start + number_at(data, start + 0x3C, 4)
    if bytes(data[start : start + 2]) != b"MZ" or at + Headers.size > end:
        raise FormatError("PE32+ image", start, "MZ and headers", repr(bytes(data[start:][:2]))[1:])
    found = Headers(data, at)
    if found.signature != b"PE\0\0" or found.Magic != _PE32_PLUS or found.Machine != _AMD64:
        shown = f"{found.signature!r}, {found.Magic:#x}, machine {found.Machine:#x}"
        raise FormatError(found.title, at, "PE, 0x20b, machine 0x8664", shown)
    if not 0 < found.AddressOfEntryPoint < end - start:
        expected, entry = f"below {end - start:#x}", f"{found.AddressOfEntryPoint:#x}"
        raise FormatError(f"{found.title}: AddressOfEntryPoint", at + 0x28, expected, entry)
    return found


def rebased(data: Buffer, base: int) -> bytearray:
    """The image DATA, whose sections lie in the file as in memory, for the address BASE."""
    found = headers(data, 0, len(data))
    delta = (base - found.ImageBase) % (1 << 64)
    out = bytearray(data)
    at = found.relocations_address if found.NumberOfRvaAndSizes > 5 else 0
    end = at + found.relocations_size
    if at == 0 or end > len(data):
        expected = f"relocations inside {len(data):#x} bytes"
        raise FormatError(f"{found.title}: relocations", found.base, expected, f"{at:#x}")
    while end - at >= _BLOCK:
        page, size = number_at(data, at, 4), number_at(data, at + 4, 4)
        if not _BLOCK <= size <= end - at:
            expected = f"{_BLOCK} to {end - at:#x} bytes"
            raise FormatError("PE32+ relocations", at, expected, f"{size:#x}")
        for entry in range(at + _BLOCK, at + size - 1, 2):
            word = number_at(data, entry, 2)
            kind, place = word >> 12, page + (word & 0xFFF)
            if kind == _ABSOLUTE:
                continue
            if kind != _DIR64:
                raise FormatError("PE32+ relocation", entry, "IMAGE_REL_BASED_DIR64", str(kind))
            moved = (number_at(data, place, 8) + delta) % (1 << 64)
            out[place : place + 8] = as_bytes(moved, 8)
        at += size
    return out
