"""uroot_py.formats.uefi.image: images that run where they lie, moved elsewhere."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from scripts.builders.uefi import ENTRY
from uroot_py.base.errors import FormatError
from uroot_py.formats.uefi import image


def test_moved():
    moved = image.rebased(ENTRY, 0x1000)
    assert struct.unpack_from("<QQ", moved, 0x308) == ((0x1000 - 0x801000) % (1 << 64),) * 2
    assert image.rebased(ENTRY, 0x801000) == ENTRY


@given(st.integers(0, len(ENTRY) - 1), st.integers(0, 255), st.integers(0, len(ENTRY)))
def test_any_change(offset, value, size):
    data = bytearray(ENTRY[: size or None])
    if offset < len(data):
        data[offset] = value
    try:
        image.rebased(bytes(data), 0x1000)
    except FormatError:
        return
