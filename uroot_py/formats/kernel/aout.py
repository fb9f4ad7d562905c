"""Plan 9 a.out: the kernels of Plan 9 and its children.

Text goes to where the entry says, data to the next page, bss behind the data. A 386 file counts
its header as the beginning of the text's first page, an amd64 file does not.
Ref: Plan 9 Programmer's Manual, a.out(6).
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.base.layout import Layout, u32
from uroot_py.base.ranges import PAGE_SIZE, align_down, align_up
from uroot_py.base.reader import number_at
from uroot_py.formats.kernel.elf import Program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.base.layout import Buffer

HDR_MAGIC = 0x8000  # a 64-bit entry follows the header


def _magic(number: int) -> int:
    return 4 * number * number + 7


I_MAGIC = _magic(11)
S_MAGIC = HDR_MAGIC | _magic(26)
# Physical addresses are the low bits of the kernel's virtual ones: KZERO 0xf0000000 and
# 0xffffffff80000000.
_PHYSICAL = {I_MAGIC: 0x0FFFFFFF, S_MAGIC: 0x7FFFFFFF}


class Exec(Layout, size=32, order="big", title="Plan 9 a.out header"):
    """struct Exec."""

    magic = u32(0x00)
    text = u32(0x04)
    data_size = u32(0x08)  # called data; a Layout has something else of that name
    bss = u32(0x0C)
    syms = u32(0x10)
    entry = u32(0x14)
    spsz = u32(0x18)
    pcsz = u32(0x1C)


class Aout:
    """A checked a.out file: ``bits``, ``entry`` (physical), ``programs`` (text, data with bss)."""

    def __init__(self, data: Buffer) -> None:
        head = Exec(data)
        mask = _PHYSICAL.get(head.magic)
        if mask is None:
            raise FormatError(
                "Plan 9 a.out header: magic", 0, f"{I_MAGIC:#x} or {S_MAGIC:#x}", f"{head.magic:#x}"
            )
        self.bits = 64 if head.magic == S_MAGIC else 32
        size = Exec.size + (8 if self.bits == 64 else 0)
        if len(data) < size + head.text + head.data_size:
            raise FormatError(
                "Plan 9 a.out",
                0,
                f"{size + head.text + head.data_size} bytes",
                f"{len(data)} bytes",
            )
        view = memoryview(data)
        entry = head.entry
        if self.bits == 64:
            entry = number_at(data, Exec.size, 8, "big")
        self.entry = entry & mask
        start = self.entry if self.bits == 64 else align_down(self.entry, PAGE_SIZE) + size
        text, end = size + head.text, size + head.text + head.data_size
        after = align_up(start + head.text, PAGE_SIZE)
        self.programs = [
            Program(view[size:text], start, start, head.text),
            Program(view[text:end], after, after, head.data_size + head.bss),
        ]
