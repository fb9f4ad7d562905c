"""The SMBIOS table: structures by the specification's layout, and tables that lie."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import FormatError
from uroot_py.formats.smbios import MAX_STRUCTURES, parse


def structure(kind, handle, area=b"", *strings):
    """Ref: DSP0134 6.1.2: header, formatted area, strings, each with its NUL, and one more."""
    texts = b"".join(text + b"\0" for text in strings) or b"\0"
    return struct.pack("<BBH", kind, 4 + len(area), handle) + area + texts + b"\0"


# Manufacturer, product, version, serial number by number, then the UUID of 7.2.1's example.
UUID = bytes.fromhex("33221100554477668899aabbccddeeff")
SYSTEM = structure(1, 0x100, bytes([1, 2, 0, 3]) + UUID + b"\6", b"ACME", b"Board 9", b"S-1")
END = structure(127, 0x7F00)


def test_structures():
    firmware = structure(0, 0, struct.pack("<BBH", 0, 0, 0xE000))
    found = parse(firmware + SYSTEM + END + b"what follows the end")
    assert [(each.kind, each.handle) for each in found] == [(0, 0), (1, 0x100), (127, 0x7F00)]
    system = found[1]
    assert system.strings == ["ACME", "Board 9", "S-1"]
    assert [system.string(at) for at in (4, 5, 6, 7)] == ["ACME", "Board 9", "", "S-1"]
    assert system.uuid(8) == "00112233-4455-6677-8899-aabbccddeeff"
    assert system.number(24, 1) == 6
    assert found[0].number(6, 2) == 0xE000
    assert system.number(4, 4) == 0x03000201


def test_a_string_that_is_not_there():
    (found,) = parse(structure(1, 1, b"\2", b"only one"))
    with pytest.raises(FormatError) as caught:
        found.string(4)
    assert str(caught.value) == (
        "SMBIOS structure at offset 0x4: expected string 2, found 1 strings"
    )


def test_an_area_that_is_too_short():
    (found,) = parse(structure(1, 1, b"\1", b"x"))
    with pytest.raises(FormatError):
        found.uuid(4)
    with pytest.raises(FormatError):
        found.number(4, 2)


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(b"\x01\x03\0\0\0\0", id="shorter than its header"),
        pytest.param(b"\x01\xff\0\0\0\0", id="longer than the table"),
        pytest.param(b"\x01\x05\0\0abc", id="strings without an end"),
    ],
)
def test_what_is_damaged_ends_the_table(bad):
    assert [each.kind for each in parse(SYSTEM + bad)] == [1]


def test_a_table_without_an_end_is_bounded():
    assert len(parse(structure(2, 2) * (MAX_STRUCTURES + 5))) == MAX_STRUCTURES


@given(st.integers(0, len(SYSTEM) - 1), st.integers(0, 255))
def test_any_byte_changed(at, value):
    for each in parse(SYSTEM[:at] + bytes([value]) + SYSTEM[at + 1 :] + END):
        for offset in (4, 5, 6, 7):
            try:
                each.string(offset)
                each.uuid(8)
            except FormatError:
                pass
