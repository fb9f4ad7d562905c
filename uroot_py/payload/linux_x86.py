"""The plan for an x86 Linux kernel: bzImage through its 64-, 32- or 16-bit entry, and vmlinux.

With it the zero page: what is carried over from the running kernel, e820, setup_data.
Ref: Documentation/arch/x86/boot.rst, zero-page.rst; arch/x86/kernel/kexec-bzimage64.c (Linux 6.1).
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError, NotEnoughSpaceError, PlanError
from uroot_py.base.layout import Layout, u32, u64
from uroot_py.base.ranges import PAGE_SIZE, Range, align_up
from uroot_py.formats.kernel import boot_params as bp
from uroot_py.formats.kernel.boot_params import BootParams
from uroot_py.formats.kernel.bzimage import BzImage
from uroot_py.memory.sources import E820_NUMBERS
from uroot_py.payload.plan import ANYWHERE, GIB4, MIB, Plan
from uroot_py.payload.request import check_cmdline

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.memory.map import MemoryMap
    from uroot_py.payload.plan import Memory, Mode
    from uroot_py.payload.request import Platform, Request

_MODES: dict[str, Mode] = {"64": "long", "32": "protected", "16": "real"}
ENTRY_64 = 0x200  # bytes from where the kernel is loaded to its 64-bit entry
_TYPE_UNDEFINED = 0xFF  # type_of_loader: none of those with a number


def plan_bzimage(request: Request, memory: Memory) -> Plan:
    """The plan for a bzImage; MEMORY says where there is room and gets the segments.

    PlanError when it cannot be placed or started as REQUEST says.
    """
    image = BzImage(request.kernel.data)
    header = image.header
    mode = _choose_mode(header, request)
    if mode == "real":
        check_cmdline(request.cmdline, header.cmdline_size)
        return _plan_real_mode(image, memory, request)
    platform = request.platform
    if platform.rsdp_address and not platform.efi_tables and _older(image.release(), 5):
        # Before 5.0 no kernel looks at acpi_rsdp_addr, and without EFI it would find no ACPI.
        request.cmdline = b"%s acpi_rsdp=%#x" % (request.cmdline, platform.rsdp_address)
        request.cmdline = request.cmdline.strip()
        platform.notes.append(
            "acpi_rsdp= is added to the command line: this kernel is older than 5.0"
        )
    check_cmdline(request.cmdline, header.cmdline_size)
    place = _place_kernel(image, memory, mode, request)
    # All of init_size: the kernel unpacks itself there while it still runs with the page tables
    # of the kernel before, and that one puts them into memory that no segment claims.
    memory.add(image.payload, place, "kernel")
    header.code32_start = place.start if place.start < GIB4 else 0
    entry = place.start + ENTRY_64 if mode == "long" else place.start
    plan = Plan("bzImage", "x86_64", mode, entry, {})
    if not header.relocatable_kernel:
        why = "it is not relocatable"
    elif place.start == header.pref_address:
        why = "its preferred address"
    else:
        why = "relocated"
    name = image.release().partition(" ")[0] or "kernel"
    plan.notes.append(f"{name}, boot protocol {image.protocol}: runs in {place} ({why})")
    if request.platform.la57 and mode == "protected" and not request.entry:
        plan.notes.append("5-level paging is on, which this kernel does not keep: 32-bit entry")
    return _finish(plan, header, memory, request)


def plan_vmlinux(request: Request, memory: Memory) -> Plan:
    """The plan for a vmlinux, the ELF file inside a bzImage; a 32-bit one has a 32-bit entry.

    It does not move: PlanError when its addresses are not free.
    """
    from uroot_py.formats.kernel import elf
    from uroot_py.payload.objects import load_object

    parsed = elf.Elf(request.kernel.data)
    if parsed.machine not in (elf.EM_X86_64, elf.EM_386):
        raise FormatError(
            "ELF header: e_machine", 0x12, "x86-64 (62) or 386 (3)", str(parsed.machine)
        )
    header = bp.header_for_vmlinux(has_64=parsed.machine == elf.EM_X86_64)
    check_cmdline(request.cmdline, header.cmdline_size)
    load_object(parsed, memory, "vmlinux")
    mode: Mode = "protected" if parsed.machine == elf.EM_386 else "long"
    plan = Plan("vmlinux", "x86_64", mode, parsed.physical_entry(), {})
    plan.notes.append(f"vmlinux at its own addresses, entry {plan.entry:#x}")
    if mode == "long" and request.platform.la57:
        plan.notes.append("5-level paging is on: a vmlinux does not say whether it knows that")
    return _finish(plan, header, memory, request)


def _older(release: str, major: int) -> bool:
    """Whether the version text RELEASE says that it is older than MAJOR.0."""
    first = release.partition(".")[0]
    return first.isdecimal() and int(first) < major


def keeps_5level(header: BootParams, cmdline: bytes) -> bool:
    """Whether a bzImage that is entered with page tables of 5 levels stays with them.

    One that was built without them, or is told no5lvl, goes back to 4, and reads the running
    kernel's top table on the way. Until Linux 6.18 it does so with the software bits of an entry,
    which Linux sets from 6.12 on, and dies. Ref: Linux eb2266312507.
    """
    return bool(header.xloadflags & bp.XLF_5LEVEL_ENABLED) and b"no5lvl" not in cmdline.split()


def _choose_mode(header: BootParams, request: Request) -> Mode:
    has_64 = bool(header.xloadflags & bp.XLF_KERNEL_64)
    if request.entry == "64" and not has_64:
        raise FormatError("bzImage: xloadflags", 0x236, "a 64-bit entry", f"{header.xloadflags:#x}")
    if request.entry == "32" and not header.code32_start:
        missing = FormatError("bzImage: code32_start", 0x214, "a 32-bit entry", "0x0")
        raise missing.with_hint("use --real-mode")
    if request.entry:
        return _MODES[request.entry]
    if has_64 and (not request.platform.la57 or keeps_5level(header, request.cmdline)):
        return "long"
    if has_64 and not header.code32_start:
        raise PlanError(
            "5-level paging is on, which this kernel does not keep, and it has no 32-bit entry",
            hint="start this machine with no5lvl",
        )
    # Programs in the clothes of a kernel, such as iPXE and GRUB, have setup code and nothing else;
    # GRUB does not say so, but every Linux names its version.
    return "protected" if header.code32_start and header.kernel_version else "real"


def _place_kernel(image: BzImage, memory: Memory, mode: Mode, request: Request) -> Range:
    header = image.header
    size = align_up(max(header.init_size, len(image.payload)), PAGE_SIZE)
    start = header.pref_address or (MIB if header.loadflags & bp.LOADED_HIGH else 0x10000)
    wanted = Range(start, start + size)
    if not header.relocatable_kernel:
        memory.check_free(wanted, "a kernel that is not relocatable")
        return wanted
    if request.load_address is not None:
        wanted = Range.from_size(align_up(request.load_address, header.kernel_alignment), size)
        memory.check_free(wanted, "this kernel")
        return wanted
    try:
        memory.check_free(wanted, "")
    except PlanError:
        # Below its preferred address a kernel would move itself up to it.
        above = mode == "long" and header.xloadflags & bp.XLF_CAN_BE_LOADED_ABOVE_4G
        within = Range(start, ANYWHERE.end if above else GIB4)
        return memory.find_space(size, header.kernel_alignment, within=within)
    return wanted


def _finish(plan: Plan, header: BootParams, memory: Memory, request: Request) -> Plan:
    """The initrd and the zero page, for every entry but the 16-bit one."""
    above = plan.mode == "long" and bool(header.xloadflags & bp.XLF_CAN_BE_LOADED_ABOVE_4G)
    initrd = 0
    if len(request.initrd):
        initrd = _add_initrd(plan, memory, request, header.initrd_addr_max + 1, above=above)
    rows = fill(header, memory.phys, request.platform)
    header.type_of_loader = _TYPE_UNDEFINED
    header.loadflags &= ~bp.CAN_USE_HEAP & 0xFF
    size = len(request.initrd)
    header.ramdisk_image, header.ext_ramdisk_image = initrd & 0xFFFFFFFF, initrd >> 32
    header.ramdisk_size, header.ext_ramdisk_size = size & 0xFFFFFFFF, size >> 32
    size = len(pack(header, 0, request, rows))
    if request.zero_page_address is None:
        place = _high(memory, size, GIB4, above=above)
    else:
        place = Range.from_size(request.zero_page_address, align_up(size, PAGE_SIZE))
        memory.check_free(place, "the zero page")
    memory.add(pack(header, place.start, request, rows), place, "boot_params+cmdline")
    if request.cmdline_address is not None:
        line = request.cmdline + b"\0"
        where = Range.from_size(request.cmdline_address, len(line))
        memory.check_free(where, "the command line")
        memory.add(line, where, "cmdline")
    plan.notes += request.platform.notes
    plan.registers = {"rsi": place.start}
    plan.segments = memory.segments.align_and_merge()
    return plan


def _high(memory: Memory, size: int, limit: int, *, above: bool) -> Range:
    """The highest place below LIMIT; one anywhere if there is none and the kernel can reach it."""
    try:
        return memory.find_space(size, within=Range(MIB, limit), top=True)
    except NotEnoughSpaceError:
        if not above:
            raise
        return memory.find_space(size, within=ANYWHERE, top=True)


def _add_initrd(plan: Plan, memory: Memory, request: Request, limit: int, *, above: bool) -> int:
    """The initrd as a segment, as high as it may lie; its address."""
    size = len(request.initrd)
    if request.initrd_address is None:
        place = _high(memory, size, limit, above=above)
    else:
        place = Range.from_size(request.initrd_address, align_up(size, PAGE_SIZE))
        memory.check_free(place, "the initrd")
    memory.add(request.initrd, place, "initrd")
    plan.notes.append(f"initrd of {size} bytes at {place.start:#x}, its limit is {limit - 1:#x}")
    return place.start


# ---- the zero page

_E820_RESERVED = 2
# What the running kernel was told about the machine stays true for the next one.
_CARRIED = (
    "screen_info",
    "ist_info",
    "acpi_rsdp_addr",
    "hd_info",
    "edid_info",
    "alt_mem_k",
    "eddbuf_entries",
    "edd_mbr_sig_buf_entries",
    "secure_boot",
    "edd_mbr_sig_buffer",
    "eddbuf",
)
_CARRIED_EFI = (
    "efi_loader_signature",
    "efi_systab",
    "efi_memdesc_size",
    "efi_memdesc_version",
    "efi_systab_hi",
)


class E820Entry(Layout, size=20, title="boot_e820_entry"):
    """struct boot_e820_entry; ``length`` is its size."""

    addr = u64(0)
    length = u64(8)
    type = u32(16)


class SetupData(Layout, size=16, title="setup_data"):
    """struct setup_data, without its data."""

    next = u64(0)
    type = u32(8)
    len = u32(12)


class EfiSetupData(Layout, size=96, title="efi_setup_data"):
    """struct efi_setup_data."""

    fw_vendor = u64(0)
    tables = u64(16)
    smbios = u64(24)


def fill(header: BootParams, memory: MemoryMap, platform: Platform) -> list[bytes]:
    """Put what does not depend on the zero page's address into HEADER.

    The e820 entries that say MEMORY, each 20 bytes, sorted: HEADER has those that it has room for.
    """
    if platform.boot_params:
        running = BootParams(platform.boot_params)
        for name in _CARRIED + (_CARRIED_EFI if platform.efi_tables else ()):
            setattr(header, name, getattr(running, name))
    if platform.rsdp_address:
        header.acpi_rsdp_addr = platform.rsdp_address
    rows = []
    for entry in memory:
        kind = E820_NUMBERS.get(entry.type, _E820_RESERVED)
        start, end = entry.range.start, entry.range.end
        rows.append(bytes(E820Entry.new(addr=start, length=end - start, type=kind)))
    if not rows:
        raise PlanError("the memory map is empty", hint="see it with memmap")
    held = rows[: bp.E820_MAX_ENTRIES_ZEROPAGE]
    header.e820_entries = len(held)
    header.e820_table = b"".join(held)
    return rows


def pack(header: BootParams, address: int, request: Request, rows: list[bytes]) -> bytes:
    """The zero page for ADDRESS, the command line behind it, then the chain of setup_data."""
    platform = request.platform
    blob = bytearray(bytes(header))
    page = BootParams(blob)
    line = request.cmdline_address
    if line is None:
        line = address + len(blob)
        blob += request.cmdline + b"\0"
    page.cmd_line_ptr, page.ext_cmd_line_ptr = line & 0xFFFFFFFF, line >> 32
    if platform.efi_tables and platform.efi_map:
        blob += bytes(-len(blob) % 16)
        where = address + len(blob)
        page.efi_memmap, page.efi_memmap_hi = where & 0xFFFFFFFF, where >> 32
        page.efi_memmap_size = len(platform.efi_map)
        blob += platform.efi_map
    nodes: list[tuple[int, bytes]] = []
    if len(rows) > bp.E820_MAX_ENTRIES_ZEROPAGE:
        nodes.append((bp.SETUP_E820_EXT, b"".join(rows[bp.E820_MAX_ENTRIES_ZEROPAGE :])))
    if request.dtb:
        nodes.append((bp.SETUP_DTB, bytes(request.dtb)))
    if platform.efi_tables:
        vendor, tables, smbios = platform.efi_tables
        efi = EfiSetupData.new(fw_vendor=vendor, tables=tables, smbios=smbios)
        nodes.append((bp.SETUP_EFI, bytes(efi)))
    following = 0
    for kind, data in nodes:
        blob += bytes(-len(blob) % 16)
        node = address + len(blob)
        blob += bytes(SetupData.new(next=following, type=kind, len=len(data))) + data
        following = node
    page.setup_data = following
    return bytes(blob)


# ---- the 16-bit entry: the setup code runs in real mode, with a BIOS behind it

_HEAP_END = 0xE000
_REAL_SIZE = 0xF000  # setup code, heap and stack up to _HEAP_END, then the command line
_LOW = Range(0x10000, 0x9F000)


def _plan_real_mode(image: BzImage, memory: Memory, request: Request) -> Plan:
    if not request.platform.bios:
        raise PlanError(
            "its 16-bit code needs a BIOS, and this machine has none",
            hint="use the program's version for EFI, or a kernel with a 32-bit entry",
        )
    header = image.header
    base = memory.find_space(_REAL_SIZE, within=_LOW, top=True)
    start = MIB if header.loadflags & bp.LOADED_HIGH else 0x10000
    where = Range.from_size(start, len(image.payload))
    memory.check_free(where, "the kernel")
    segment = base.start >> 4
    plan = Plan("bzImage", "x86_64", "real", (segment + 0x20) << 16, {})
    plan.registers = {"rbx": segment, "rcx": _HEAP_END}
    plan.without_disks = request.platform.drives_disks
    if plan.without_disks:
        plan.notes.append("the BIOS will say that it has no disks: Linux has driven them")
    plan.notes.append(f"boot protocol {image.protocol}, 16-bit entry, real-mode code in {base}")
    memory.add(image.payload, where, "kernel")
    if header.init_size:
        # Its 32-bit code moves there before it unpacks itself.
        run = align_up(start, header.kernel_alignment) if header.relocatable_kernel else start
        room = Range.from_size(max(run, header.pref_address), header.init_size).align(PAGE_SIZE)
        for part in room.minus(where.align(PAGE_SIZE)):
            memory.check_free(part, "the room in which this kernel unpacks itself")
            memory.add(b"", part, "room to unpack")
    limit = min(header.initrd_addr_max + 1, GIB4)
    initrd = 0
    if len(request.initrd):
        initrd = _add_initrd(plan, memory, request, limit, above=False)
    low = bytearray(image.setup).ljust(_HEAP_END, b"\0") + request.cmdline + b"\0"
    if image.setup_size > _HEAP_END or len(low) > _REAL_SIZE:
        raise PlanError("the setup code and the command line do not fit into 60 KiB")
    page = BootParams(low)
    page.type_of_loader = _TYPE_UNDEFINED
    page.loadflags |= bp.CAN_USE_HEAP
    page.heap_end_ptr = _HEAP_END - 0x200
    page.cmd_line_ptr = base.start + _HEAP_END
    page.ramdisk_image, page.ramdisk_size = initrd, len(request.initrd)
    memory.add(low, base, "setup code+cmdline")
    plan.segments = memory.segments.align_and_merge()
    return plan
