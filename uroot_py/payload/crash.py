"""What a crash kernel is told: the memory it may use, and where that of the kernel before it is.

The headers are those of an ELF core file whose contents stay where they are in memory; the crash
kernel shows them as /proc/vmcore. Nothing is copied out of the way: since Linux 5.6 a kernel with
crashkernel= leaves the first MiB unused, so the crash kernel may have it.
Ref: Documentation/admin-guide/kdump/kdump.rst; fs/proc/vmcore.c; Linux 6.1, kernel/crash_core.c.
"""

from __future__ import annotations

from uroot_py.base.errors import PlanError
from uroot_py.base.ranges import Range, Ranges
from uroot_py.formats.kernel.elf import (
    EM_AARCH64,
    EM_RISCV,
    EM_X86_64,
    PT_LOAD,
    PT_NOTE,
    Ehdr64,
    Phdr64,
)
from uroot_py.memory.map import RAM, MemoryMap, TypedRange
from uroot_py.payload.plan import MIB

_ET_CORE = 4
_PF_RWX = 7
MACHINES = {"x86_64": EM_X86_64, "aarch64": EM_AARCH64, "riscv64": EM_RISCV}
_FIRST_MIB = Range(0, MIB)


class Crash:
    """A machine that may crash.

    ``area`` is where the crash kernel has to run, ``areas`` all that is reserved for it (on x86
    some below 4 GiB, too); ``lent`` is memory that it may use besides and the running kernel uses
    meanwhile for what is movable; ``ram`` is the rest of the memory, ``notes`` where its
    processors and itself leave their notes; ``views`` are the parts of its address space that show
    memory: (virtual address, physical address, size); ``headers_room`` is how many bytes the
    running kernel wants for the headers of a machine that may change, 0 where it changes none.
    """

    def __init__(self, areas: Ranges, ram: Ranges) -> None:
        if not areas:
            raise PlanError(
                "no memory is reserved for a crash kernel",
                hint="start this machine with crashkernel=256M on its command line",
            )
        self.areas = areas
        self.area = areas[-1]
        self.ram = ram
        self.lent = Ranges()
        self.notes: list[Range] = []
        self.views: list[tuple[int, int, int]] = []
        self.headers_room = 0

    def memory_map(self, whole: MemoryMap) -> MemoryMap:
        """WHOLE, with no other RAM than what the crash kernel may use."""
        kept = MemoryMap(each for each in whole if each.type != RAM)
        for ram in whole.merge().ram():
            for part in filter(None, map(ram.intersect, (_FIRST_MIB, *self.areas, *self.lent))):
                kept.insert(TypedRange(part, RAM))
        return kept

    def core_headers(self, machine: str) -> bytes:
        """The ELF core file's headers, for a kernel of MACHINE."""
        rows = [(PT_NOTE, each.start, 0, each.size) for each in self.notes]
        memory = self.ram.minus(_FIRST_MIB)
        for lent in self.lent:  # its contents will not be there any more
            memory = memory.minus(lent)
        # Last the kernel's own text, which debuggers look for at its virtual address: of several
        # views of the same memory the last one.
        text = [view for view in self.views if self._virtual(view[1]) != view[0]][-1:]
        rows += [(PT_LOAD, each.start, self._virtual(each.start), each.size) for each in memory]
        rows += [(PT_LOAD, physical, virtual, size) for virtual, physical, size in text]
        header = Ehdr64.new(e_ident=b"\x7fELF\2\1\1", e_type=_ET_CORE, e_version=1)
        header.e_machine = MACHINES[machine]
        header.e_phoff = header.e_ehsize = Ehdr64.size
        header.e_phentsize, header.e_phnum = Phdr64.size, len(rows)
        made = bytes(header)
        for kind, physical, virtual, size in rows:
            part = Phdr64.new(p_type=kind, p_flags=_PF_RWX if kind == PT_LOAD else 0)
            part.p_offset = part.p_paddr = physical
            part.p_vaddr, part.p_filesz, part.p_memsz = virtual, size, size
            made += bytes(part)
        return made

    def _virtual(self, address: int) -> int:
        """Where the running kernel sees the physical ADDRESS first, or 0."""
        for virtual, physical, size in self.views:
            if physical <= address < physical + size:
                return virtual + address - physical
        return 0
