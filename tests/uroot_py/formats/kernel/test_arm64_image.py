"""The header of an arm64 Image, as booting.rst prints it."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import FormatError
from uroot_py.formats.kernel.arm64_image import Arm64Image


def image(text_offset=0x80000, size=0x100000, flags=0b1010, magic=b"ARM\x64", code0=0xD503201F):
    """Ref: booting.rst, "Call the kernel image": the decompressed image's header."""
    head = struct.pack(
        "<IIQQQQQQ4sI", code0, 0x14000000, text_offset, size, flags, 0, 0, 0, magic, 0
    )
    return head + bytes(200)


@pytest.mark.parametrize(
    ("flags", "page"), [(0b000, 0), (0b010, 4096), (0b100, 16384), (0b110, 65536), (0b1010, 4096)]
)
def test_page_sizes(flags, page):
    assert Arm64Image(image(flags=flags)).page_size == page


def test_new_and_old():
    new = Arm64Image(image(text_offset=0x1000))
    assert (new.old, new.text_offset, new.size) == (False, 0x1000, 0x100000)
    old = Arm64Image(image(text_offset=0x1000, size=0))
    assert (old.old, old.text_offset, old.size) == (True, 0x80000, 16 << 20)


def test_a_file_that_is_longer_than_it_says():
    assert Arm64Image(image(size=1)).size == 64 + 200


PLACE = "arm64 Image header: text_offset at offset 0x8"
LIMITS = f"{PLACE}: expected less than 2 MiB, and a size below 1 TiB"
BAD = [
    (
        image(magic=b"ARM\x65"),
        "arm64 Image header: magic at offset 0x38: expected 41 52 4d 64, found 41 52 4d 65",
    ),
    (
        image(flags=0b1011),
        "arm64 Image header: flags at offset 0x18: expected a little-endian kernel, found 0xb",
    ),
    (image(text_offset=2 << 20), f"{LIMITS}, found 0x200000, 0x100000"),
    (image(size=1 << 40), f"{LIMITS}, found 0x80000, 0x10000000000"),
]


@pytest.mark.parametrize(("data", "text"), BAD, ids=["magic", "big-endian", "offset", "size"])
def test_refused(data, text):
    with pytest.raises(FormatError) as caught:
        Arm64Image(data)
    assert str(caught.value) == text


@given(st.integers(0, 63), st.integers(0, 255), st.booleans())
def test_any_byte_of_the_header(at, value, cut):
    good = image()
    try:
        Arm64Image(good[:at] if cut else good[:at] + bytes([value]) + good[at + 1 :])
    except FormatError:
        pass
