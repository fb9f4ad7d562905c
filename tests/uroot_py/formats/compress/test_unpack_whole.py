"""uroot_py.formats.compress.unpack: unpacked by us what the usual packers packed, and damage."""

import gzip
import lzma
import sys

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import FormatError, RefusedError
from uroot_py.formats.compress.stream import unpack

DATA = bytes(range(256)) * 1000
PACKED = {
    "gzip": gzip.compress(DATA),
    "xz": lzma.compress(DATA),
    "zstd": zstandard.ZstdCompressor().compress(DATA),
    "zstd without a size": zstandard.ZstdCompressor(write_content_size=False).compress(DATA),
}


@pytest.mark.parametrize("name", PACKED)
def test_unpack(name):
    assert unpack(PACKED[name], len(DATA)) == DATA
    assert unpack(PACKED[name] + b"trailing", 1 << 20) == DATA


def test_what_is_not_packed_stays():
    assert unpack(b"plain", 0) == b"plain"


@pytest.mark.parametrize("name", PACKED)
@pytest.mark.parametrize("limit", [0, 1, len(DATA) - 1])
def test_limit(name, limit):
    with pytest.raises(FormatError) as caught:
        unpack(PACKED[name], limit)
    kind = name.partition(" ")[0]
    assert str(caught.value) == (
        f"{kind} data at offset 0x0: expected at most {limit:#x} bytes in it, found more"
    )


@pytest.mark.parametrize("name", PACKED)
def test_every_cut(name):
    packed = PACKED[name]
    for size in range(6, len(packed), 7):
        with pytest.raises(FormatError) as caught:
            unpack(packed[:size], 1 << 20)
        kind = name.partition(" ")[0]
        assert str(caught.value) == (
            f"{kind} data at offset {size:#x}: expected the rest of the stream, "
            "found the end of data"
        )


@given(st.sampled_from(list(PACKED.values())), st.integers(6), st.integers(0, 255))
def test_any_change(packed, offset, value):
    changed = bytearray(packed)
    changed[offset % len(packed)] = value
    try:
        assert len(unpack(bytes(changed), 1 << 20)) <= 1 << 20
    except FormatError as error:
        assert error.expected  # noqa: PT017


def test_without_the_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "zstandard", None)
    assert unpack(PACKED["zstd"], 1 << 20) == DATA


def test_without_any_decoder(monkeypatch):
    monkeypatch.setitem(sys.modules, "lzma", None)
    with pytest.raises(RefusedError, match=r"^xz data cannot be unpacked by this program$"):
        unpack(PACKED["xz"], 1 << 20)
