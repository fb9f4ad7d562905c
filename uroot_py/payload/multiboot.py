"""The plan for a Multiboot kernel, version 1 or 2, with its modules.

The 32-bit entry, below 4 GiB; the command line and the modules' texts begin with a file name, as
kexec(8) does it and Xen expects it of every loader but GRUB.
Ref: Multiboot Specification 0.6.96, sections 3.2, 3.3; Multiboot2 Specification 2.0, 3.3 to 3.6.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError, PlanError
from uroot_py.base.ranges import PAGE_SIZE, Range
from uroot_py.base.reader import as_bytes
from uroot_py.formats.kernel import multiboot
from uroot_py.formats.kernel.elf import Elf
from uroot_py.memory.sources import E820_NUMBERS
from uroot_py.payload.plan import BELOW_4G, GIB4, MIB, Plan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.base.layout import Buffer
    from uroot_py.memory.map import MemoryMap
    from uroot_py.payload.plan import Memory
    from uroot_py.payload.request import Platform, Request

    Module = tuple[Range, bytes]  # where it is, and its text

_LOADER = b"uroot\0"
_BOOT_MAGIC = {1: 0x2BADB002, 2: 0x36D76289}
_LOW = Range(0x10000, 0x9F000)
# Xen runs 16-bit code first, which asks the BIOS for memory, disks and the screen. There may be
# none behind Linux, and one that waits for a disk that Linux has driven waits for ever.
_WITHOUT_BIOS = b"no-real-mode"
_MANY = 8  # modules that get a segment each; more of them share one
# Tags of the version 2 information that we make; a kernel that must have others is refused.
_CMDLINE, _NAME, _MODULE, _BASIC, _MMAP, _RSDP_OLD, _RSDP_NEW, _LOAD_BASE = (
    1,
    2,
    3,
    4,
    6,
    14,
    15,
    21,
)
_KNOWN = {_CMDLINE, _NAME, _MODULE, _BASIC, _MMAP, _RSDP_OLD, _RSDP_NEW, _LOAD_BASE}


def plan_multiboot(request: Request, memory: Memory) -> Plan:
    """The plan for a Multiboot kernel. PlanError or FormatError when there is none."""
    data = request.kernel.data
    header = multiboot.parse(data, 1 if request.kernel.kind.name == "multiboot" else 2)
    missing = sorted(set(header.requests) - _KNOWN)
    if missing:
        raise PlanError(f"this kernel must have Multiboot information that is not here: {missing}")
    entry, base = _load_kernel(data, header, memory)
    modules = _load_modules(memory, request)
    name = request.kernel.name.encode("utf-8", "surrogateescape")
    # The word that keeps a kernel off the BIOS, when it knows it and is not told already.
    knows = b"\0" + _WITHOUT_BIOS + b"\0" in bytes(data)
    words = _WITHOUT_BIOS if knows and _WITHOUT_BIOS not in request.cmdline.split() else b""
    cmdline = b" ".join(part for part in (name, words, request.cmdline) if part)
    if header.version == 1:
        information = _information_1(0, cmdline, modules, memory.phys)
    else:
        load_base = base if header.relocatable else None
        information = _information_2(cmdline, modules, memory.phys, request.platform, load_base)
    try:
        place = memory.find_space(len(information), within=_LOW)
    except PlanError:
        place = memory.find_space(len(information), within=BELOW_4G, top=True)
    if header.version == 1:  # its addresses are absolute
        information = _information_1(place.start, cmdline, modules, memory.phys)
    memory.add(information, place, "multiboot information")
    registers = {"rax": _BOOT_MAGIC[header.version], "rbx": place.start}
    plan = Plan(f"multiboot{header.version}", "x86_64", "protected", entry, registers)
    plan.notes.append(f"Multiboot {header.version} header at offset {header.offset:#x} of the file")
    if words:
        plan.notes.append(f"{words.decode()} is added to the command line: no BIOS behind Linux")
    plan.notes += [f"module {text.decode('utf-8', 'replace')} at {at}" for at, text in modules]
    plan.segments = memory.segments.align_and_merge()
    return plan


def _load_kernel(data: Buffer, header: multiboot.Header, memory: Memory) -> tuple[int, int]:
    """Place the kernel; its entry and its lowest address."""
    if header.addresses and header.entry is not None:
        given = header.addresses
        end = given.offset + given.load_end - given.load
        whole = Range(given.load, given.end)
        memory.check_free(whole, "the kernel")
        memory.add(memoryview(data)[given.offset : end], whole, "kernel")
        return header.entry, given.load
    parsed = Elf(data)
    programs = parsed.programs
    if not programs:
        raise FormatError("ELF program headers", 0, "a PT_LOAD", "none")
    places = [Range.from_size(part.physical_address, part.memory_size) for part in programs]
    whole = Range(min(each.start for each in places), max(each.end for each in places))
    if whole.end > GIB4:
        raise PlanError(f"the kernel must be at {whole}, above 4 GiB")
    shift = _shift(whole, places, header, memory)
    for part, where in zip(programs, places, strict=True):
        memory.add(part.data, Range(where.start + shift, where.end + shift), "kernel")
    entry = parsed.physical_entry() if header.entry is None else header.entry
    return entry + shift, whole.start + shift


def _shift(whole: Range, places: list[Range], header: multiboot.Header, memory: Memory) -> int:
    """How far the kernel has to move from its own addresses, which may lie around a hole."""
    try:
        for where in places:
            memory.check_free(where, "the kernel")
    except PlanError:
        if header.relocatable is None:
            raise
        lowest, end, alignment = header.relocatable
        within = Range(max(lowest, MIB), max(lowest, MIB, min(end, GIB4)))
        place = memory.find_space(whole.size, alignment, within=within)
        return place.start - whole.start
    return 0


def _load_modules(memory: Memory, request: Request) -> list[Module]:
    """The modules as segments, high; many of them share one."""
    modules = request.modules
    if len(modules) <= _MANY:
        found = []
        for data, text in modules:
            place = memory.add_kexec_segment(data, "module", within=BELOW_4G, top=True)
            found.append((Range.from_size(place.start, len(data)), text))
        return found
    whole = bytearray()
    places = []
    for data, text in modules:
        places.append((len(whole), len(data), text))
        whole += data
        whole += bytes(-len(whole) % PAGE_SIZE)
    start = memory.add_kexec_segment(whole, "modules", within=BELOW_4G, top=True).start
    return [(Range.from_size(start + at, size), text) for at, size, text in places]


def _basic(memory: MemoryMap) -> tuple[int, int]:
    """KiB of memory from 0, and from 1 MiB, up to the first hole."""
    ram = memory.merge().ram()
    lower = next((each.end for each in ram if each.start == 0), 0)
    upper = next((each.end - MIB for each in ram if each.contains(MIB)), 0)
    return min(lower >> 10, 640), min(upper >> 10, 0xFFFFFFFF)


def _regions(memory: MemoryMap) -> list[tuple[int, int, int]]:
    """(address, size, type) with the types that Multiboot has."""
    rows = []
    for entry in memory:
        kind = E820_NUMBERS.get(entry.type, 2)
        rows.append((entry.range.start, entry.range.size, kind if kind <= 5 else 2))
    return rows


def _u32(*numbers: int) -> bytes:
    return b"".join(as_bytes(number, 4) for number in numbers)


def _u64(*numbers: int) -> bytes:
    return b"".join(as_bytes(number, 8) for number in numbers)


def _information_1(address: int, cmdline: bytes, modules: list[Module], memory: MemoryMap) -> bytes:
    """The structure at ADDRESS, with everything that it points to behind it."""
    flags = 0x1 | 0x4 | 0x40 | 0x200 | (0x8 if modules else 0)
    tail = bytearray()

    def put(data: bytes) -> int:
        tail.extend(bytes(-len(tail) % 4))
        tail.extend(data)
        return address + 120 + len(tail) - len(data)

    texts = [put(text + b"\0") for _, text in modules]
    rows = [_u32(at.start, at.end, text, 0) for (at, _), text in zip(modules, texts, strict=True)]
    table = b"".join(
        _u32(20) + _u64(start, size) + _u32(kind) for start, size, kind in _regions(memory)
    )
    head = _u32(flags, *_basic(memory), 0, put(cmdline + b"\0"), len(modules), put(b"".join(rows)))
    head += bytes(16)  # symbols
    head += _u32(len(table), put(table), 0, 0, 0, put(_LOADER))
    return head.ljust(120, b"\0") + bytes(tail)


def _information_2(
    cmdline: bytes,
    modules: list[Module],
    memory: MemoryMap,
    platform: Platform,
    load_base: int | None,
) -> bytes:
    """The tags; every address in them is absolute already."""
    table = b"".join(_u64(start, size) + _u32(kind, 0) for start, size, kind in _regions(memory))
    tags = [
        (_CMDLINE, cmdline + b"\0"),
        (_NAME, _LOADER),
        *((_MODULE, _u32(at.start, at.end) + text + b"\0") for at, text in modules),
        (_BASIC, _u32(*_basic(memory))),
        (_MMAP, _u32(24, 0) + table),
    ]
    if platform.rsdp:
        tags.append((_RSDP_NEW if platform.rsdp[15] >= 2 else _RSDP_OLD, platform.rsdp))
    if load_base is not None:
        tags.append((_LOAD_BASE, _u32(load_base)))
    out = bytearray(8)
    for kind, data in (*tags, (0, b"")):
        out += _u32(kind, 8 + len(data)) + data
        out += bytes(-len(out) % 8)
    out[:4] = _u32(len(out))
    return bytes(out)
