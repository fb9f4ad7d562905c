"""Segments: alignment, merging, lookup; the tables are the ones every loader has to get right."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import PlanError
from uroot_py.base.ranges import PAGE_SIZE, Range, Ranges
from uroot_py.payload.plan import KEXEC_SEGMENT_MAX, Plan, Segment, Segments
from uroot_py.seed.kexec import check_superset, get_phys, phys, phys_contains


def segment(start: int, size: int, data: bytes = b"") -> Segment:
    return Segment(data, Range.from_size(start, size))


def segments(*rows) -> Segments:
    return Segments(segment(*row) for row in rows)


MERGED = [
    pytest.param([], [], id="nothing"),
    pytest.param([(0, 0x1000)], [(0, 0x1000)], id="no buffer"),
    pytest.param([(0, 5, b"testtest")], [(0, 0x1000, b"testt")], id="buffer too long"),
    pytest.param([(2, 5, b"testtest")], [(0, 0x1000, b"\0\0testt")], id="start inside a page"),
    pytest.param([(2, 5)], [(0, 0x1000)], id="only zeros, inside a page"),
    pytest.param(
        [(0, 5, b"test"), (10, 5, b"foo"), (15, 4, b"haha"), (0x1000, 10, b"x" * 10)],
        [(0, 0x1000, b"test" + bytes(6) + b"foo\0\0haha"), (0x1000, 0x1000, b"x" * 10)],
        id="a page of three, and the next one",
    ),
    pytest.param(
        [(0, 5, b"testt"), (10, 5, b"foofoofoo")],
        [(0, 0x1000, b"testt" + bytes(5) + b"foofo")],
        id="both too long",
    ),
    pytest.param(
        [(0, 5, b"tes"), (10, 10, b"foofo")],
        [(0, 0x1000, b"tes" + bytes(7) + b"foofo")],
        id="both too short",
    ),
    pytest.param(
        [(0x2000, 0x10, b"b"), (0, 0x10, b"a")],
        [(0, 0x1000, b"a"), (0x2000, 0x1000, b"b")],
        id="sorted",
    ),
    pytest.param(
        [(0, 0x1010, b"a"), (0x1800, 0x1000, b"b")],
        [(0, 0x3000, b"a" + bytes(0x17FF) + b"b")],
        id="they share a page in the middle",
    ),
]


@pytest.mark.parametrize(("given_rows", "expected"), MERGED)
def test_align_and_merge(given_rows, expected):
    assert segments(*given_rows).align_and_merge() == segments(*expected)


@pytest.mark.parametrize("data", [b"test", b"same"])
def test_overlap_is_an_error_even_with_equal_bytes(data):
    with pytest.raises(PlanError) as caught:
        segments((0, 5, data), (3, 4, data)).align_and_merge()
    assert str(caught.value) == (
        "two segments overlap: [0x0, 0x5) segment, buffer 0x4 bytes"
        " and [0x3, 0x7) segment, buffer 0x4 bytes"
    )


_rows = st.lists(
    st.tuples(st.integers(0, 6 * PAGE_SIZE), st.integers(1, 3000), st.binary(max_size=40)),
    max_size=8,
)


def _bytes(found: Segments) -> dict[int, int]:
    held = {}
    for each in found:
        for i, value in enumerate(each.read(each.phys)):
            if value:
                held[each.phys.start + i] = value
    return held


@given(_rows)
def test_merging_keeps_every_byte_and_gives_disjoint_pages(rows):
    before = segments(*rows)
    ranges = sorted(each.phys for each in before)
    overlap = any(one.overlaps(two) for i, one in enumerate(ranges) for two in ranges[i + 1 :])
    if overlap:
        with pytest.raises(PlanError):
            before.align_and_merge()
        return
    after = before.align_and_merge()
    assert _bytes(after) == _bytes(before)
    check_superset(after, before)
    for one, two in pairwise(after):
        assert one.phys.end <= two.phys.start
    for each in after:
        assert each.phys.start % PAGE_SIZE == each.phys.end % PAGE_SIZE == 0


def test_insert_sorts():
    found = Segments()
    for start in (0x3000, 0x1000, 0x2000):
        found.insert_segment(segment(start, 0x1000))
    assert [each.start for each in phys(found)] == [0x1000, 0x2000, 0x3000]


def test_lookup():
    found = segments((0x1000, 0x1000, b"abc"), (0x3000, 0x10, b"x" * 16))
    assert phys_contains(found, 0x1FFF)
    assert not phys_contains(found, 0x2000)
    assert get_phys(found, Range(0x1001, 0x1005)) == b"bc\0\0"
    assert get_phys(found, Range(0x1F00, 0x2010)) is None
    check_superset(found, segments((0x1001, 2, b"bc")))
    for start, data in ((0x1001, b"bd"), (0x2000, b"")):
        with pytest.raises(PlanError, match=r"is not there$"):
            check_superset(found, segments((start, 2, data)))


def test_equality_ignores_the_label_and_trailing_zeros():
    one, two = segment(0, 16, b"a"), Segment(b"a\0\0", Range(0, 16), "named")
    assert one == two
    assert one != segment(0, 16, b"b")
    assert one != 3


def made(entry, *rows, mode="long", registers=None):
    plan = Plan("test", "x86_64", mode, entry, registers or {})
    plan.segments = segments(*rows)
    return plan


RAM = Ranges([Range(0, 0x100000), Range(0x200000, 0x300000)])
PAGES = [(n * 0x2000, 0x1000) for n in range(KEXEC_SEGMENT_MAX)]
CHECKED = [
    pytest.param(made(0, *PAGES), "", id="as many as the kernel takes"),
    pytest.param(
        made(0, *PAGES, (0x200000, 0x1000)),
        "the plan has 17 segments, the kernel takes 16",
        id="one more",
    ),
    pytest.param(made(0xFFF, (0, 0x1000)), "", id="the entry is the last byte"),
    pytest.param(made(0x1000, (0, 0x1000)), "the entry 0x1000 is in no segment", id="behind it"),
    pytest.param(made(0x0FE10005, (0xF000, 0x1000), mode="real"), "", id="segment and offset"),
    pytest.param(
        made(0x0FE10005, (0xF000, 0x1000)), "the entry 0xfe10005 is in no segment", id="no offset"
    ),
    pytest.param(
        made(0xFE120001, (0xFE000, 0x1000), mode="real"), "", id="the offset is added, not more"
    ),
    pytest.param(
        made(0x0FFF0010, (0xF000, 0x1000), mode="real"),
        "the entry 0xfff0010 is in no segment",
        id="the offset leads out",
    ),
    pytest.param(
        made(0, (0, 0x1800)), "segment [0x0, 0x1800) is not whole pages", id="half a page"
    ),
    pytest.param(
        made(0xF0800, (0xF0800, 0x1000)), "segment [0xf0800, 0xf1800) is not whole pages", id="at"
    ),
    pytest.param(
        made(0xFF000, (0xFF000, 0x2000)),
        "segment [0xff000, 0x101000) is not inside the RAM of this machine",
        id="no RAM",
    ),
]


@pytest.mark.parametrize(("plan", "text"), CHECKED)
def test_check(plan, text):
    if not text:
        plan.check(RAM)
        return
    with pytest.raises(PlanError) as caught:
        plan.check(RAM)
    assert str(caught.value) == text


def test_a_plan_in_words():
    plan = made(0x1000, (0x1000, 0x1000, b"abc"), registers={"rsi": 0x90000, "rdi": 1})
    plan.segments[0].label = "kernel"
    plan.notes = ["a note"]
    assert plan.describe() == (
        "test, x86_64, long mode, entry 0x1000\n"
        "registers: rsi = 0x90000, rdi = 0x1\n"
        "[0x1000, 0x2000) kernel, 3 B\n"
        "a note"
    )
    assert made(0, (0, 0x1000)).describe() == (
        "test, x86_64, long mode, entry 0x0\n[0x0, 0x1000) , 0 B"
    )


def test_plans_are_values():
    one = made(0x1000, (0x1000, 0x1000, b"abc"), registers={"rsi": 1})
    assert one == made(0x1000, (0x1000, 0x1000, b"abc"), registers={"rsi": 1})
    for other in (
        made(0x1001, (0x1000, 0x1000, b"abc"), registers={"rsi": 1}),
        made(0x1000, (0x1000, 0x1000, b"abx"), registers={"rsi": 1}),
        made(0x1000, (0x1000, 0x1000, b"abc"), registers={"rsi": 2}),
        made(0x1000, (0x1000, 0x1000, b"abc"), mode="real", registers={"rsi": 1}),
        "test",
    ):
        assert one != other
