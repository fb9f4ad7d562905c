"""The Linux boot loader for virtual machines, as its package has it.

Everything is done by ``payload.guest_x86``, as for our own guests. In BootOptions 0 means the
default. A kernel can also be placed piece by piece.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError, PlanError
from uroot_py.base.ranges import PAGE_SIZE
from uroot_py.formats.kernel import boot_params as bp
from uroot_py.formats.kernel.boot_params import BootParams
from uroot_py.formats.kernel.bzimage import BzImage
from uroot_py.formats.kernel.elf import EM_X86_64, Elf
from uroot_py.payload.guest_x86 import ZERO_PAGE_ADDRESS, Frame, LongMode, plan_guest
from uroot_py.payload.linux_x86 import ENTRY_64, fill, pack
from uroot_py.payload.plan import MIB
from uroot_py.payload.request import KernelFile, Platform, Request, check_cmdline

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.base.layout import Buffer
    from uroot_py.memory.map import MemoryMap
    from uroot_py.payload.guest_x86 import GuestPlan, Processor, Target

_OLDEST = 0x20C  # the protocol that tells of a 64-bit entry


class BootOptions:
    """How a kernel is placed. 0 is the loader's choice; ``rsdp_address`` 0: no ACPI tables."""

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
        self.load_address = 0  # the kernel's preferred one
        self.initrd_address = 0  # as high as it may be
        self.zero_page_address = 0  # 0x90000
        self.cmdline_address = 0  # behind the zero page
        self.stack_top_address = 0  # a page below the end of the low RAM
        self.paging_base = 0  # 0x20000
        self.address_space_gib = 0  # 4
        self.e820: MemoryMap | None = None
        self.rsdp_address = 0

    def request(self, kernel: KernelFile) -> Request:
        """The same as a planner is asked it."""
        asked = Request(kernel, self.cmdline, self.initrd)
        asked.load_address = self.load_address or None
        asked.initrd_address = self.initrd_address or None
        asked.zero_page_address = self.zero_page_address or None
        asked.cmdline_address = self.cmdline_address or None
        asked.platform = Platform(rsdp_address=self.rsdp_address)
        return asked

    def frame(self) -> Frame:
        """What the kernel stands in."""
        made = Frame()
        made.paging_base = self.paging_base or made.paging_base
        made.gib = self.address_space_gib or made.gib
        made.stack_top_address = self.stack_top_address or None
        made.e820 = self.e820
        return made


class BootPlan:
    """Where everything was put, for the first processor."""

    __slots__ = (
        "address_space_gib",
        "cmdline_address",
        "entry_address",
        "load_address",
        "paging_base",
        "stack_top_address",
        "state",
        "zero_page_address",
    )

    def __init__(self, guest: GuestPlan, options: BootOptions) -> None:
        frame = options.frame()
        self.state: LongMode = guest.state
        self.load_address = guest.load_address
        self.entry_address = guest.state.registers["rip"]
        self.zero_page_address = guest.state.registers["rsi"]
        self.cmdline_address = options.cmdline_address or self.zero_page_address + PAGE_SIZE
        self.stack_top_address = guest.state.registers["rsp"]
        self.paging_base = frame.paging_base
        self.address_space_gib = frame.gib

    def configure_vcpu(self, vcpu: Processor) -> None:
        """Bring VCPU to the kernel's entry."""
        vcpu.enter_long_mode(self.state)


class KernelImage:
    """A checked kernel file, bzImage or vmlinux, that has a 64-bit entry.

    ``header`` is a zero page with its setup header, ``header_bytes`` that header alone (empty for
    a vmlinux), ``payload_offset`` where the part that is loaded begins in the file.
    """

    def __init__(self, data: Buffer) -> None:
        self.data = data
        self.elf: Elf | None = None
        self.header_bytes = b""
        self.payload_offset = 0
        if bytes(data[:4]) == b"\x7fELF":
            self.elf = Elf(data)
            if self.elf.machine != EM_X86_64:
                found = str(self.elf.machine)
                raise FormatError("ELF header: e_machine", 0x12, "x86-64 (62)", found)
            lowest = min((part.physical_address for part in self.elf.programs), default=0)
            if lowest < MIB:
                wanted = "a kernel's: 1 MiB or more"
                raise FormatError("ELF: lowest p_paddr", 0, wanted, f"{lowest:#x}")
            self.header = bp.header_for_vmlinux(has_64=True)
            return
        image = BzImage(data)
        self.header = image.header
        self.header_bytes = bytes(data[0x1F1 : 0x202 + data[0x201]])
        self.payload_offset = image.setup_size
        if self.header.version < _OLDEST:
            raise FormatError("bzImage: version", 0x206, "2.12 or newer", image.protocol)
        if not self.header.xloadflags & bp.XLF_KERNEL_64:
            found = f"{self.header.xloadflags:#x}"
            raise FormatError("bzImage: xloadflags", 0x236, "a 64-bit entry", found)

    def payload(self) -> memoryview:
        """The part of the file that is loaded."""
        return memoryview(self.data)[self.payload_offset :]

    def default_load_address(self) -> int:
        """Where this kernel would like to be."""
        if self.elf:
            return min(part.physical_address for part in self.elf.programs)
        if self.header.pref_address:
            return self.header.pref_address
        return MIB if self.header.loadflags & bp.LOADED_HIGH else 0x10000

    def entry_point(self, load_address: int) -> int:
        """The 64-bit entry of this kernel at LOAD_ADDRESS; a vmlinux does not move."""
        return self.elf.physical_entry() if self.elf else load_address + ENTRY_64

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
        self, memory: Target, load_address: int, options: BootOptions, e820_map: MemoryMap
    ) -> None:
        """Write the zero page and the command line that OPTIONS say, without any placing.

        The initrd is at ``options.initrd_address``.
        """
        check_cmdline(options.cmdline, self.header.cmdline_size)
        page = BootParams(bytearray(bytes(self.header)))
        asked = options.request(KernelFile("kernel", self.data))
        rows = fill(page, e820_map, asked.platform)
        page.type_of_loader = 0xFF
        page.code32_start = load_address & 0xFFFFFFFF
        address, size = options.initrd_address, len(options.initrd)
        if size and not address:
            raise PlanError("an initrd needs an address")
        page.ramdisk_image, page.ext_ramdisk_image = address & 0xFFFFFFFF, address >> 32
        page.ramdisk_size, page.ext_ramdisk_size = size & 0xFFFFFFFF, size >> 32
        where = options.zero_page_address or ZERO_PAGE_ADDRESS
        memory.write(where, pack(page, where, asked, rows))
        if options.cmdline_address:
            memory.write(options.cmdline_address, options.cmdline + b"\0")

    def prepare(self, memory: Target, options: BootOptions, ram_size: int) -> BootPlan:
        """Plan, and put everything into MEMORY.

        [load, load + init_size) is cleared before the kernel is put there.
        """
        asked = options.request(KernelFile("kernel", self.data))
        made = plan_guest(asked, ram_size, options.frame())
        made.put(memory)
        return BootPlan(made, options)


def load_kernel(data: Buffer) -> KernelImage:
    """The kernel in DATA, a bzImage or a vmlinux; FormatError when it is neither or 32-bit only."""
    return KernelImage(data)


def load_bzimage(data: Buffer) -> KernelImage:
    """The bzImage in DATA; FormatError when it is none."""
    BzImage(data)
    return KernelImage(data)
