"""U-Boot's legacy images: a header of 64 bytes with checksums, and a kernel or a ramdisk behind it.

Ref: U-Boot, include/image.h, struct legacy_img_hdr; boot/image.c.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.base.layout import Layout, raw, u8, u32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.base.layout import Buffer

MAGIC = b"\x27\x05\x19\x56"
KERNELS = {2: "kernel", 14: "kernel_noload"}
RAMDISK = {3: "ramdisk"}
_NAMES = {**KERNELS, **RAMDISK, 1: "standalone", 4: "multi", 5: "firmware", 6: "script"}


class Header(Layout, size=64, order="big", title="U-Boot image header"):
    """struct legacy_img_hdr."""

    ih_magic = raw(0x00, 4)
    ih_hcrc = u32(0x04)
    ih_size = u32(0x0C)
    ih_dcrc = u32(0x18)
    ih_type = u8(0x1E)


def contents(data: Buffer, types: dict[int, str]) -> memoryview:
    """What is behind the header of DATA, a part of one of TYPES whose checksums are right."""
    from zlib import crc32

    header = Header(data)
    if header.ih_magic != MAGIC:
        raise FormatError(
            "U-Boot image header: ih_magic", 0, MAGIC.hex(" "), header.ih_magic.hex(" ")
        )
    blank = Header(bytearray(bytes(header)))
    blank.ih_hcrc = 0
    if crc32(bytes(blank)) != header.ih_hcrc:
        found = f"{header.ih_hcrc:#010x}"
        raise FormatError("U-Boot image header: ih_hcrc", 4, f"{crc32(bytes(blank)):#010x}", found)
    if header.ih_type not in types:
        found = _NAMES.get(header.ih_type, f"type {header.ih_type}")
        wanted = " or ".join(types.values())
        raise FormatError("U-Boot image header: ih_type", 0x1E, wanted, found)
    body = memoryview(data)[Header.size : Header.size + header.ih_size]
    if len(body) != header.ih_size:
        raise FormatError(
            "U-Boot image header: ih_size",
            0x0C,
            f"a file of {Header.size + header.ih_size:#x} bytes",
            f"{len(data):#x}",
            hint="the file is cut short",
        )
    if crc32(body) != header.ih_dcrc:
        found = f"{header.ih_dcrc:#010x}"
        raise FormatError("U-Boot image header: ih_dcrc", 0x18, f"{crc32(body):#010x}", found)
    return body
