import bz2
import gzip
import lzma
from typing import Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import FormatError, RefusedError
from uroot_py.formats.compress.pack import packed
from uroot_py.formats.compress.stream import unpack_named, unpacked

TEXT = b"".join(b"line %d\n" % n for n in range(300))
PACKERS: dict[str, Any] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstandard.compress,
}
UNPACKERS: dict[str, Any] = {
    "gzip": gzip.decompress,
    "bzip2": bz2.decompress,
    "xz": lzma.decompress,
    "zstd": lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data),
}
KINDS = st.sampled_from(sorted(PACKERS))


def pieces(data, size):
    return [data[at : at + size] for at in range(0, len(data), size)]


def unpack(data, size=1000):
    return b"".join(unpacked(pieces(data, size), "x"))


@given(KINDS, st.binary(max_size=3000), st.integers(1, 700))
def test_unpacks_what_others_pack(kind, data, size):
    assert unpack(PACKERS[kind](data), size) == data


@given(KINDS, st.lists(st.binary(max_size=500), max_size=5))
def test_others_unpack_what_it_packs(kind, parts):
    assert UNPACKERS[kind](b"".join(packed(parts, kind))) == b"".join(parts)


@given(KINDS, st.binary(max_size=99), st.binary(max_size=99), st.integers(0, 20))
def test_streams_in_a_row_and_padding(kind, one, two, padding):
    data = PACKERS[kind](one) + PACKERS[kind](two) + bytes(padding)
    assert unpack(data, 7) == one + two


@given(KINDS, st.data())
def test_a_prefix_is_refused(kind, data):
    whole = PACKERS[kind](TEXT)
    size = data.draw(st.integers(1, len(whole) - 1))
    with pytest.raises(FormatError):
        unpack(whole[:size])


@given(KINDS, st.data())
def test_a_changed_byte_gives_data_or_a_format_error(kind, data):
    whole = bytearray(PACKERS[kind](TEXT))
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        unpack(bytes(whole))
    except FormatError:
        pass


@pytest.mark.parametrize("kind", ["gzip", "bzip2", "xz"])
def test_a_bomb_comes_in_small_pieces(kind):
    bomb = PACKERS[kind](bytes(8 << 20))
    assert max(len(piece) for piece in unpacked([bomb])) <= 1 << 20


def test_plain_data():
    assert b"".join(unpacked([b"pl", b"ain"], plain=True)) == b"plain"
    assert b"".join(unpacked([], plain=True)) == b""


@pytest.mark.parametrize(
    ("data", "text"),
    [
        pytest.param(
            b"plain",
            "packed data at offset 0x0: expected bzip2, gzip, lz4, lzma, lzop, xz or zstd, "
            "found 'plain'",
            id="plain",
        ),
        pytest.param(
            b"",
            "packed data at offset 0x0: expected bzip2, gzip, lz4, lzma, lzop, xz or zstd, "
            "found nothing",
            id="empty",
        ),
        pytest.param(
            gzip.compress(b"x", mtime=0)[:-3],
            "gzip data at offset 0x12: expected the rest of the stream, found the end of data",
            id="end",
        ),
        pytest.param(
            gzip.compress(b"x", mtime=0) + b"junk",
            "gzip data at offset 0x15: expected another stream or the end, found 'junk'",
            id="junk",
        ),
    ],
)
def test_message(data, text):
    with pytest.raises(FormatError) as caught:
        unpack(data)
    assert str(caught.value) == f"x: {text}"


def test_without_a_decoder(monkeypatch):
    modules = __import__("sys").modules
    monkeypatch.setitem(modules, "zstandard", None)
    assert unpack(zstandard.compress(TEXT)) == TEXT  # by our own
    with pytest.raises(RefusedError, match="zstd data cannot be packed by this program"):
        b"".join(packed([b"x"], "zstd"))
    monkeypatch.setitem(modules, "lzma", None)
    with pytest.raises(RefusedError, match="xz data cannot be unpacked by this program"):
        unpack(lzma.compress(b"x"))


def test_what_a_header_calls_packed_and_is_not():
    with pytest.raises(FormatError) as caught:
        unpack_named(b"plain", "zstd22", 100, "zboot header", 8)
    assert str(caught.value) == "zboot header at offset 0x8: expected zstd22 data, found none"
    assert unpack_named(gzip.compress(b"text"), "lzo", 100, "zboot header") == b"text"
