"""No byte that a payload may write before it has page tables of its own is outside of its plan.

The running kernel puts what it needs for the jump, page tables for one, into memory that no
segment claims. What each payload uses is worked out here from its header, by the documents.
"""

import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.builders.kernels import (
    aout,
    arm64_image,
    bzimage,
    elf,
    multiboot1,
    multiboot2,
    riscv_image,
)
from tests.support.dtc import compile_dts
from uroot_py.base.errors import PlanError
from uroot_py.base.ranges import Range, Ranges
from uroot_py.memory.map import RAM, MemoryMap, TypedRange
from uroot_py.payload.plan import Memory
from uroot_py.payload.planner import find_planner
from uroot_py.payload.request import KernelFile, Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.payload.request import Entry

MIB = 1 << 20
DTB = compile_dts(
    "/dts-v1/; / { #address-cells = <2>; #size-cells = <2>;"
    ' memory@0 { device_type = "memory"; reg = <0 0 0 0x40000000>; }; };'
)
SIZES = st.integers(1, 64).map(lambda pages: pages * 0x10000 + 0x123)


def made(data: bytes, entry: "Entry" = "", within: Range | None = None):
    held = MemoryMap([TypedRange(Range(0, 0x9F000), RAM), TypedRange(Range(MIB, 1 << 30), RAM)])
    memory = Memory(held, within=within) if within else Memory(held)
    request = Request(KernelFile("kernel", data), b"quiet", b"initrd")
    request.dtb = DTB
    request.entry = entry
    planner, front = find_planner(request.kernel)
    plan = planner(request, memory)
    entry_before = plan.entry
    front(plan, memory, None, False)
    plan.check(held.merge().ram())
    return plan, entry_before


def left_out(plan, *needed: Range) -> Ranges:
    """The parts of NEEDED that no segment of PLAN claims."""
    left = Ranges(needed)
    for segment in plan.segments:
        left = left.minus(segment.phys)
    return left


@given(SIZES, st.sampled_from(["64", "32"]), st.booleans(), st.sampled_from([0x200000, 0x1000000]))
def test_bzimage(init_size, entry, relocatable, alignment):
    """boot.rst: init_size bytes from where it runs."""
    data = bzimage(init_size=init_size, relocatable=int(relocatable), alignment=alignment)
    plan, start = made(data, entry)
    start -= 0x200 if entry == "64" else 0
    assert left_out(plan, Range.from_size(start, init_size)) == []


@given(SIZES)
def test_bzimage_of_a_crash_kernel(init_size):
    area = Range(0x20000000, 0x30000000)
    plan, start = made(bzimage(init_size=init_size), within=area)
    assert left_out(plan, Range.from_size(start - 0x200, init_size)) == []
    assert all(area.is_superset_of(segment.phys) for segment in plan.segments)


@given(SIZES, st.integers(1, 5), st.booleans(), st.sampled_from([0x200000, 0x1000000]))
def test_bzimage_by_its_16_bit_entry(init_size, mib, relocatable, alignment):
    """head_64.S, startup_32: from 1 MiB it goes to pref_address, or the next alignment."""
    data = bzimage(
        b"k" * (mib * MIB), init_size=init_size, relocatable=int(relocatable), alignment=alignment
    )
    plan, _ = made(data, "16")
    run = Range.from_size(0x1000000, init_size)
    assert left_out(plan, run, Range.from_size(MIB, mib * MIB)) == []


@given(st.lists(st.tuples(st.integers(1, 40), SIZES), min_size=1, max_size=6), st.integers(0, 9))
def test_vmlinux_and_what_takes_no_arguments(rows, size):
    """ELF: p_memsz bytes at p_paddr, the file's in front."""
    places = [Range.from_size(index * 64 * MIB, memory) for index, memory in dict(rows).items()]
    if any(one.overlaps(two) for one, two in pairwise(sorted(places))):
        return
    parts = [(each.start, b"x" * size, each.size) for each in places if each.end <= 1 << 30]
    if not parts:
        return
    plan, _ = made(elf(parts))
    assert left_out(plan, *(Range.from_size(start, memory) for start, _, memory in parts)) == []


@given(SIZES, st.sampled_from([0, 0x80000]))
def test_arm64(image_size, text_offset):
    """booting.rst: image_size bytes from the Image on."""
    plan, _ = made(arm64_image(image_size, text_offset=text_offset))
    kernel = next(segment for segment in plan.segments if "kernel" in segment.label)
    start = kernel.phys.start
    assert left_out(plan, Range.from_size(start, max(image_size, 0x2000))) == []


def test_arm64_of_before_3_17_has_its_page_tables_in_front():
    plan, entry = made(arm64_image(0, text_offset=0x80000))
    assert entry & 0x1FFFFF == 0x80000
    assert left_out(plan, Range(entry - 0x80000, entry + 16 * MIB)) == []


@given(SIZES, st.sampled_from([0, 0x1000, 0x200000]))
def test_riscv64(image_size, text_offset):
    """boot-image-header.rst: image_size bytes from the Image on."""
    plan, entry = made(riscv_image(image_size, text_offset=text_offset))
    assert left_out(plan, Range.from_size(entry, max(image_size, 0x2000))) == []


@given(SIZES)
def test_multiboot_1(memory_size):
    data = elf([(2 * MIB, multiboot1() + b"kernel", memory_size)], bits=32, machine=3)
    plan, _ = made(data)
    assert left_out(plan, Range.from_size(2 * MIB, memory_size)) == []


@given(SIZES)
def test_multiboot_1_by_the_addresses_in_its_header(bss):
    at = 2 * MIB
    head = multiboot1(0x10003, at, at, at + 64, at + 64 + bss, at)
    plan, _ = made(head.ljust(64, b"k"))
    assert left_out(plan, Range(at, at + 64 + bss)) == []


@given(SIZES)
def test_multiboot_2_that_moves(memory_size):
    tag = struct.pack("<HHIIIII", 10, 0, 24, 4 * MIB, 0x20000000, 0x1000, 0)
    data = elf([(0xF0000000, bytes(4) + multiboot2(tag), memory_size)], bits=32, machine=3)
    plan, entry = made(data)
    assert left_out(plan, Range.from_size(entry, memory_size)) == []


@given(SIZES)
def test_plan_9(bss):
    plan, _ = made(aout(0x1EB, 0xF0100020, b"T" * 0x1234, b"DATA", bss))
    assert left_out(plan, Range(0x100020, 0x101254), Range.from_size(0x102000, 4 + bss)) == []


def test_what_the_room_is_taken_from_is_said():
    with pytest.raises(PlanError, match="the room in which this kernel unpacks itself must be at"):
        made(bzimage(init_size=1 << 30), "16")
