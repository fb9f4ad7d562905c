"""Purgatory: the code between two kernels on x86-64, which checks the new one and enters it."""

from __future__ import annotations

from uroot_py.base.digest import digest
from uroot_py.base.errors import NotEnoughSpaceError
from uroot_py.base.layout import Layout, raw, u16, u32, u64
from uroot_py.base.ranges import PAGE_SIZE, Range
from uroot_py.payload.machine_code import PURGATORY_X86
from uroot_py.payload.memory import BELOW_4G, MIB
from uroot_py.payload.segment import Segment, Segments

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.payload.memory import Memory
    from uroot_py.payload.plan import Mode, Plan

SIZE = 2 * PAGE_SIZE  # the code, then its stack
_LOW = Range(
    PAGE_SIZE, 0x9F000
)  # real mode reaches no further than 640 KiB, less what a BIOS keeps
_MODES = {"long": 64, "protected": 32, "real": 16}
_REGISTERS = ("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp")
_REGIONS = 16


class Parameters(Layout, size=0x180, title="purgatory parameters"):
    """The block that begins 8 bytes after the code's start; see purgatory_x86.S."""

    entry = u64(0x08)
    mode = u32(0x10)
    region_count = u32(0x14)
    serial_port = u16(0x18)
    serial_divisor = u16(0x1A)
    vga = u32(0x1C)
    registers = raw(0x20, 64)
    digest = raw(0x60, 32)
    regions = raw(0x80, 16 * _REGIONS)


class Console:
    """Where purgatory speaks: an I/O port of a 16550 (0: none), its divisor, the VGA screen."""

    __slots__ = ("divisor", "port", "vga")

    def __init__(self, port: int = 0, divisor: int = 0, *, vga: bool = False) -> None:
        self.port = port
        self.divisor = divisor
        self.vga = vga


def digest_of(segments: Segments) -> bytes:
    """The SHA-256 over the whole ranges of SEGMENTS, with the zeros behind their buffers."""
    parts: list[bytes | memoryview] = []
    zeros = bytes(MIB)
    for segment in segments:
        parts.append(segment.content())
        missing = segment.phys.size - len(segment.content())
        parts += [zeros] * (missing // MIB) + [zeros[: missing % MIB]]
    return digest("sha256", *parts)


def _place(mode: Mode, memory: Memory) -> Range:
    if mode == "real":
        return memory.find_space(SIZE, within=_LOW)
    try:
        return memory.find_space(SIZE, within=BELOW_4G, top=True)
    except NotEnoughSpaceError:
        if mode != "long":
            raise
        return memory.find_space(SIZE, top=True)


def add_purgatory(plan: Plan, memory: Memory, console: Console, *, check: bool = True) -> None:
    """Put purgatory in front of PLAN's entry; CHECK makes it verify every other segment.

    NotEnoughSpaceError where the processor mode of the entry leaves no room for it.
    """
    place = _place(plan.mode, memory)
    code = bytearray(PURGATORY_X86)
    block = Parameters(code)
    block.entry, block.mode = plan.entry, _MODES[plan.mode]
    block.registers = b"".join(
        plan.registers.get(name, 0).to_bytes(8, "little") for name in _REGISTERS
    )
    block.serial_port, block.serial_divisor = console.port, console.divisor
    block.vga = int(console.vga)
    if check:
        block.digest = digest_of(plan.segments)
        block.region_count = len(plan.segments)
        block.regions = b"".join(
            number.to_bytes(8, "little")
            for segment in plan.segments
            for number in (segment.phys.start, segment.phys.size)
        )
    plan.notes.append(
        f"purgatory at {place.start:#x} "
        + ("verifies the SHA-256 of the rest" if check else "verifies nothing (--no-checks)")
        + f", then enters {plan.entry:#x}"
    )
    plan.segments.insert_segment(Segment(code, place, "purgatory"))
    plan.entry = place.start
