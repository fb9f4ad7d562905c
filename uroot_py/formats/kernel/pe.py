"""PE images as far as boot needs them: the machine, the subsystem and the sections.

Only the headers are read; contents stay where they are, as ranges inside the file, so that a
unified kernel image of 100 MB is listed from its first 64 KiB.

Ref: Microsoft PE Format, "MS-DOS Stub", "COFF File Header", "Optional Header", "Section Table";
UAPI.5 Unified Kernel Image.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.base.layout import Layout, raw, u16, u32
from uroot_py.base.text import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    Buffer = bytes | bytearray | memoryview

HEAD_SIZE = 1 << 16  # bytes from the start of the file that hold all headers
MAX_SECTIONS = 256

IMAGE_FILE_MACHINE_I386 = 0x014C
IMAGE_FILE_MACHINE_ARM = 0x01C2
IMAGE_FILE_MACHINE_AMD64 = 0x8664
IMAGE_FILE_MACHINE_ARM64 = 0xAA64
IMAGE_FILE_MACHINE_RISCV64 = 0x5064
IMAGE_SUBSYSTEM_EFI_APPLICATION = 10

_PE32, _PE32_PLUS = 0x10B, 0x20B


class DosHeader(Layout, size=0x40, title="MS-DOS header"):
    """What every PE image starts with; ``e_lfanew`` is the offset of the PE signature."""

    e_magic = raw(0x00, 2)
    e_lfanew = u32(0x3C)


class CoffHeader(Layout, size=0x18, title="PE header"):
    """The PE signature and the COFF file header after it."""

    signature = raw(0x00, 4)
    Machine = u16(0x04)
    NumberOfSections = u16(0x06)
    SizeOfOptionalHeader = u16(0x14)


class OptionalHeader(Layout, size=0x46, title="PE optional header"):
    """The fields that PE32 and PE32+ have at the same offsets."""

    Magic = u16(0x00)
    Subsystem = u16(0x44)


class SectionHeader(Layout, size=0x28, title="PE section header"):
    """A row of the section table."""

    Name = raw(0x00, 8)
    VirtualSize = u32(0x08)
    VirtualAddress = u32(0x0C)
    SizeOfRawData = u32(0x10)
    PointerToRawData = u32(0x14)


class Section:
    """A section's contents: ``size`` bytes at ``offset`` of the file."""

    __slots__ = ("address", "name", "offset", "size", "virtual_size")

    def __init__(self, header: SectionHeader) -> None:
        self.name = printable(header.Name.split(b"\0")[0].decode("latin-1"))
        self.offset = header.PointerToRawData
        self.address = header.VirtualAddress
        self.virtual_size = header.VirtualSize
        # The file's size is rounded up to its alignment, the virtual one is what was put in.
        sizes = header.SizeOfRawData, header.VirtualSize or header.SizeOfRawData
        self.size = min(sizes)

    def __repr__(self) -> str:
        return f"<{self.name} [{self.offset:#x}, {self.offset + self.size:#x})>"


class Image:
    """A PE image: ``machine``, ``subsystem`` and the sections in the order of the table."""

    __slots__ = ("machine", "sections", "subsystem")

    def __init__(self, machine: int, subsystem: int, sections: list[Section]) -> None:
        self.machine = machine
        self.subsystem = subsystem
        self.sections = sections

    def section(self, name: str) -> Section | None:
        """The first section called NAME."""
        return next((section for section in self.sections if section.name == name), None)


def parse(head: Buffer, file_size: int | None = None, *, source: str = "") -> Image:
    """The image whose first bytes are HEAD and which has FILE_SIZE bytes (default: HEAD is all).

    FormatError when it is none, and when a section lies outside the file.
    """
    size = len(head) if file_size is None else file_size
    try:
        coff = _coff(head)
        optional_at = coff.base + CoffHeader.size
        optional = OptionalHeader(head, optional_at)
        if optional.Magic not in (_PE32, _PE32_PLUS):
            raise FormatError(
                "PE optional header: Magic", optional_at, "0x10b or 0x20b", f"{optional.Magic:#x}"
            )
        table = optional_at + coff.SizeOfOptionalHeader
        count = coff.NumberOfSections
        if count > MAX_SECTIONS:
            raise FormatError(
                "PE header: NumberOfSections", coff.base + 6, f"at most {MAX_SECTIONS}", str(count)
            )
        rows = [SectionHeader(head, table + i * SectionHeader.size) for i in range(count)]
        sections = [_checked(row, size) for row in rows]
    except FormatError as error:
        raise error.within(source) if source else error from None
    return Image(coff.Machine, optional.Subsystem, sections)


def _coff(head: Buffer) -> CoffHeader:
    dos = DosHeader(head)
    if dos.e_magic != b"MZ":
        raise FormatError("MS-DOS header", 0, "MZ", repr(printable(dos.e_magic.decode("latin-1"))))
    coff = CoffHeader(head, dos.e_lfanew)
    if coff.signature != b"PE\0\0":
        found = repr(printable(coff.signature.decode("latin-1")))
        raise FormatError("PE header", dos.e_lfanew, "PE\\0\\0", found)
    return coff


def _checked(row: SectionHeader, file_size: int) -> Section:
    section = Section(row)
    if section.size and section.offset + section.size > file_size:
        raise FormatError(
            f"PE section {section.name}",
            section.offset,
            f"{section.size:#x} bytes",
            f"{max(file_size - section.offset, 0):#x}",
            hint="the file is cut short",
        )
    return section


def contents(data: Buffer, section: Section) -> bytes:
    """The bytes of SECTION in the whole file DATA."""
    return bytes(data[section.offset : section.offset + section.size])
