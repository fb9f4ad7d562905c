"""The arm64 kernel Image. Ref: Documentation/arch/arm64/booting.rst."""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.base.layout import Layout, raw, u32, u64
from uroot_py.formats.kernel import pe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.base.layout import Buffer

_BIG_ENDIAN = 1
_MZ = 0x5A4D  # an Image that is an EFI program, too
# What booting.rst says about kernels before 3.17, whose image_size is 0.
_OLD_TEXT_OFFSET = 0x80000
_OLD_SIZE = 16 << 20
_PAGE_SIZES = (0, 4096, 16384, 65536)  # by bits 1 and 2 of the flags; 0: it does not say


class Header(Layout, size=64, title="arm64 Image header"):
    """The first 64 bytes."""

    code0 = u32(0x00)
    code1 = u32(0x04)
    text_offset = u64(0x08)
    image_size = u64(0x10)
    flags = u64(0x18)
    magic = raw(0x38, 4)
    res5 = u32(0x3C)


class Arm64Image:
    """A checked Image: ``text_offset`` from a 2 MiB boundary, ``size`` in memory with its bss.

    An ``old`` one, of before 3.17, has its first page tables in front of itself. ``page_size`` is
    that of its own pages, 0 where it does not say.
    """

    def __init__(self, data: Buffer) -> None:
        header = Header(data)
        if header.magic != b"ARM\x64":
            raise FormatError(
                "arm64 Image header: magic", 0x38, "41 52 4d 64", header.magic.hex(" ")
            )
        if header.flags & _BIG_ENDIAN:
            raise FormatError(
                "arm64 Image header: flags", 0x18, "a little-endian kernel", f"{header.flags:#x}"
            )
        if header.code0 & 0xFFFF == _MZ and header.res5:
            pe.parse(data)  # its sections say how long the file is
        self.data = data
        self.page_size = _PAGE_SIZES[header.flags >> 1 & 3]
        self.old = not header.image_size
        self.text_offset = _OLD_TEXT_OFFSET if self.old else header.text_offset
        self.size = max(_OLD_SIZE if self.old else header.image_size, len(data))
        if self.text_offset >= 2 << 20 or self.size >= 1 << 40:
            raise FormatError(
                "arm64 Image header: text_offset",
                0x08,
                "less than 2 MiB, and a size below 1 TiB",
                f"{self.text_offset:#x}, {self.size:#x}",
            )
