"""Ranges: the tables of the reference library, corrected where it is wrong, and a set as model."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import NotEnoughSpaceError, PlanError
from uroot_py.base.ranges import MAX_ADDRESS, Range, Ranges, align_down, align_up

SMALL = 48
TOP = 1 << 64


def r(start: int, size: int) -> Range:
    return Range.from_size(start, size)


def rs(*pairs: tuple[int, int]) -> Ranges:
    return Ranges(r(start, size) for start, size in pairs)


def points(*several: Range) -> set[int]:
    return {p for each in several for p in range(each.start, each.end)}


ranges = st.builds(r, st.integers(0, SMALL), st.integers(0, SMALL))
lists = st.lists(ranges, max_size=6).map(Ranges)
powers = st.sampled_from([0, 1, 2, 4, 8, 16])


class TestRange:
    @pytest.mark.parametrize(
        ("made", "start", "end", "size", "last"),
        [
            pytest.param(Range(1, 5), 1, 5, 4, 4, id="plain"),
            pytest.param(Range.from_interval(0, 0), 0, 0, 0, -1, id="interval-0-0-is-empty"),
            pytest.param(Range.from_interval(0, 50), 0, 50, 50, 49, id="interval"),
            pytest.param(
                Range.from_inclusive_interval(0, 0), 0, 1, 1, 0, id="inclusive-0-0-is-one-byte"
            ),
            pytest.param(Range.from_inclusive_interval(0, 49), 0, 50, 50, 49, id="inclusive"),
            pytest.param(
                Range.from_inclusive_interval(0, MAX_ADDRESS),
                *(0, TOP, TOP, MAX_ADDRESS),
                id="everything-where-the-reference-wraps-to-size-0",
            ),
            pytest.param(Range.from_size(16, 4), 16, 20, 4, 19, id="size"),
        ],
    )
    def test_made(self, made: Range, start: int, end: int, size: int, last: int) -> None:
        assert (made.start, made.end, made.size, made.last) == (start, end, size, last)

    @pytest.mark.parametrize(
        ("start", "end", "message"),
        [
            pytest.param(-1, 5, "address -0x1: expected 0x0 to 0x10000000000000000", id="negative"),
            pytest.param(
                *(0, TOP + 1),
                "address 0x10000000000000001: expected 0x0 to 0x10000000000000000",
                id="above-2^64",
            ),
            pytest.param(5, 4, "range [0x5, 0x4): its end is before its start", id="backwards"),
        ],
    )
    def test_checked_at_the_door(self, start: int, end: int, message: str) -> None:
        with pytest.raises(PlanError) as caught:
            Range(start, end)
        assert str(caught.value) == message

    def test_a_negative_size_is_refused(self) -> None:
        with pytest.raises(PlanError) as caught:
            Range.from_size(5, -1)
        assert str(caught.value) == "range [0x5, 0x4): its end is before its start"

    def test_value(self) -> None:
        one = Range(0x1000, 0x2000)
        assert str(one) == repr(one) == "[0x1000, 0x2000)"
        assert one == Range(0x1000, 0x2000) != Range(0x1000, 0x2001)
        assert {one: 1}[Range.from_size(0x1000, 0x1000)] == 1
        assert one != (0x1000, 0x2000)

    def test_does_not_change(self) -> None:
        with pytest.raises(AttributeError, match=r"^a Range does not change: start$"):
            Range(0, 1).start = 5

    @pytest.mark.parametrize(
        ("address", "expected"),
        [
            pytest.param(0x100, True, id="start"),
            pytest.param(0x1FF, True, id="last"),
            pytest.param(0x200, False, id="end-is-exclusive"),
        ],
    )
    def test_contains(self, address: int, expected: bool) -> None:
        assert r(0x100, 0x100).contains(address) is expected

    @pytest.mark.parametrize(
        ("one", "other", "expected"),
        [
            pytest.param(r(0, 10), r(10, 5), True, id="touching"),
            pytest.param(r(10, 29), r(40, 50), False, id="gap"),
            pytest.param(r(10, 39), r(40, 50), False, id="overlapping"),
            pytest.param(r(0, 0), r(0, 5), True, id="empty-at-an-end"),
        ],
    )
    def test_adjacent(self, one: Range, other: Range, expected: bool) -> None:
        assert one.adjacent(other) is expected
        assert other.adjacent(one) is expected

    @pytest.mark.parametrize(
        ("other", "expected"),
        [
            pytest.param(r(0, 0x1000), True, id="itself"),
            pytest.param(r(1, 0xFFF), True, id="to-the-end"),
            pytest.param(r(1, 0x1000), False, id="one-too-many"),
            pytest.param(r(0, 0), True, id="empty-at-start"),
            pytest.param(r(0x1001, 0), False, id="empty-outside"),
        ],
    )
    def test_is_superset_of(self, other: Range, expected: bool) -> None:
        assert r(0, 0x1000).is_superset_of(other) is expected

    @pytest.mark.parametrize(
        ("one", "other", "common"),
        [
            pytest.param(r(0, 50), r(49, 1), r(49, 1), id="last-byte"),
            pytest.param(r(0, 50), r(50, 1), None, id="behind"),
            pytest.param(r(49, 1), r(0, 50), r(49, 1), id="turned-round"),
            pytest.param(r(10, 10), r(5, 10), r(10, 5), id="start"),
            pytest.param(r(10, 10), r(0, 100), r(10, 10), id="inside"),
            pytest.param(r(10, 10), r(15, 0), None, id="empty-shares-nothing"),
        ],
    )
    def test_intersect(self, one: Range, other: Range, common: Range | None) -> None:
        assert one.intersect(other) == common

    @pytest.mark.parametrize(
        ("one", "other", "left"),
        [
            pytest.param(
                r(0x100, 0x200),
                r(0x150, 0x50),
                rs((0x100, 0x50), (0x1A0, 0x160)),
                id="middle",
            ),
            pytest.param(r(0x100, 0x50), r(0x90, 0x100), rs(), id="covered"),
            pytest.param(r(0x100, 0x100), r(0x100, 0x100), rs(), id="equal"),
            pytest.param(r(0x100, 0x100), r(0x50, 0x100), rs((0x150, 0xB0)), id="start"),
            pytest.param(r(0x100, 0x100), r(0x150, 0x100), rs((0x100, 0x50)), id="end"),
            pytest.param(r(0x100, 0x100), r(0x200, 0x100), rs((0x100, 0x100)), id="behind"),
            pytest.param(r(0x100, 0x100), r(0, 0x100), rs((0x100, 0x100)), id="before"),
            pytest.param(
                r(0x100, 0x100),
                r(0x150, 0),
                rs((0x100, 0x100)),
                id="empty-where-the-reference-splits",
            ),
            pytest.param(r(0x100, 0), r(0, 0), rs(), id="nothing-from-nothing"),
        ],
    )
    def test_minus(self, one: Range, other: Range, left: Ranges) -> None:
        assert one.minus(other) == left

    @pytest.mark.parametrize(
        ("one", "alignment", "aligned"),
        [
            pytest.param(r(0x10, 0x10), 0x1000, r(0, 0x1000), id="grows-both-ways"),
            pytest.param(r(0x10, 0), 0x1000, r(0, 0), id="empty-stays-empty"),
            pytest.param(r(0x10, 0x10), 0, r(0x10, 0x10), id="0-is-none"),
            pytest.param(r(0x10, 0x10), 1, r(0x10, 0x10), id="1-is-none"),
            pytest.param(r(0x1000, 0x1000), 0x1000, r(0x1000, 0x1000), id="is-aligned"),
            pytest.param(r(0xFFF, 2), 0x1000, r(0, 0x2000), id="across"),
            pytest.param(Range(5, MAX_ADDRESS), 0x1000, Range(0, TOP), id="to-the-very-top"),
        ],
    )
    def test_align(self, one: Range, alignment: int, aligned: Range) -> None:
        assert one.align(alignment) == aligned
        if alignment == 0x1000:
            assert one.align_page() == aligned

    @pytest.mark.parametrize("alignment", [3, 0x1001, -4096, 1 << 65])
    def test_alignment_is_a_power_of_two(self, alignment: int) -> None:
        with pytest.raises(PlanError) as caught:
            Range(0, 1).align(alignment)
        assert str(caught.value) == (
            f"alignment {alignment:#x}: expected a power of two up to 0x10000000000000000"
        )

    def test_with_start(self) -> None:
        assert r(0x100, 0x100).with_start(0x180) == Range(0x180, 0x200)
        assert r(0x100, 0x100).with_start(0) == Range(0, 0x200)

    def test_with_start_equal_start_where_the_reference_gives_size_0(self) -> None:
        assert r(0x100, 0x100).with_start(0x100) == r(0x100, 0x100)

    def test_with_start_behind_the_end_where_the_reference_wraps(self) -> None:
        with pytest.raises(PlanError) as caught:
            r(0x100, 0x100).with_start(0x201)
        assert str(caught.value) == "range [0x201, 0x200): its end is before its start"

    @given(ranges, ranges, powers)
    def test_is_a_set_of_points(self, one: Range, other: Range, alignment: int) -> None:
        a, b = points(one), points(other)
        assert one.overlaps(other) is bool(a & b) is (not one.disjunct(other))
        common = one.intersect(other)
        assert (points(common) if common else set()) == a & b
        left = one.minus(other)
        assert points(*left) == a - b
        assert all(each.size for each in left)
        assert left == sorted(left)
        aligned = one.align(alignment)
        assert aligned.is_superset_of(one) or not one.size
        assert aligned.size - one.size < 2 * max(alignment, 1)
        if b:
            assert one.is_superset_of(other) is (b <= a)
        if one.adjacent(other):
            assert not a & b
            assert one.end == other.start or other.end == one.start

    @given(st.integers(0, TOP), st.sampled_from([1 << n for n in range(65)]))
    def test_align_up_and_down(self, value: int, alignment: int) -> None:
        low, high = align_down(value, alignment), align_up(value, alignment)
        assert low % alignment == high % alignment == 0
        assert value - alignment < low <= value <= high < value + alignment


THREE = rs((0, 0x1000), (0x1010, 0x1010), (0x3000, 0x1000))


class TestRanges:
    @pytest.mark.parametrize(
        ("before", "after"),
        [
            pytest.param(rs((1, 5), (1, 6)), rs((1, 6), (1, 5)), id="larger-first"),
            pytest.param(rs((9, 1), (2, 3), (0, 1)), rs((0, 1), (2, 3), (9, 1)), id="by-start"),
        ],
    )
    def test_sort(self, before: Ranges, after: Ranges) -> None:
        before.sort()
        assert before == after

    def test_minus(self) -> None:
        left = rs((0, 50), (60, 40)).minus(r(40, 30))
        assert left == rs((0, 40), (70, 30))
        assert left.total() == 70

    @pytest.mark.parametrize(
        ("given", "size", "options", "found"),
        [
            pytest.param(rs((0, 0x1000)), 0x10, {}, r(0, 0x10), id="first"),
            pytest.param(rs((0, 0xF), (0x100, 0x10)), 0x10, {}, r(0x100, 0x10), id="second"),
            pytest.param(
                rs((0x900, 0x10), (0x100, 0x10)), 0x10, {}, r(0x900, 0x10), id="order-of-the-list"
            ),
            pytest.param(rs((0x10, 5)), 0, {}, r(0x10, 0), id="size-0-is-a-place"),
            pytest.param(
                rs((0xFF, 0xF), (0xFF0, 0x10), (0x1000, 0x10)),
                *(0x10, {"within": Range(0, 0x1000)}, r(0xFF0, 0x10)),
                id="within-to-its-end",
            ),
            pytest.param(
                rs((0, 0x100F), (0x1010, 0x10)),
                *(0x10, {"minimum": 0x1000}, r(0x1010, 0x10)),
                id="above-needs-all-of-it",
            ),
            pytest.param(
                rs((0, 0x1010)),
                *(0x10, {"minimum": 0x1000}, r(0x1000, 0x10)),
                id="above-cuts",
            ),
            pytest.param(
                rs((0, 0x2000)),
                *(0x10, {"minimum": 0x800, "within": Range(0x400, 0x1000)}, r(0x800, 0x10)),
                id="both-limits-where-the-reference-forgets-the-minimum",
            ),
            pytest.param(
                THREE,
                *(0x10, {"alignment": 0x1000, "minimum": 0x500}, r(0x3000, 0x1000)),
                id="aligned-size-and-start",
            ),
            pytest.param(
                THREE,
                *(0x10, {"start_alignment": 0x1000, "minimum": 0x500}, r(0x2000, 0x10)),
                id="aligned-start",
            ),
            pytest.param(
                rs((0, 0x1000), (0x1010, 0x10), (0x3000, 0x10)),
                *(0x10, {"start_alignment": 0x1000, "minimum": 0x500}, r(0x3000, 0x10)),
                id="second-range-too-short-to-align-in",
            ),
            pytest.param(
                rs((0, 0x4000)),
                0x10,
                {"alignment": 0x1000, "start_alignment": 0x2000, "minimum": 1},
                r(0x2000, 0x1000),
                id="both-alignments",
            ),
            pytest.param(
                Ranges([Range(TOP - 16, TOP)]),
                *(0x10, {}, Range(TOP - 16, TOP)),
                id="the-last-byte-which-the-reference-never-uses",
            ),
        ],
    )
    def test_find_space(self, given: Ranges, size: int, options, found: Range) -> None:
        assert given.find_space(size, **options) == found

    @pytest.mark.parametrize(
        ("given", "size", "options", "message"),
        [
            pytest.param(
                rs(),
                *(0, {}, "no room for 0x0 bytes in memory; nothing is there"),
                id="size-0-of-nothing",
            ),
            pytest.param(
                rs((0, 0xF)),
                0x10,
                {},
                "no room for 0x10 bytes in memory; the largest range there has 0xf bytes",
                id="too-small",
            ),
            pytest.param(
                rs((0xFF1, 0x1E), (0x1FF1, 0x1E)),
                0x10,
                {"within": Range(0x1000, 0x2000)},
                "no room for 0x10 bytes in memory [0x1000, 0x2000);"
                " the largest range there has 0xf bytes",
                id="both-cut",
            ),
            pytest.param(
                rs((0x1010, 0x10)),
                0x10,
                {"start_alignment": 0x1000, "minimum": 0x500},
                "no room for 0x10 bytes in memory [0x500, 0x10000000000000000) aligned to 0x1000;"
                " the largest range there has 0x10 bytes",
                id="alignment-past-the-end-where-the-reference-returns-memory-outside",
            ),
            pytest.param(
                rs((0x250000, 0x10000)),
                0x1000,
                {"start_alignment": 0x200000, "minimum": 0x100000},
                "no room for 0x1000 bytes in memory [0x100000, 0x10000000000000000)"
                " aligned to 0x200000; the largest range there has 0x10000 bytes",
                id="large-alignment-past-the-end-where-the-reference-returns-memory-outside",
            ),
            pytest.param(
                rs((0x1000, 0x800)),
                0x1000,
                {},
                "no room for 0x1000 bytes in memory; the largest range there has 0x800 bytes",
                id="sub-page-tail",
            ),
            pytest.param(
                rs((0x1000, 0x1800)),
                0x1800,
                {"alignment": 0x1000},
                "no room for 0x1800 bytes in memory aligned to 0x1000;"
                " the largest range there has 0x1800 bytes",
                id="rounded-size-does-not-fit",
            ),
            pytest.param(
                rs((1, 1)),
                *(1, {"start_alignment": 2}),
                "no room for 0x1 bytes in memory aligned to 0x2;"
                " the largest range there has 0x1 bytes",
                id="one-byte-at-an-odd-address",
            ),
            pytest.param(
                rs((0, 0x100)),
                1,
                {"minimum": 0x200, "within": Range(0, 0x100)},
                "no room for 0x1 bytes in memory [0x200, 0x100); nothing is there",
                id="minimum-behind-within",
            ),
        ],
    )
    def test_no_space(self, given: Ranges, size: int, options, message: str) -> None:
        with pytest.raises(NotEnoughSpaceError) as caught:
            given.find_space(size, **options)
        assert str(caught.value) == message
        assert caught.value.size == size

    @pytest.mark.parametrize(
        ("size", "options", "message"),
        [
            pytest.param(-1, {}, "size -0x1: expected 0x0 to 0x10000000000000000", id="negative"),
            pytest.param(
                *(TOP + 1, {}, "size 0x10000000000000001: expected 0x0 to 0x10000000000000000"),
                id="above-2^64",
            ),
            pytest.param(
                *(1, {"minimum": -1}, "address -0x1: expected 0x0 to 0x10000000000000000"),
                id="negative-minimum",
            ),
            pytest.param(
                1,
                {"alignment": 12},
                "alignment 0xc: expected a power of two up to 0x10000000000000000",
                id="alignment",
            ),
        ],
    )
    def test_bad_request(self, size: int, options, message: str) -> None:
        with pytest.raises(PlanError) as caught:
            rs((0, 10)).find_space(size, **options)
        assert str(caught.value) == message
        assert not isinstance(caught.value, NotEnoughSpaceError)

    @pytest.mark.parametrize(
        ("given", "size", "minimum", "found"),
        [
            pytest.param(rs((0, 0x10)), 0x10, 0, r(0, 0x10), id="all"),
            pytest.param(rs((0, 0x1010)), 0x10, 0x1000, r(0x1000, 0x10), id="cut"),
            pytest.param(rs((0, 0x100F), (0x1010, 16)), 16, 0x1000, r(0x1010, 16), id="next"),
            pytest.param(rs((0, 0x100F), (0x1010, 15)), 16, 0x1000, None, id="none"),
            pytest.param(rs((0, 0x1000)), 0x10, 0x1000, None, id="all-below"),
            pytest.param(rs((0x2000, 0x10)), 0x10, 0x1000, r(0x2000, 0x10), id="above"),
            pytest.param(rs(), 0, 0, None, id="empty"),
        ],
    )
    def test_find_space_above(
        self, given: Ranges, size: int, minimum: int, found: Range | None
    ) -> None:
        if found is None:
            with pytest.raises(NotEnoughSpaceError):
                given.find_space_above(size, minimum)
        else:
            assert given.find_space_above(size, minimum) == found

    def test_find_space_in(self) -> None:
        found = rs((0, 0x3000)).find_space_in(0x800, Range(0x1800, 0x2000))
        assert found == r(0x1800, 0x800)

    @given(lists, st.integers(0, SMALL), powers, powers, st.integers(0, 2 * SMALL), ranges)
    def test_found_space_is_the_first_that_fits(
        self,
        given: Ranges,
        size: int,
        alignment: int,
        start_alignment: int,
        minimum: int,
        within: Range,
    ) -> None:
        rounded = size if alignment == 0 else -(-size // alignment) * alignment
        step = max(alignment, start_alignment, 1)
        candidates = [
            r(start, rounded)
            for each in given
            for start in range(each.start, each.end - rounded + 1)
            if start % step == 0 and start >= max(minimum, within.start)
            if start + rounded <= within.end
        ]
        try:
            found = given.find_space(
                size,
                alignment=alignment,
                start_alignment=start_alignment,
                minimum=minimum,
                within=within,
            )
        except NotEnoughSpaceError:
            assert candidates == []
        else:
            assert found == candidates[0]
