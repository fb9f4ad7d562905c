"""uroot_py.base.reader: what is read against int.from_bytes, and every read that passes the end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import FormatError
from uroot_py.base.reader import Reader, as_bytes, number_at

ORDERS = st.sampled_from(["little", "big"])


def test_one_after_another():
    reader = Reader(bytes(range(20)), "record", 1)
    assert (reader.u8(), reader.u16(), reader.u32()) == (1, 0x0302, 0x07060504)
    assert reader.u64() == 0x0F0E0D0C0B0A0908
    reader.skip(1)
    assert (reader.take(2), reader.left, reader.at) == (b"\x11\x12", 1, 19)


@given(st.binary(max_size=40), st.lists(st.integers(0, 12), max_size=8), ORDERS)
def test_numbers_are_those_of_the_bytes(data, sizes, order):
    reader = Reader(data, "record", order=order)
    at = 0
    for size in sizes:
        if at + size > len(data):
            with pytest.raises(FormatError) as caught:
                reader.number(size)
            assert str(caught.value) == (
                f"record at offset {at:#x}: expected {size} bytes, found {len(data) - at} bytes"
            )
            return
        assert reader.number(size) == int.from_bytes(data[at : at + size], order)
        at += size
        assert reader.at == at


@pytest.mark.parametrize("size", [-1, 3, 1 << 70])
@pytest.mark.parametrize("what", ["take", "skip"])
def test_an_end_that_was_given_is_the_end(what, size):
    reader = Reader(b"abcdef", "record", 2, 4)
    with pytest.raises(FormatError) as caught:
        getattr(reader, what)(size)
    assert str(caught.value) == f"record at offset 0x2: expected {size} bytes, found 2 bytes"


@given(st.binary(max_size=12), st.integers(-2, 14), st.integers(1, 8), ORDERS)
def test_a_number_at_an_offset(data, offset, size, order):
    if offset >= 0 and offset + size <= len(data):
        value = number_at(data, offset, size, order)
        assert as_bytes(value, size, order) == data[offset : offset + size]
    else:
        with pytest.raises(FormatError):
            number_at(data, offset, size, order)


def test_a_number_that_does_not_fit():
    with pytest.raises(FormatError) as caught:
        as_bytes(256, 1)
    assert str(caught.value) == "number at offset 0x0: expected a number of 1 bytes, found 0x100"
