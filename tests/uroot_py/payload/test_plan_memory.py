"""Memory: where there is room; the answers where a well-known implementation gives wrong ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.builders.kernels import elf
from uroot_py.base.errors import FormatError, NotEnoughSpaceError, PlanError
from uroot_py.base.ranges import PAGE_SIZE, Range
from uroot_py.memory.map import RAM, RESERVED, MemoryMap, TypedRange
from uroot_py.payload.objects import load_object, parse_object
from uroot_py.payload.plan import MIB, Memory, Segment
from uroot_py.seed.kexec import add_kexec_segment_explicit, load_elf_segments


def memory(*ram, within=None) -> Memory:
    held = MemoryMap([TypedRange.from_size(start, size, RAM) for start, size in ram])
    return Memory(held, within=within) if within else Memory(held)


def test_available_ram():
    found = memory((0, 8192), (8192, 8000), (20480, 1000), (24576, 1000), (28672, 1000))
    for start, size in ((40, 50), (8000, 200), (18000, 1000), (24600, 1000), (28000, 10000)):
        found.segments.insert_segment(Segment(b"", Range.from_size(start, size)))
    assert [(each.start, each.size) for each in found.available_ram()] == [
        (0, 40),
        (4096, 3904),
        (12288, 3904),
        (20480, 1000),
        (24576, 24),
    ]


PLACES = [
    pytest.param([(0, 32 * MIB)], 10, 0, {}, (MIB, PAGE_SIZE), id="from 1 MiB on"),
    pytest.param([(0, 32 * MIB)], 10, 2 * MIB, {}, (2 * MIB, 4096), id="aligned"),
    pytest.param([(0, 32 * MIB)], 10, 0, {"top": True}, (32 * MIB - 4096, 4096), id="top"),
    pytest.param(
        [(0, 33 * MIB)], 10, 2 * MIB, {"top": True}, (32 * MIB, 4096), id="top and aligned"
    ),
    pytest.param(
        [(0, 4 * MIB), (8 * MIB, 4 * MIB)],
        3 * MIB,
        0,
        {"top": True, "within": Range(MIB, 10 * MIB)},
        (MIB, 3 * MIB),
        id="top, in the lower piece",
    ),
    pytest.param(
        [(0, 32 * MIB)], 10, 0, {"within": Range(0x5000, 0x9000)}, (0x5000, 4096), id="within"
    ),
]


@pytest.mark.parametrize(("ram", "size", "alignment", "options", "expected"), PLACES)
def test_find_space(ram, size, alignment, options, expected):
    found = memory(*ram).find_space(size, alignment, **options)
    assert (found.start, found.size) == expected


@pytest.mark.parametrize(
    ("ram", "size", "alignment"),
    [
        pytest.param([(0, MIB)], 1, 0, id="only below 1 MiB"),
        pytest.param([(2 * MIB, 0x1800)], 0x1001, 0, id="a tail of less than a page"),
        pytest.param([(0x250000, 0x10000)], 0x1000, 2 * MIB, id="aligned past its end"),
        pytest.param([], 0, 0, id="no memory at all"),
    ],
)
@pytest.mark.parametrize("top", [False, True])
def test_no_room(ram, size, alignment, top):
    with pytest.raises(NotEnoughSpaceError):
        memory(*ram).find_space(size, alignment, top=top)


@given(
    st.lists(st.tuples(st.integers(0, 64), st.integers(1, 16)), max_size=5),
    st.integers(1, 40000),
    st.sampled_from([0, 4096, 8192, 65536]),
    st.booleans(),
)
def test_a_place_is_free_ram_aligned_and_extreme(pages, size, alignment, top):
    found = memory(*((MIB + start * 4096, count * 4096) for start, count in pages))
    wanted = (size + 4095) // 4096
    step = max(alignment, 4096) // 4096
    free = {MIB // 4096 + start + i for start, count in pages for i in range(count)}
    fits = [
        page
        for page in free
        if page % step == 0
        and all(page + i in free for i in range(wanted))
        and any(
            each.is_superset_of(Range.from_size(page * 4096, wanted * 4096))
            for each in found.available_ram()
        )
    ]
    if not fits:
        with pytest.raises(NotEnoughSpaceError):
            found.find_space(size, alignment, top=top)
        return
    place = found.find_space(size, alignment, top=top)
    assert place.start // 4096 == (max(fits) if top else min(fits))


def test_explicit_segment_ends_inside_the_hole_it_was_given():
    found = memory((2 * MIB, 4 * MIB))
    place = add_kexec_segment_explicit(found, b"kernel", 3 * MIB, 0x80000, 2 * MIB)
    assert place == Range.from_size(2 * MIB + 0x80000, 3 * MIB)
    with pytest.raises(NotEnoughSpaceError):
        add_kexec_segment_explicit(found, b"", 3 * MIB, 0x80000, 2 * MIB)


def test_physical_segment_is_reserved_in_the_map():
    found = memory((0, 16 * MIB))
    place = found.add_phys_segment(b"x" * 5000, Range(0x1000, MIB))
    assert place == Range(0x1000, 0x3000)
    assert found.phys.filter_by_type(RESERVED) == [place]
    assert found.add_kexec_segment(b"y").start == MIB


def test_kept_free_is_avoided_but_stays_ram():
    found = memory((0, 16 * MIB))
    found.keep_free(Range(MIB, 8 * MIB))
    assert found.find_space(1).start == 8 * MIB
    assert found.phys.ram() == [Range(0, 16 * MIB)]


def test_within_bounds_everything():
    found = memory((0, 64 * MIB), within=Range(16 * MIB, 32 * MIB))
    assert found.find_space(1).start == 16 * MIB
    assert found.find_space(1, top=True).end == 32 * MIB
    with pytest.raises(PlanError, match="outside"):
        found.check_free(Range(MIB, 2 * MIB), "it")


def test_elf_segments():
    found = memory((0, 16 * MIB))
    blob = elf([(0x100000, b"text" * 10, 40), (0x101000, b"", 0x5000)])
    parsed = load_elf_segments(found, blob)
    assert parsed.entry == 0x100000
    assert [each.phys for each in found.segments] == [
        Range.from_size(0x100000, 40),
        Range.from_size(0x101000, 0x5000),
    ]
    assert found.segments[1].read(Range(0x101000, 0x101010)) == bytes(16)


def test_two_parts_of_a_file_may_share_a_page():
    found = memory((0, 16 * MIB))
    load_elf_segments(found, elf([(0x100000, b"a" * 0x10, 0x10), (0x100010, b"b" * 8, 8)]))
    assert found.segments.align_and_merge()[0].read(Range(0x10000E, 0x100012)) == b"aabb"


def test_elf_outside_ram():
    with pytest.raises(PlanError) as caught:
        load_object(parse_object(elf([(0x100000, b"x", 1)])), memory((0, MIB)), "vmlinux")
    assert str(caught.value) == (
        "vmlinux must be at [0x100000, 0x100001), and that is not free memory;"
        " kexec --dry-run shows what is there"
    )


def test_neither_elf_nor_aout():
    with pytest.raises(FormatError) as caught:
        load_elf_segments(memory((0, MIB)), b"junk" * 20)
    assert str(caught.value) == (
        "Plan 9 a.out header: magic at offset 0x0: expected 0x1eb or 0x8a97, found 0x6a756e6b"
    )
