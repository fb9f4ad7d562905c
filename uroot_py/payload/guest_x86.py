"""The Linux plan for a guest: where its pieces go, and the 64-bit state its processor starts in.

Placement and the zero page are those of ``linux_x86``, as for kexec. What a guest needs besides is
here: the memory map that its firmware would tell, page tables, a stack, registers. Addresses
(``..._address``) are physical ones of the guest. Ref: Documentation/arch/x86/boot.rst, 64-bit boot
protocol (Linux 6.1); Intel SDM volume 3, 4.5.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError, PlanError
from uroot_py.base.ranges import PAGE_SIZE, Range
from uroot_py.formats.kernel import boot_params as bp
from uroot_py.formats.kernel.boot_params import BootParams
from uroot_py.formats.kernel.bzimage import BzImage
from uroot_py.formats.kernel.elf import Elf
from uroot_py.memory.map import RAM, RESERVED, MemoryMap
from uroot_py.payload.linux_x86 import plan_bzimage, plan_vmlinux
from uroot_py.payload.memory import GIB4, MIB, Memory
from uroot_py.payload.request import Request, check_cmdline
from uroot_py.payload.segment import Segment
from uroot_py.payload.zero_page import Machine, fill, pack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from uroot_py.base.layout import Buffer
    from uroot_py.payload.plan import Plan

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
_LOW_RAM_END = 0x9F000  # what follows, up to 1 MiB, is the firmware's
_PRESENT_WRITABLE_USER = 0x7
_LARGE_PAGE = 0x80
_OLDEST = 0x20C  # the protocol that tells of a 64-bit entry


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


class BootOptions:
    """How a kernel is placed. None is the loader's choice; ``rsdp_address`` 0: no ACPI tables."""

    __slots__ = (
        "address_space_gib",
        "cmdline",
        "cmdline_address",
        "e820",
        "initrd",
        "initrd_address",
        "load_address",
        "paging_base",
        "rsdp_address",
        "stack_top_address",
        "zero_page_address",
    )

    def __init__(self, cmdline: bytes = b"", initrd: Buffer = b"") -> None:
        self.cmdline = cmdline
        self.initrd = initrd
        self.load_address: int | None = None
        self.initrd_address: int | None = None
        self.zero_page_address = 0x90000
        self.cmdline_address: int | None = None  # behind the zero page
        self.stack_top_address: int | None = None  # a page below the end of the low RAM
        self.paging_base = 0x20000
        self.address_space_gib = 4
        self.e820: MemoryMap | None = None
        self.rsdp_address = 0


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


def page_tables(base: int, gib: int) -> bytes:
    """Tables at BASE that map the first GIB GiB to themselves, in pages of 2 MiB."""
    if not 1 <= gib <= 512 or base % PAGE_SIZE:
        raise PlanError(f"page tables for {gib} GiB at {base:#x}: expected 1 to 512, whole pages")
    flags = _PRESENT_WRITABLE_USER
    top = [base + PAGE_SIZE | flags] + [0] * 511
    middle = [base + (2 + n) * PAGE_SIZE | flags for n in range(gib)] + [0] * (512 - gib)
    pages = [n << 21 | flags | _LARGE_PAGE for n in range(512 * gib)]
    return b"".join(entry.to_bytes(8, "little") for entry in top + middle + pages)


class BootPlan:
    """Where everything was put, for the first processor; ``plan`` is what kexec would get."""

    __slots__ = (
        "address_space_gib",
        "cmdline_address",
        "entry_address",
        "load_address",
        "paging_base",
        "plan",
        "stack_top_address",
        "zero_page_address",
    )

    def __init__(self, plan: Plan, options: BootOptions, load_address: int, stack: int) -> None:
        self.plan = plan
        self.load_address = load_address
        self.entry_address = plan.entry
        self.zero_page_address = options.zero_page_address
        self.cmdline_address = options.cmdline_address or options.zero_page_address + PAGE_SIZE
        self.stack_top_address = stack
        self.paging_base = options.paging_base
        self.address_space_gib = options.address_space_gib

    def state(self) -> LongMode:
        """The processor's state at the kernel's entry."""
        return LongMode(
            self.paging_base,
            {
                "rip": self.entry_address,
                "rsi": self.zero_page_address,
                "rsp": self.stack_top_address,
            },
        )

    def configure_vcpu(self, vcpu: Processor) -> None:
        """Bring VCPU to the kernel's entry."""
        vcpu.enter_long_mode(self.state())


class KernelImage:
    """A checked kernel file, bzImage or vmlinux, that has a 64-bit entry.

    ``header`` is a zero page with its setup header, ``header_bytes`` that header alone (empty for
    a vmlinux), ``payload_offset`` where the part that is loaded begins in the file.
    """

    def __init__(self, data: Buffer) -> None:
        self.data = data
        self.elf = Elf(data) if bytes(data[:4]) == b"\x7fELF" else None
        self.header_bytes = b""
        self.payload_offset = 0
        if self.elf is None:
            self.image = BzImage(data)
            self.header = self.image.header
            self.header_bytes = bytes(data[0x1F1 : 0x202 + data[0x201]])
            self.payload_offset = self.image.setup_size
        else:
            self.header = BootParams.new(header=b"HdrS", version=0x20F, boot_flag=0xAA55)
            self.header.loadflags, self.header.xloadflags = bp.LOADED_HIGH, bp.XLF_KERNEL_64
            self.header.cmdline_size = 2047
            self.header.initrd_addr_max = 0x7FFFFFFF
        self._check()

    def _check(self) -> None:
        version = self.header.version
        if self.elf:
            machine = self.elf.machine
            if machine != 62:
                raise FormatError("ELF header: e_machine", 0x12, "x86-64 (62)", str(machine))
            lowest = min((part.physical_address for part in self.elf.programs), default=0)
            if lowest < MIB:
                wanted = "a kernel's: 1 MiB or more"
                raise FormatError("ELF: lowest p_paddr", 0, wanted, f"{lowest:#x}")
        if version < _OLDEST:
            found = f"{version >> 8}.{version & 0xFF:02}"
            raise FormatError("bzImage: version", 0x206, "2.12 or newer", found)
        if not self.header.xloadflags & bp.XLF_KERNEL_64:
            raise FormatError(
                "bzImage: xloadflags", 0x236, "a 64-bit entry", f"{self.header.xloadflags:#x}"
            )

    def payload(self) -> memoryview:
        """The part of the file that is loaded."""
        return memoryview(self.data)[self.payload_offset :]

    def default_load_address(self) -> int:
        """Where this kernel would like to be."""
        if self.elf:
            return min(part.physical_address for part in self.elf.programs)
        high = self.header.loadflags & bp.LOADED_HIGH
        return self.header.pref_address or (MIB if high else 0x10000)

    def entry_point(self, load_address: int) -> int:
        """The 64-bit entry of this kernel at LOAD_ADDRESS; a vmlinux does not move."""
        return self.elf.physical_entry() if self.elf else load_address + 0x200

    def load_into_memory(self, memory: Target, load_address: int) -> None:
        """Clear what the kernel uses from LOAD_ADDRESS on and put its payload there."""
        if self.elf:
            for part in self.elf.programs:
                memory.clear(part.physical_address, part.memory_size)
                memory.write(part.physical_address, part.data)
            return
        memory.clear(load_address, max(self.header.init_size, len(self.payload())))
        memory.write(load_address, self.payload())

    def build_zero_page(
        self,
        memory: Target,
        load_address: int,
        options: BootOptions,
        e820: MemoryMap,
    ) -> None:
        """Write the zero page and the command line that OPTIONS say, without any placing.

        The initrd is at ``options.initrd_address``.
        """
        check_cmdline(options.cmdline, self.header.cmdline_size)
        page = BootParams(bytearray(bytes(self.header)))
        request = Request(options.cmdline)
        machine = Machine(rsdp_address=options.rsdp_address)
        fill(page, e820, machine)
        page.type_of_loader = 0xFF
        page.code32_start = load_address & 0xFFFFFFFF
        address, size = options.initrd_address or 0, len(options.initrd)
        if size and not address:
            raise PlanError("an initrd needs an address")
        page.ramdisk_image, page.ext_ramdisk_image = address & 0xFFFFFFFF, address >> 32
        page.ramdisk_size, page.ext_ramdisk_size = size & 0xFFFFFFFF, size >> 32
        blob = pack(page, options.zero_page_address, request, e820, machine)
        memory.write(options.zero_page_address, _point(blob, options, memory))

    def plan(self, options: BootOptions, ram_size: int) -> BootPlan:
        """Where everything goes in a guest of RAM_SIZE bytes; nothing is written.

        PlanError (NotEnoughSpaceError) when it does not fit.
        """
        room = Memory(options.e820 or default_e820_map(ram_size))
        low_end = max(each.end for each in room.phys.ram() if each.start < GIB4)
        stack = (options.stack_top_address or low_end - PAGE_SIZE) & ~0xF
        tables = page_tables(options.paging_base, options.address_space_gib)
        where = Range.from_size(options.paging_base, len(tables))
        for place, what in ((where, "the page tables"), (Range(stack - 4096, stack), "the stack")):
            room.check_free(place, what)
            room.keep_free(place)
        request = Request(options.cmdline, options.initrd)
        request.entry = "64"
        request.load_address = options.load_address
        request.initrd_address = options.initrd_address
        request.zero_page_address = options.zero_page_address
        machine = Machine(rsdp_address=options.rsdp_address)
        if self.elf:
            plan = plan_vmlinux(self.data, room, request, machine)
            load_address = self.default_load_address()
        else:
            plan = plan_bzimage(BzImage(self.data), room, request, machine)
            load_address = plan.entry - 0x200
        plan.segments.insert_segment(Segment(tables, where, "page tables"))
        return BootPlan(plan, options, load_address, stack)

    def prepare(self, memory: Target, options: BootOptions, ram_size: int) -> BootPlan:
        """Plan, and put everything into MEMORY."""
        made = self.plan(options, ram_size)
        for segment in made.plan.segments:
            content: Buffer = segment.content()
            if segment.phys.contains(options.zero_page_address):
                content = _point(bytes(content), options, memory)
            memory.write(segment.phys.start, content)
            memory.clear(segment.phys.start + len(content), segment.phys.size - len(content))
        return made


def _point(page: bytes, options: BootOptions, memory: Target) -> bytes:
    """PAGE, with the command line at the address that OPTIONS give, if they do."""
    address = options.cmdline_address
    if address is None:
        return page
    fresh = BootParams(bytearray(page))
    fresh.cmd_line_ptr, fresh.ext_cmd_line_ptr = address & 0xFFFFFFFF, address >> 32
    memory.write(address, options.cmdline + b"\0")
    return bytes(fresh.data)


def load_kernel(data: Buffer) -> KernelImage:
    """The kernel in DATA, a bzImage or a vmlinux; FormatError when it is neither or 32-bit only."""
    return KernelImage(data)


def load_bzimage(data: Buffer) -> KernelImage:
    """The bzImage in DATA."""
    BzImage(data)
    return KernelImage(data)
