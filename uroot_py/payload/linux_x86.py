"""The plan for an x86 Linux kernel: bzImage through its 64-, 32- or 16-bit entry, and vmlinux.

Ref: Documentation/arch/x86/boot.rst, zero-page.rst (Linux 6.1).
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError, NotEnoughSpaceError, PlanError
from uroot_py.base.ranges import PAGE_SIZE, Range, align_up
from uroot_py.formats.kernel import boot_params as bp
from uroot_py.formats.kernel import elf
from uroot_py.formats.kernel.boot_params import BootParams
from uroot_py.payload.memory import ANYWHERE, GIB4, MIB
from uroot_py.payload.plan import Plan
from uroot_py.payload.request import check_cmdline
from uroot_py.payload.zero_page import Machine, fill, pack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.base.layout import Buffer
    from uroot_py.formats.kernel.bzimage import BzImage
    from uroot_py.payload.memory import Memory
    from uroot_py.payload.plan import Mode
    from uroot_py.payload.request import Request

_MODES: dict[str, Mode] = {"64": "long", "32": "protected", "16": "real"}
_ENTRY_64 = 0x200  # bytes from where the kernel is loaded to its 64-bit entry
_TYPE_UNDEFINED = 0xFF  # type_of_loader: none of those with a number


def plan_bzimage(image: BzImage, memory: Memory, request: Request, machine: Machine) -> Plan:
    """The plan for a bzImage; MEMORY says where there is room and gets the segments.

    PlanError when it cannot be placed or started as REQUEST says.
    """
    header = image.header
    check_cmdline(request.cmdline, header.cmdline_size)
    mode = _mode(header, request)
    if mode == "real":
        return _plan_real_mode(image, memory, request)
    place = _place_kernel(image, memory, mode, request)
    plan = Plan("bzImage", "x86_64", mode, place.start + (_ENTRY_64 if mode == "long" else 0), {})
    plan.notes.append(_where(image, place))
    memory.add(image.payload, Range.from_size(place.start, len(image.payload)), "kernel")
    memory.keep_free(place)
    header.code32_start = place.start if place.start < GIB4 else 0
    return _finish(plan, header, memory, request, machine)


def _where(image: BzImage, place: Range) -> str:
    why = "its preferred address" if place.start == image.header.pref_address else "relocated"
    if not image.header.relocatable_kernel:
        why = "it is not relocatable"
    name = image.release().partition(" ")[0] or "kernel"
    return f"{name}, boot protocol {image.protocol}: runs in {place} ({why})"


def _mode(header: BootParams, request: Request) -> Mode:
    has_64 = bool(header.xloadflags & bp.XLF_KERNEL_64)
    if request.entry == "64" and not has_64:
        raise PlanError("this kernel has no 64-bit entry")
    if request.entry == "32" and not header.code32_start:
        raise PlanError("this kernel has no 32-bit entry", hint="use --real-mode")
    # Programs in the clothes of a kernel, such as iPXE, have setup code and nothing else.
    best = "64" if has_64 else "32" if header.code32_start else "16"
    return _MODES[request.entry or best]


def _place_kernel(image: BzImage, memory: Memory, mode: Mode, request: Request) -> Range:
    header = image.header
    fixed = header.pref_address or (MIB if header.loadflags & bp.LOADED_HIGH else 0x10000)
    size = align_up(max(header.init_size, len(image.payload)), PAGE_SIZE)
    wanted = Range.from_size(fixed, size)
    if request.load_address is not None and header.relocatable_kernel:
        wanted = Range.from_size(align_up(request.load_address, header.kernel_alignment), size)
    if not header.relocatable_kernel or request.load_address is not None:
        memory.check_free(
            wanted, "this kernel" if request.load_address else "a kernel that is not relocatable"
        )
        return wanted
    try:
        memory.check_free(wanted, "")
    except PlanError:
        # Below its preferred address a kernel would move itself up to it.
        limit = ANYWHERE.end if mode == "long" and _above(header) else GIB4
        return memory.find_space(size, header.kernel_alignment, within=Range(fixed, limit))
    return wanted


def _above(header: BootParams) -> bool:
    return bool(header.xloadflags & bp.XLF_CAN_BE_LOADED_ABOVE_4G)


def _high(memory: Memory, size: int, limit: int, *, above: bool) -> Range:
    """The highest place below LIMIT; one anywhere if there is none and the kernel can reach it."""
    try:
        return memory.find_space(size, within=Range(MIB, limit), top=True)
    except NotEnoughSpaceError:
        if not above:
            raise
        return memory.find_space(size, within=ANYWHERE, top=True)


def _add_initrd(plan: Plan, memory: Memory, request: Request, *, limit: int, above: bool) -> int:
    """The initrd as a segment, as high as it may lie; its address, or 0 without one."""
    size = len(request.initrd)
    if not size:
        return 0
    if request.initrd_address is None:
        place = _high(memory, size, limit, above=above)
    else:
        place = Range.from_size(request.initrd_address, align_up(size, PAGE_SIZE))
        memory.check_free(place, "the initrd")
    memory.add(request.initrd, place, "initrd")
    plan.notes.append(f"initrd of {size} bytes at {place.start:#x}, its limit is {limit - 1:#x}")
    return place.start


def _finish(
    plan: Plan, header: BootParams, memory: Memory, request: Request, machine: Machine
) -> Plan:
    """The initrd and the zero page, for every entry but the 16-bit one."""
    above = plan.mode == "long" and _above(header)
    limit = header.initrd_addr_max + 1
    initrd = _add_initrd(plan, memory, request, limit=limit, above=above)
    fill(header, memory.phys, machine)
    header.type_of_loader = _TYPE_UNDEFINED
    header.loadflags &= ~bp.CAN_USE_HEAP & 0xFF
    size = len(request.initrd)
    header.ramdisk_image, header.ext_ramdisk_image = initrd & 0xFFFFFFFF, initrd >> 32
    header.ramdisk_size, header.ext_ramdisk_size = size & 0xFFFFFFFF, size >> 32
    size = len(pack(header, 0, request, memory.phys, machine))
    if request.zero_page_address is None:
        place = _high(memory, size, GIB4, above=above)
    else:
        place = Range.from_size(request.zero_page_address, align_up(size, PAGE_SIZE))
        memory.check_free(place, "the zero page")
    page = pack(header, place.start, request, memory.phys, machine)
    memory.add(page, place, "boot_params+cmdline")
    plan.notes += machine.notes
    plan.registers = {"rsi": place.start}
    plan.segments = memory.segments.align_and_merge()
    return plan


# ---- the 16-bit entry: the setup code runs in real mode, with a BIOS behind it

_HEAP_END = 0xE000
_REAL_SIZE = 0xF000  # setup code, heap and stack up to _HEAP_END, then the command line
_LOW = Range(0x10000, 0x9F000)


def _plan_real_mode(image: BzImage, memory: Memory, request: Request) -> Plan:
    base = memory.find_space(_REAL_SIZE, within=_LOW, top=True)
    start = MIB if image.header.loadflags & bp.LOADED_HIGH else 0x10000
    where = Range.from_size(start, len(image.payload))
    memory.check_free(where, "the kernel")
    segment = base.start >> 4
    plan = Plan("bzImage", "x86_64", "real", (segment + 0x20) << 16, {})
    plan.registers = {"rbx": segment, "rcx": _HEAP_END}
    plan.notes.append(f"boot protocol {image.protocol}, 16-bit entry, real-mode code in {base}")
    memory.add(image.payload, where, "kernel")
    limit = image.header.initrd_addr_max + 1
    initrd = _add_initrd(plan, memory, request, limit=min(limit, GIB4), above=False)
    low = bytearray(image.setup).ljust(_HEAP_END, b"\0") + request.cmdline + b"\0"
    if image.setup_size > _HEAP_END or len(low) > _REAL_SIZE:
        raise PlanError("the setup code and the command line do not fit into 60 KiB")
    header = BootParams(low)
    header.type_of_loader = _TYPE_UNDEFINED
    header.loadflags |= bp.CAN_USE_HEAP
    header.heap_end_ptr = _HEAP_END - 0x200
    header.cmd_line_ptr = base.start + _HEAP_END
    header.ramdisk_image, header.ramdisk_size = initrd, len(request.initrd)
    memory.add(low, base, "setup code+cmdline")
    plan.segments = memory.segments.align_and_merge()
    return plan


# ---- vmlinux: the ELF file inside a bzImage, already at its place


def plan_vmlinux(data: Buffer, memory: Memory, request: Request, machine: Machine) -> Plan:
    """The plan for a vmlinux; a 32-bit one is entered through its 32-bit entry.

    It does not move: PlanError when its addresses are not free.
    """
    parsed = elf.Elf(data)
    if parsed.machine not in (elf.EM_X86_64, elf.EM_386):
        raise FormatError(
            "ELF header: e_machine", 0x12, "x86-64 (62) or 386 (3)", str(parsed.machine)
        )
    check_cmdline(request.cmdline, 2047)
    memory.load_elf_segments(data, "vmlinux")
    header = BootParams.new(header=b"HdrS", version=0x20F, boot_flag=0xAA55)
    header.loadflags = bp.LOADED_HIGH
    header.initrd_addr_max = 0x7FFFFFFF
    header.cmdline_size = 2047
    header.kernel_alignment = 2 * MIB
    mode: Mode = "protected" if parsed.machine == elf.EM_386 else "long"
    if mode == "long":
        header.xloadflags = bp.XLF_KERNEL_64 | bp.XLF_CAN_BE_LOADED_ABOVE_4G
    plan = Plan("vmlinux", "x86_64", mode, parsed.physical_entry(), {})
    plan.notes.append(f"vmlinux at its own addresses, entry {plan.entry:#x}")
    return _finish(plan, header, memory, request, machine)
