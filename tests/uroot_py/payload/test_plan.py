"""Segments: alignment, merging, lookup; the tables are the ones every loader has to get right."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import PlanError
from uroot_py.base.ranges import PAGE_SIZE, Range
from uroot_py.payload.plan import Segment, Segments
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
