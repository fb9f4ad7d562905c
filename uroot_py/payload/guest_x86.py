"""The Linux plan for a guest: where its pieces go, and the 64-bit state its processor starts in.

Placement and the zero page are those of ``linux_x86``, as for kexec. What a guest needs besides is
here: the memory map that its firmware would tell, page tables, a stack, registers. Addresses
(``..._address``) are physical ones of the guest. Ref: Documentation/arch/x86/boot.rst, 64-bit boot
protocol (Linux 6.1); Intel SDM volume 3, 4.5.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError, PlanError
from uroot_py.base.ranges import PAGE_SIZE, Range
from uroot_py.base.reader import as_bytes
from uroot_py.memory.map import RAM, RESERVED, MemoryMap
from uroot_py.payload.linux_x86 import ENTRY_64
from uroot_py.payload.plan import GIB4, MIB, Memory, Segment
from uroot_py.payload.planner import find_planner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from uroot_py.base.layout import Buffer
    from uroot_py.payload.plan import Plan
    from uroot_py.payload.request import Request

    class Target(Protocol):
        """The memory of a guest."""

        def write(self, address: int, data: Buffer) -> None:
            """Put DATA at ADDRESS."""

        def clear(self, address: int, size: int) -> None:
            """Put zeros there."""

    class Processor(Protocol):
        """The first processor of a guest."""

        def enter_long_mode(self, state: LongMode) -> None:
            """Take STATE over."""


GIB3 = 3 << 30  # RAM above it begins at 4 GiB: devices are between
ZERO_PAGE_ADDRESS = 0x90000
_LOW_RAM_END = 0x9F000  # what follows, up to 1 MiB, is the firmware's
_PRESENT_WRITABLE_USER = 0x7
_LARGE_PAGE = 0x80


def default_e820_map(ram_size: int) -> MemoryMap:
    """What firmware tells of RAM_SIZE bytes: RAM, a reserved piece below 1 MiB, a hole at 3 GiB."""
    size = ram_size // PAGE_SIZE * PAGE_SIZE
    low = min(size, GIB3)
    if low <= MIB:
        raise PlanError(f"a guest needs more than 1 MiB of memory, not {ram_size:#x} bytes")
    entries = [(0, _LOW_RAM_END, RAM), (_LOW_RAM_END, MIB, RESERVED), (MIB, low, RAM)]
    if size > low:
        entries.append((GIB4, GIB4 + size - low, RAM))
    return MemoryMap.from_entries(entries)


class Frame:
    """What a guest's kernel stands in: page tables that map GIB GiB, a stack, a memory map.

    None is the planner's choice: a stack a page below the end of the low RAM, default_e820_map.
    """

    def __init__(self, paging_base: int = 0x20000, gib: int = 4) -> None:
        self.paging_base = paging_base
        self.gib = gib
        self.stack_top_address: int | None = None
        self.e820: MemoryMap | None = None


class LongMode:
    """A processor in 64-bit mode with flat segments: control registers and general ones."""

    __slots__ = ("cr0", "cr3", "cr4", "efer", "registers")
    CODE_SELECTOR = 0x10  # __BOOT_CS
    DATA_SELECTOR = 0x18  # __BOOT_DS

    def __init__(self, cr3: int, registers: dict[str, int]) -> None:
        self.cr0 = 0x80050033  # PG AM WP NE ET MP PE
        self.cr3 = cr3
        self.cr4 = 0x20  # PAE
        self.efer = 0x500  # LMA LME
        self.registers = {"rflags": 2, **registers}


class GuestPlan:
    """A Plan, which is what kexec would get, and the state that the first processor begins in."""

    def __init__(self, plan: Plan, load_address: int, state: LongMode) -> None:
        self.plan = plan
        self.load_address = load_address
        self.state = state

    def put(self, memory: Target) -> None:
        """Write everything to its place; what a segment does not fill becomes zeros."""
        for segment in self.plan.segments:
            content = segment.content()
            memory.write(segment.phys.start, content)
            memory.clear(segment.phys.start + len(content), segment.phys.size - len(content))


def page_tables(base: int, gib: int) -> bytes:
    """Tables at BASE that map the first GIB GiB to themselves, in pages of 2 MiB."""
    if not 1 <= gib <= 512 or base % PAGE_SIZE:
        raise PlanError(f"page tables for {gib} GiB at {base:#x}: expected 1 to 512, whole pages")
    flags = _PRESENT_WRITABLE_USER
    top = [base + PAGE_SIZE | flags] + [0] * 511
    middle = [base + (2 + n) * PAGE_SIZE | flags for n in range(gib)] + [0] * (512 - gib)
    pages = [n << 21 | flags | _LARGE_PAGE for n in range(512 * gib)]
    return b"".join(as_bytes(entry, 8) for entry in top + middle + pages)


def plan_guest(request: Request, ram_size: int, frame: Frame | None = None) -> GuestPlan:
    """Where everything goes in a guest of RAM_SIZE bytes; nothing is written.

    FormatError for what is no kernel with a 64-bit entry, PlanError when it does not fit.
    """
    kind = request.kernel.kind
    if (kind.name, kind.machine) not in (("bzImage", "x86_64"), ("elf", "x86_64")):
        raise FormatError("kernel", 0, "an x86-64 bzImage or vmlinux", kind.text)
    frame = frame or Frame()
    room = Memory(frame.e820 or default_e820_map(ram_size))
    low_end = max(each.end for each in room.phys.ram() if each.start < GIB4)
    stack = (frame.stack_top_address or low_end - PAGE_SIZE) & ~0xF
    tables = page_tables(frame.paging_base, frame.gib)
    where = Range.from_size(frame.paging_base, len(tables))
    for place, what in ((where, "the page tables"), (Range(stack - 4096, stack), "the stack")):
        room.check_free(place, what)
        room.keep_free(place)
    request.entry = "64"
    if request.zero_page_address is None:
        request.zero_page_address = ZERO_PAGE_ADDRESS
    planner, _ = find_planner(request.kernel)
    plan = planner(request, room)
    plan.segments.insert_segment(Segment(tables, where, "page tables"))
    start = plan.entry - ENTRY_64
    if kind.name == "elf":
        start = min(each.phys.start for each in plan.segments if each.label == "vmlinux")
        if start < MIB:
            wanted = "a kernel's: 1 MiB or more"
            raise FormatError("ELF: lowest p_paddr", 0, wanted, f"{start:#x}")
    registers = {"rip": plan.entry, "rsi": plan.registers["rsi"], "rsp": stack}
    return GuestPlan(plan, start, LongMode(frame.paging_base, registers))
