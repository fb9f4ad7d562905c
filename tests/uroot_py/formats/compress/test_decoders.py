"""Unpacking: what the real tools pack comes back, damage is a FormatError, growth has a limit."""

import subprocess

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from uroot_py.base.errors import FormatError
from uroot_py.formats.compress import lz4, lzo, stream, zstd
from uroot_py.formats.compress.detect import kind
from uroot_py.formats.compress.feed import Feed

TEXT = b"".join(
    b"line %d of a text that repeats itself, %d times\n" % (i, i % 7) for i in range(1200)
)
MIXED = bytes(i * i >> 3 & 0xFF for i in range(20000)) + bytes(150000) + TEXT + TEXT[::-1]
SAMPLES = {
    "one byte": b"a",
    "short": b"abc" * 20,
    "text": TEXT,
    "mixed": MIXED,
    "zeros": bytes(99999),
}
TOOLS = [
    "gzip -9",
    "bzip2",
    "xz",
    "xz --check=crc32 --lzma2=dict=1MiB",
    "lzma",
    "lz4 -1",
    "lz4 -9 -B4 -BD --content-size",
    "lz4 -B4 -BX --no-frame-crc",
    "lz4 -l",
    "lzop -1",
    "lzop -6 --crc32",
    "lzop -9",
    "lzop -F",
    "zstd -1",
    "zstd -19 --no-check",
    "zstd --ultra -22",
]


def pack(tool: str, data: bytes) -> bytes:
    return subprocess.run(
        [*tool.split(), "-c"], input=data, capture_output=True, check=True, timeout=60
    ).stdout


@pytest.mark.parametrize("sample", SAMPLES)
@pytest.mark.parametrize("tool", TOOLS)
def test_what_the_tool_packs(tool, sample):
    packed = pack(tool, SAMPLES[sample])
    assert kind(packed) == tool.split()[0]
    assert stream.unpack(packed, 1 << 24) == SAMPLES[sample]


@pytest.mark.parametrize("tool", TOOLS)
def test_what_a_kernel_build_appends_is_passed_over(tool):
    packed = pack(tool, TEXT) + len(TEXT).to_bytes(4, "little")
    assert stream.unpack(packed, 1 << 24) == TEXT


@pytest.mark.parametrize("tool", TOOLS)
def test_limit(tool):
    packed = pack(tool, TEXT)
    assert stream.unpack(packed, len(TEXT)) == TEXT
    with pytest.raises(FormatError):
        stream.unpack(packed, len(TEXT) - 1)


def test_what_is_not_packed_stays():
    assert stream.unpack(b"plain", 3) == b"plain"


def ours(module, packed, most=1 << 24, watch=None):
    """What one of our own decoders makes of all streams in PACKED; at most MOST bytes."""
    feed = Feed([packed])
    out = b""
    while True:
        args = (1 << 27,) if module is zstd else ()
        for part in module.unpacked(feed, *args):
            out += part
            assert len(out) <= most
            if watch:
                watch(feed.at)
        if not feed.head(4):
            return out


@pytest.mark.parametrize("level", [-5, 1, 3, 9, 19])
@pytest.mark.parametrize("sample", SAMPLES)
def test_our_zstd_against_the_library(sample, level):
    packed = zstandard.ZstdCompressor(level=level).compress(SAMPLES[sample])
    assert ours(zstd, packed) == SAMPLES[sample]


@settings(max_examples=50)
@given(
    st.lists(
        st.sampled_from([b"a", b"bc", b"\0" * 300, TEXT[:999], bytes(range(256))]), max_size=40
    ),
    st.sampled_from([1, 3, 9, 19]),
)
def test_our_zstd_on_anything(parts, level):
    data = b"".join(parts)
    assert ours(zstd, zstandard.ZstdCompressor(level=level).compress(data)) == data


def test_zstd_frames_in_a_row():
    one = zstandard.ZstdCompressor().compress(TEXT)
    two = zstandard.ZstdCompressor(write_checksum=True).compress(b"two")
    assert ours(zstd, two + one) == b"two" + TEXT


OURS = {
    "zstd -3": zstd,
    "zstd -19": zstd,
    "lz4": lz4,
    "lz4 -BD": lz4,
    "lz4 -l": lz4,
    "lzop": lzo,
    "lzop -9": lzo,
}
PACKED = {tool: pack(tool, TEXT[:3000] + bytes(500) + TEXT[:900]) for tool in OURS}


@settings(max_examples=200)
@given(st.sampled_from(list(OURS)), st.data())
def test_damage_is_a_format_error_and_nothing_else(tool, data):
    good = PACKED[tool]
    at = data.draw(st.integers(0, len(good) - 1))
    cut = data.draw(st.booleans())
    bad = good[:at] if cut else good[:at] + bytes([data.draw(st.integers(0, 255))]) + good[at + 1 :]
    try:
        ours(OURS[tool], bad, 1 << 26)
    except FormatError:
        pass


@pytest.mark.parametrize("tool", OURS)
def test_watched(tool):
    packed = pack(tool, bytes(range(256)) * 40000)
    seen: list[int] = []
    ours(OURS[tool], packed, watch=seen.append)
    assert len(seen) > 1
    assert seen == sorted(seen)
    assert len(packed) - 8 <= seen[-1] <= len(packed)


REFUSED = [
    pytest.param(
        b"1234",
        "packed data at offset 0x0: expected 02 21 4c 18 or 04 22 4d 18, found 31 32 33 34",
        lz4,
        id="lz4",
    ),
    pytest.param(
        b"1234",
        "packed data at offset 0x0: expected 28 b5 2f fd, found 31 32 33 34",
        zstd,
        id="zstd",
    ),
    pytest.param(
        b"123456789",
        "packed data at offset 0x0: expected 89 4c 5a 4f 00 0d 0a 1a 0a, "
        "found 31 32 33 34 35 36 37 38 39",
        lzo,
        id="lzop",
    ),
    pytest.param(
        b"\x28\xb5\x2f\xfd\x23\x01",
        "packed data at offset 0x4: expected a frame without a dictionary, found descriptor 0x23",
        zstd,
        id="zstd dictionary",
    ),
    pytest.param(
        b"\x04\x22\x4d\x18\x41\x40",
        "packed data at offset 0x4: expected a frame of version 1 without a dictionary, found 0x41",
        lz4,
        id="lz4 dictionary",
    ),
]


@pytest.mark.parametrize(("data", "text", "module"), REFUSED)
def test_refused(data, text, module):
    with pytest.raises(FormatError) as caught:
        ours(module, data)
    assert str(caught.value) == text


def test_the_end_inside():
    with pytest.raises(FormatError) as caught:
        stream.unpack(pack("xz", TEXT)[:-9], 1 << 20)
    assert "expected the rest of the stream, found the end of data" in str(caught.value)


def test_a_zero_offset_is_a_fault():
    """A frame of 31 bytes whose third sequence repeats the offset "the last one, less 1": 0."""
    packed = bytes.fromhex("28b52ffd2000080000613c0000000154000100034500000862015401000001")
    with pytest.raises(FormatError):
        ours(zstd, packed)


def test_a_window_that_is_too_large():
    packed = pack("zstd --ultra --long=27 -1", TEXT)
    assert ours(zstd, packed) == TEXT
    with pytest.raises(FormatError) as caught:
        b"".join(zstd.unpacked(Feed([packed]), 1 << 20))
    assert "expected a window of at most 0x100000 bytes, found 0x8000000" in str(caught.value)


def test_a_long_file_is_held_in_part_only():
    """Matches reach back as far as the window, and no further bytes are kept."""
    import tracemalloc

    data = TEXT * 120
    packed = pack("zstd -1 --zstd=wlog=17", data)
    feed = Feed([packed])
    tracemalloc.start()
    try:
        size = sum(len(part) for part in zstd.unpacked(feed, 1 << 20))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size == len(data)
    assert peak < len(data) // 4
