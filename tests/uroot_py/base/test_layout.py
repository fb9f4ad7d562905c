"""Declared headers: read, write, bounds, and declarations that are wrong."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import FormatError
from uroot_py.base.layout import Layout, raw, u8, u16, u32, u64


class Little(Layout, size=32, title="sample header"):
    one = u8(0)
    two = u16(2)
    four = u32(4)
    eight = u64(8)
    text = raw(16, 4)


class Big(Layout, size=16, order="big"):
    eight = u64(8)
    four = u32(0)


@given(
    st.integers(0, 255), st.integers(0, 65535), st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1)
)
def test_agrees_with_struct(one, two, four, eight):
    data = struct.pack("<BxHIQ4s12x", one, two, four, eight, b"abcd")
    view = Little(data)
    assert (view.one, view.two, view.four, view.eight, view.text) == (
        one,
        two,
        four,
        eight,
        b"abcd",
    )
    made = Little.new(one=one, two=two, four=four, eight=eight, text=b"abcd")
    assert bytes(made) == data


def test_big_endian_and_base_offset():
    view = Big(b"\xff" * 3 + struct.pack(">IIQ", 1, 0, 2), 3)
    assert (view.four, view.eight) == (1, 2)


def test_writes_go_through():
    buffer = bytearray(40)
    Little(buffer, 8).two = 0x1234
    assert buffer[10:12] == b"\x34\x12"


@given(st.binary(max_size=40), st.integers(-2, 50))
def test_short_input_is_a_format_error(data, base):
    if base >= 0 and len(data) - base >= 32:
        assert len(bytes(Little(data, base))) == 32
    else:
        with pytest.raises(FormatError, match=r"sample header at offset .*: expected 32 bytes"):
            Little(data, base)


def test_message_to_the_letter():
    with pytest.raises(FormatError) as caught:
        Little(b"abc")
    assert str(caught.value) == "sample header at offset 0x0: expected 32 bytes, found 3 bytes"


def test_value_too_large():
    with pytest.raises(
        FormatError, match="sample header: two at offset 0x2: expected a number of 2"
    ):
        Little.new(two=65536)
    with pytest.raises(FormatError, match="sample header: text at offset 0x10: expected at most 4"):
        Little.new(text=b"12345")


def test_read_only_buffer():
    with pytest.raises(TypeError, match="read-only"):
        Little(bytes(32)).one = 1


def test_overlap_fails_when_the_class_is_made():
    with pytest.raises(TypeError, match=r"Wrong\.b overlaps"):

        class Wrong(Layout, size=8):
            a = u32(0)
            b = u16(2)


def test_past_the_end_fails_when_the_class_is_made():
    with pytest.raises(TypeError, match="ends at 0xa, declared size is 0x8"):

        class Wrong(Layout, size=8):
            a = u32(6)


def test_repr_names_fields():
    assert repr(Big(bytes(16))) == "Big(four=0x0, eight=0x0)"
