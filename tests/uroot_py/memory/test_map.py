"""MemoryMap: the reference library's tables, and a dictionary of addresses as model."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import NotEnoughSpaceError, PlanError
from uroot_py.base.ranges import Range
from uroot_py.memory.map import ACPI, DEFAULT, NVS, RAM, RESERVED, MemoryMap, TypedRange, compare

SMALL = 40


def t(start: int, size: int, kind: str = RAM) -> TypedRange:
    return TypedRange.from_size(start, size, kind)


def model(ranges) -> dict[int, str]:
    return {p: each.type for each in ranges for p in range(each.range.start, each.range.end)}


typed = st.builds(
    t, st.integers(0, SMALL), st.integers(0, SMALL), st.sampled_from([RAM, RESERVED, ACPI])
)
several = st.lists(typed, max_size=8)


@pytest.mark.parametrize(
    ("before", "new", "after"),
    [
        pytest.param(
            [t(0, 0x500)],
            t(0x100, 0x100, RESERVED),
            [t(0, 0x100), t(0x100, 0x100, RESERVED), t(0x200, 0x300)],
            id="inside-one",
        ),
        pytest.param(
            [t(0, 0x150), t(0x150, 0x50), t(0x1A0, 0x100)],
            t(0x100, 0x100, RESERVED),
            [t(0, 0x100), t(0x100, 0x100, RESERVED), t(0x200, 0xA0)],
            id="across-three",
        ),
        pytest.param(
            [t(0x100, 0x50), t(0x200, 0x50)],
            t(0, 0x400, RESERVED),
            [t(0, 0x400, RESERVED)],
            id="superset-replaces",
        ),
        pytest.param([], t(0, 0x100), [t(0, 0x100)], id="into-empty"),
        pytest.param(
            [t(0, 0x100), t(0x200, 0x100)],
            t(0x100, 0x100, ACPI),
            [t(0, 0x100), t(0x100, 0x100, ACPI), t(0x200, 0x100)],
            id="into-a-gap",
        ),
        pytest.param(
            [t(0, 0x200)],
            t(0x100, 0x100),
            [t(0, 0x100), t(0x100, 0x100)],
            id="one-type-is-not-merged",
        ),
        pytest.param(
            [t(0, 0x100)],
            t(0x50, 0, RESERVED),
            [t(0, 0x100)],
            id="nothing-where-the-reference-splits",
        ),
    ],
)
def test_insert(before: list[TypedRange], new: TypedRange, after: list[TypedRange]) -> None:
    inserted = MemoryMap(before)
    inserted.insert(new)
    assert list(inserted) == after
    assert inserted == MemoryMap([*before, new])


@given(several)
def test_map_is_a_dictionary_of_addresses_where_the_newest_wins(ranges: list[TypedRange]) -> None:
    built = MemoryMap(ranges)
    grown = MemoryMap()
    for each in ranges:
        grown.insert(each)
    assert grown == built
    assert model(built) == model(ranges)
    assert all(each.range.size for each in built)
    ends = [each.range for each in built]
    assert all(one.end <= two.start for one, two in itertools.pairwise(ends))


@given(several)
def test_merge_keeps_the_addresses_and_leaves_nothing_to_merge(ranges: list[TypedRange]) -> None:
    merged = MemoryMap(ranges).merge()
    assert model(merged) == model(ranges)
    entries = list(merged)
    for one, two in itertools.pairwise(entries):
        assert one.range.end < two.range.start or one.type != two.type


@given(st.lists(several, max_size=3))
def test_side_by_side_is_what_each_model_says(lists: list[list[TypedRange]]) -> None:
    models = [model(ranges) for ranges in lists]
    expected = {p: tuple(m.get(p, "") for m in models) for p in set().union(*models)}
    found = compare([MemoryMap(ranges) for ranges in lists])
    assert {p: types for where, types in found for p in range(where.start, where.end)} == expected
    for (before, types), (after, others) in itertools.pairwise(found):
        assert before.end < after.start or types != others


@given(several, st.integers(1, SMALL), st.sampled_from([1, 2, 4, 8]))
def test_found_space_is_memory(ranges: list[TypedRange], size: int, alignment: int) -> None:
    held = MemoryMap(ranges)
    try:
        found = held.ram().find_space(size, alignment=alignment)
    except NotEnoughSpaceError:
        return
    inside = model(held)
    assert all(inside.get(p) == RAM for p in range(found.start, found.end))


def test_merge() -> None:
    held = MemoryMap(
        [
            t(0, 50),
            t(0, 50),
            t(50, 20),
            t(70, 40),
            t(111, 50),
            t(121, 50),
            t(200, 10, RESERVED),
            t(210, 10, ACPI),
            t(220, 5, RESERVED),
            t(220, 5, RESERVED),
        ],
        ["kept"],
    )
    merged = held.merge()
    assert list(merged) == [
        t(0, 110),
        t(111, 60),
        t(200, 10, RESERVED),
        t(210, 10, ACPI),
        t(220, 5, RESERVED),
    ]
    assert merged.notes == ["kept"]


def test_types_and_totals() -> None:
    held = MemoryMap([t(0, 10), t(10, 5, "Kernel code"), t(15, 5), t(30, 1, NVS), t(40, 2)])
    assert held.ram() == [Range(0, 10), Range(15, 20), Range(40, 42)]
    assert held.filter_by_type(NVS) == [Range(30, 31)]
    assert held.filter_by_type(DEFAULT) == []
    assert held.total() == 17
    assert held.total("Kernel code") == 5
    assert held.totals() == {RAM: 17, "Kernel code": 5, NVS: 1}
    assert held.retype(["Kernel code"], RAM) == MemoryMap([t(0, 20), t(30, 1, NVS), t(40, 2)])


def test_text() -> None:
    held = MemoryMap([t(0x1000, 0x1000), t(0x2000, 1, "PCI Bus 0000:00")])
    assert str(held) == "[0x1000, 0x2000) System RAM\n[0x2000, 0x2001) PCI Bus 0000:00"
    assert repr(held) == (
        "MemoryMap([[0x1000, 0x2000) System RAM, [0x2000, 0x2001) PCI Bus 0000:00])"
    )
    assert len(held) == 2
    assert MemoryMap() != []
    assert t(0, 1) != Range(0, 1)
    assert {t(0, 1): 1}[t(0, 1)] == 1


def test_to_the_very_top() -> None:
    top = 1 << 64
    held = MemoryMap([t(0, top), t(top - 1, 1, RESERVED)])
    assert list(held) == [t(0, top - 1), t(top - 1, 1, RESERVED)]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        pytest.param((5, 4, RAM), "range [0x5, 0x4): its end is before its start", id="backwards"),
        pytest.param(
            (0, (1 << 64) + 1, RAM),
            "address 0x10000000000000001: expected 0x0 to 0x10000000000000000",
            id="above-2^64",
        ),
    ],
)
def test_addresses_are_checked(entry: tuple[int, int, str], message: str) -> None:
    with pytest.raises(PlanError) as caught:
        MemoryMap.from_entries([entry])
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("other", "same"),
    [(t(1, 2), True), (t(1, 3), False), (t(0, 2), False), (t(1, 2, ACPI), False), ((1, 3), False)],
)
def test_a_typed_range_is_a_value(other, same):
    one = t(1, 2)
    assert (one == other) is same
    assert (hash(one) == hash(other)) is same


@pytest.mark.parametrize("entry", [(-1, 1), (2, 1), (0, (1 << 64) + 1)])
def test_addresses_that_are_none(entry):
    with pytest.raises(PlanError):
        MemoryMap.from_entries([(0, 1, RAM), (*entry, RAM), (4, 5, RAM)])


def test_the_whole_of_64_bits():
    assert list(MemoryMap.from_entries([(0, 1 << 64, RAM)])) == [t(0, 1 << 64)]
