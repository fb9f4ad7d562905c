"""Purgatory: the code between two kernels on x86-64, which checks the new one and enters it."""

from __future__ import annotations

from uroot_py.base.digest import made
from uroot_py.base.errors import NotEnoughSpaceError
from uroot_py.base.layout import Layout, raw, u16, u32, u64
from uroot_py.base.ranges import PAGE_SIZE, Range, align_up
from uroot_py.payload.machine_code import PURGATORY_X86
from uroot_py.payload.plan import BELOW_4G, KEXEC_SEGMENT_MAX, Segment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.payload.plan import Memory, Plan, Segments

SIZE = 2 * PAGE_SIZE  # the code, then its stack
# Real mode reaches no further than 640 KiB, less what a BIOS keeps.
_LOW = Range(PAGE_SIZE, 0x9F000)
_BLOCK = 64  # bytes that SHA-256 takes at once
_MODES = {"long": 64, "protected": 32, "real": 16}


class Parameters(Layout, size=0x180, title="purgatory parameters"):
    """The block that begins 8 bytes after the code's start; see purgatory_x86.S."""

    entry = u64(0x08)
    mode = u32(0x10)
    region_count = u32(0x14)
    serial_port = u16(0x18)
    serial_divisor = u16(0x1A)
    vga = u32(0x1C)
    rax = u64(0x20)
    rbx = u64(0x28)
    rcx = u64(0x30)
    rdx = u64(0x38)
    rsi = u64(0x40)
    rdi = u64(0x48)
    rbp = u64(0x50)
    without_disks = u64(0x58)
    digest = raw(0x60, 32)
    regions = raw(0x80, 16 * KEXEC_SEGMENT_MAX)


class Region(Layout, size=16, title="purgatory region"):
    """Memory that is verified."""

    start = u64(0)
    length = u64(8)


class Console:
    """Where purgatory speaks: an I/O port of a 16550 (0: none), its divisor, the VGA screen."""

    __slots__ = ("divisor", "port", "vga")

    def __init__(self, port: int = 0, divisor: int = 0, *, vga: bool = False) -> None:
        self.port = port
        self.divisor = divisor
        self.vga = vga


def verified(segments: Segments) -> tuple[list[Range], bytes]:
    """What of SEGMENTS is checked, and its SHA-256: what their buffers fill, in whole blocks.

    The zeros behind are bss, which a program may write, or room for a kernel to unpack itself.
    """
    ranges: list[Range] = []
    state = made("sha256")
    for each in segments:
        content = each.content()
        if len(content) and not each.changes:
            ranges.append(Range.from_size(each.phys.start, align_up(len(content), _BLOCK)))
            state.update(content)
            state.update(bytes(ranges[-1].size - len(content)))
    return ranges, bytes(state.digest())


def add_purgatory(
    plan: Plan,
    memory: Memory,
    console: Console | None = None,
    check: bool = True,
) -> None:
    """Put purgatory in front of PLAN's entry; CHECK makes it verify every other segment.

    NotEnoughSpaceError where the processor mode of the entry leaves no room for it.
    """
    if plan.mode == "real":
        place = memory.find_space(SIZE, within=_LOW)
    else:
        try:
            place = memory.find_space(SIZE, within=BELOW_4G, top=True)
        except NotEnoughSpaceError:
            if plan.mode != "long":
                raise
            place = memory.find_space(SIZE, top=True)
    code = bytearray(PURGATORY_X86)
    block = Parameters(code)
    block.entry, block.mode = plan.entry, _MODES[plan.mode]
    for name, value in plan.registers.items():
        setattr(block, name, value)
    block.without_disks = int(plan.without_disks)
    if console:
        block.serial_port, block.serial_divisor = console.port, console.divisor
        block.vga = int(console.vga)
    verifies = "verifies nothing (--no-checks)"
    if check:
        verifies = "verifies the SHA-256 of the rest"
        ranges, block.digest = verified(plan.segments)
        block.region_count = len(ranges)
        block.regions = b"".join(
            bytes(Region.new(start=each.start, length=each.size)) for each in ranges
        )
    plan.notes.append(f"purgatory at {place.start:#x} {verifies}, then enters {plan.entry:#x}")
    plan.segments.insert_segment(Segment(code, place, "purgatory"))
    plan.entry = place.start
