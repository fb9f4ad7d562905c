"""The UEFI payload memory map against struct and the reference's table."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import FormatError
from uroot_py.memory import uefi
from uroot_py.memory.map import ACPI, DEFAULT, NVS, RAM, RESERVED, MemoryMap, TypedRange

FIVE = MemoryMap(
    [
        TypedRange.from_size(0, 50, RAM),
        TypedRange.from_size(100, 50, ACPI),
        TypedRange.from_size(200, 50, NVS),
        TypedRange.from_size(300, 50, RESERVED),
        TypedRange.from_size(400, 50, DEFAULT),
    ]
)


def test_the_reference_case() -> None:
    expected = [(0, 49, 1), (100, 149, 3), (200, 249, 4), (300, 349, 5), (400, 449, 2)]
    table = uefi.entries(FIVE)
    assert [(entry.start, entry.end, entry.type) for entry in table] == expected
    assert uefi.build(table) == b"".join(struct.pack("<QQI", *entry) for entry in expected)
    assert uefi.to_map(uefi.parse(uefi.build(table))) == FIVE


def test_other_types_are_reserved() -> None:
    held = MemoryMap([TypedRange.from_size(0, 1, "Kernel code")])
    assert uefi.build(uefi.entries(held)) == struct.pack("<QQI", 0, 0, 5)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(
            struct.pack("<QQI", 0, 9, 1) + b"x",
            "UEFI payload memory map entry at offset 0x14: expected 20 bytes, found 1 bytes",
            id="half-an-entry",
        ),
        pytest.param(
            struct.pack("<QQI", 5, 4, 1),
            "UEFI payload memory map entry: end at offset 0x8: expected 0x5 or more, found 0x4",
            id="backwards",
        ),
        pytest.param(
            struct.pack("<QQIQQI", 0, 4, 1, 5, 6, 6),
            "UEFI payload memory map entry: type at offset 0x24: expected 1 to 5, found 6",
            id="type",
        ),
    ],
)
def test_refused(data: bytes, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        uefi.parse(data)
    assert str(caught.value) == message


@given(st.binary(max_size=80))
def test_any_bytes_are_a_map_or_a_format_error(data: bytes) -> None:
    try:
        table = uefi.parse(data)
    except FormatError:
        return
    assert uefi.build(table) == data
