"""ELF files, as far as a loader needs them: the program headers and the entry.

Ref: System V ABI, chapter 4 and 5; ELF-64 Object File Format, version 1.5.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.base.layout import Layout, raw, u16, u32, u64

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.base.layout import Buffer

PT_LOAD = 1
PT_NOTE = 4
EM_386 = 3
EM_X86_64 = 62
EM_AARCH64 = 183
EM_RISCV = 243
ET_EXEC = 2
ET_DYN = 3
_MAX_PHNUM = 1024  # more than any kernel has, by far


class Ehdr32(Layout, size=0x34, title="ELF header"):
    """Elf32_Ehdr."""

    e_ident = raw(0x00, 16)
    e_type = u16(0x10)
    e_machine = u16(0x12)
    e_version = u32(0x14)
    e_entry = u32(0x18)
    e_phoff = u32(0x1C)
    e_shoff = u32(0x20)
    e_flags = u32(0x24)
    e_ehsize = u16(0x28)
    e_phentsize = u16(0x2A)
    e_phnum = u16(0x2C)
    e_shentsize = u16(0x2E)
    e_shnum = u16(0x30)
    e_shstrndx = u16(0x32)


class Ehdr64(Layout, size=0x40, title="ELF header"):
    """Elf64_Ehdr."""

    e_ident = raw(0x00, 16)
    e_type = u16(0x10)
    e_machine = u16(0x12)
    e_version = u32(0x14)
    e_entry = u64(0x18)
    e_phoff = u64(0x20)
    e_shoff = u64(0x28)
    e_flags = u32(0x30)
    e_ehsize = u16(0x34)
    e_phentsize = u16(0x36)
    e_phnum = u16(0x38)
    e_shentsize = u16(0x3A)
    e_shnum = u16(0x3C)
    e_shstrndx = u16(0x3E)


class Phdr32(Layout, size=0x20, title="ELF program header"):
    """Elf32_Phdr."""

    p_type = u32(0x00)
    p_offset = u32(0x04)
    p_vaddr = u32(0x08)
    p_paddr = u32(0x0C)
    p_filesz = u32(0x10)
    p_memsz = u32(0x14)
    p_flags = u32(0x18)
    p_align = u32(0x1C)


class Phdr64(Layout, size=0x38, title="ELF program header"):
    """Elf64_Phdr."""

    p_type = u32(0x00)
    p_flags = u32(0x04)
    p_offset = u64(0x08)
    p_vaddr = u64(0x10)
    p_paddr = u64(0x18)
    p_filesz = u64(0x20)
    p_memsz = u64(0x28)
    p_align = u64(0x30)


class Program:
    """A part of an object file that is to be loaded; sizes in bytes, ``data`` from the file."""

    __slots__ = ("data", "memory_size", "physical_address", "virtual_address")

    def __init__(self, data: Buffer, physical: int, virtual: int, memory_size: int) -> None:
        self.data = data
        self.physical_address = physical
        self.virtual_address = virtual
        self.memory_size = memory_size


class Elf:
    """A checked ELF file: ``bits``, ``machine``, ``type``, ``entry``, ``programs`` (PT_LOAD)."""

    def __init__(self, data: Buffer) -> None:
        ident = bytes(data[:16])
        if ident[:4] != b"\x7fELF":
            raise FormatError("ELF header: e_ident", 0, "7f 45 4c 46", ident[:4].hex(" "))
        if ident[4:5] not in (b"\1", b"\2") or ident[5:6] != b"\1":
            raise FormatError(
                "ELF header: e_ident", 4, "32 or 64 bits, little-endian", ident[4:6].hex(" ")
            )
        self.data = data
        self.bits = 32 * ident[4]
        self.header = Ehdr64(data) if self.bits == 64 else Ehdr32(data)
        self.machine = self.header.e_machine
        self.type = self.header.e_type
        self.entry = self.header.e_entry
        self.programs = [
            Program(self._part(head), head.p_paddr, head.p_vaddr, head.p_memsz)
            for head in self.headers()
            if head.p_type == PT_LOAD and head.p_memsz
        ]

    def headers(self) -> list[Phdr64 | Phdr32]:
        """Every program header; FormatError for one outside the file."""
        kind = Phdr64 if self.bits == 64 else Phdr32
        count, size = self.header.e_phnum, self.header.e_phentsize
        where = type(self.header)
        if not 0 < count <= _MAX_PHNUM:
            raise FormatError(
                "ELF header: e_phnum", where.e_phnum.offset, f"1 to {_MAX_PHNUM}", str(count)
            )
        if size < kind.size:
            raise FormatError(
                "ELF header: e_phentsize",
                where.e_phentsize.offset,
                f"at least {kind.size}",
                str(size),
            )
        return [kind(self.data, self.header.e_phoff + i * size) for i in range(count)]

    def _part(self, head: Phdr64 | Phdr32) -> Buffer:
        end = head.p_offset + head.p_filesz
        if end > len(self.data):
            raise FormatError(
                "ELF program header: p_filesz",
                head.base,
                f"at most {len(self.data):#x}",
                f"{end:#x}",
            )
        if head.p_filesz > head.p_memsz:
            raise FormatError(
                "ELF program header: p_filesz",
                head.base,
                f"at most p_memsz ({head.p_memsz:#x})",
                f"{head.p_filesz:#x}",
            )
        return memoryview(self.data)[head.p_offset : end]

    def physical_entry(self) -> int:
        """The entry as a physical address; it may be given as a virtual one.

        FormatError when no loaded part holds it.
        """
        for part in self.programs:
            if 0 <= self.entry - part.physical_address < part.memory_size:
                return self.entry
        for part in self.programs:
            if 0 <= self.entry - part.virtual_address < part.memory_size:
                return self.entry - part.virtual_address + part.physical_address
        raise FormatError("ELF header: e_entry", 0x18, "inside a PT_LOAD", f"{self.entry:#x}")
