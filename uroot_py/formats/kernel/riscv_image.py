"""The riscv64 kernel Image. Ref: Documentation/arch/riscv/boot-image-header.rst and boot.rst."""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.base.layout import Layout, raw, u32, u64
from uroot_py.formats.kernel import pe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.base.layout import Buffer

_BIG_ENDIAN = 1
_MZ = 0x5A4D  # an Image that is an EFI program, too


class Header(Layout, size=64, title="riscv64 Image header"):
    """The first 64 bytes."""

    code0 = u32(0x00)
    code1 = u32(0x04)
    text_offset = u64(0x08)
    image_size = u64(0x10)
    flags = u64(0x18)
    version = u32(0x20)  # minor in the low half, major in the high one
    magic = u64(0x30)  # "RISCV", deprecated
    magic2 = raw(0x38, 4)
    res3 = u32(0x3C)  # where the PE header is


class RiscvImage:
    """A checked Image: ``text_offset`` from the begin of memory, ``size`` in memory with its bss.

    Sizes in bytes. FormatError for what is none, is cut off or has a header of another kind.
    """

    def __init__(self, data: Buffer) -> None:
        header = Header(data)
        if header.magic2 != b"RSC\x05":
            found = header.magic2.hex(" ")
            raise FormatError("riscv64 Image header: magic2", 0x38, "52 53 43 05", found)
        if header.version >> 16:
            found = f"{header.version >> 16}.{header.version & 0xFFFF}"
            raise FormatError("riscv64 Image header: version", 0x20, "0.x", found)
        if header.flags & _BIG_ENDIAN:
            raise FormatError(
                "riscv64 Image header: flags", 0x18, "a little-endian kernel", f"{header.flags:#x}"
            )
        if not header.image_size or header.image_size >= 1 << 40:
            raise FormatError(
                "riscv64 Image header: image_size",
                0x10,
                "a size below 1 TiB",
                f"{header.image_size:#x}",
            )
        if header.code0 & 0xFFFF == _MZ and header.res3:
            pe.parse(data)  # its sections say how long the file is
        self.data = data
        self.text_offset = header.text_offset
        self.size = max(header.image_size, len(data))
