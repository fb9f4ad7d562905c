"""Initrds made by cpio and the packers of this machine: whole ones pass, cut ones do not."""

import lzma
import random
import subprocess
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import FormatError
from uroot_py.formats.kernel import initrd

PACKERS = {
    "none": ["cat"],
    "gzip": ["gzip", "-nc"],
    "zstd": ["zstd", "-qc"],
    "zstd-checked": ["zstd", "-qc", "--check", "--no-content-size"],
    "xz": ["xz", "-c", "--check=crc32"],
    "lz4": ["lz4", "-qlc"],
}


def run(words, data=b"", cwd=None):
    return subprocess.run(
        words, input=data, cwd=cwd, capture_output=True, timeout=60, check=True
    ).stdout


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tree")
    (folder / "init").write_bytes(b"#!/bin/sh\nexec /bin/busybox\n" * 400)
    (folder / "noise").write_bytes(bytes(n * n * 7919 >> 3 & 255 for n in range(5000)))
    return run(["cpio", "--quiet", "-o", "-H", "newc"], b"init\nnoise\n", folder)


@pytest.fixture(scope="module")
def packed(archive):
    return {name: run(words, archive) for name, words in PACKERS.items()}


def check(*parts):
    initrd.check(memoryview(b"".join(parts)))


@pytest.mark.parametrize("name", PACKERS)
def test_whole(packed, archive, name):
    """Alone, padded, behind a microcode archive, in front of another one."""
    data = packed[name]
    check(data)
    check(data, bytes(512))
    check(archive, bytes(3), data)
    check(data, bytes(-len(data) % 4), archive)


@pytest.mark.parametrize("name", PACKERS)
def test_cut(packed, archive, name):
    data = packed[name].rstrip(b"\0")
    if name == "none":
        data = data[: data.rindex(b"TRAILER")]
    for size in range(8, len(data) - 8, max(len(data) // 40, 1)):
        with pytest.raises(FormatError):
            check(data[:size])
        with pytest.raises(FormatError):
            check(archive, data[:size])


def test_messages(packed):
    with pytest.raises(FormatError) as caught:
        check(packed["gzip"][:-100])
    assert str(caught.value) == (
        "gzip data at offset 0x0: expected the end of its stream, found the end of the file;"
        " it was cut off"
    )
    with pytest.raises(FormatError) as caught:
        check(packed["none"][:300])
    assert str(caught.value) == (
        "cpio member at offset 0x0: expected 11316 bytes, found the end of the file; it was cut off"
    )


@pytest.mark.parametrize(
    "data", [b"070701", b"an old ramdisk", b"BZh9", b"\x1f\x8b\x08not deflate"]
)
def test_what_is_not_known_is_left_to_the_kernel(data):
    if data == b"070701":
        with pytest.raises(FormatError, match="cpio header at offset 0x0"):
            check(data)
        return
    check(data)


@pytest.mark.parametrize("size", [0, 1, (1 << 18) - 1, 320 << 20])
def test_nothing_but_zeros_is_no_initrd(size):
    with pytest.raises(FormatError) as caught:
        check(memoryview(bytes(size)))
    assert str(caught.value) == (
        "initrd at offset 0x0: expected an archive, found nothing but zeros"
    )


def test_zeros_in_front_are_passed_over(packed):
    check(memoryview(bytes(1 << 20) + packed["none"]))
    with pytest.raises(FormatError, match="it was cut off"):
        check(memoryview(bytes((1 << 20) + 4) + packed["none"][:300]))


MIB = 1 << 20
NOISE = random.Random(3).randbytes(300_000)


def dictionary(size, **more):
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": size}]
    return lzma.compress(NOISE, lzma.FORMAT_XZ, filters=filters, **more)


def lzma_alone(size):
    filters = [{"id": lzma.FILTER_LZMA1, "preset": 0, "dict_size": size}]
    packed = bytearray(lzma.compress(NOISE, lzma.FORMAT_ALONE, filters=filters))
    packed[5:13] = (1 << 30).to_bytes(8, "little")
    return bytes(packed)


def long_zstd(log, *options):
    words = ["zstd", "-qc", "--ultra", f"--long={log}", *options]
    return run(words, NOISE)


BEHIND = b"\x5d\0\0"  # no end that could be read from behind
WINDOWS = {
    "xz": (lambda: dictionary(48 * MIB), "xz dictionary at offset 0xc"),
    "xz-stream-behind": (
        lambda: dictionary(4096) + dictionary(48 * MIB),
        f"xz dictionary at offset {len(dictionary(4096)) + 12:#x}",
    ),
    "xz-not-at-the-end": (lambda: dictionary(48 * MIB) + BEHIND, "xz dictionary at offset 0xc"),
    "lzma": (lambda: lzma_alone(48 * MIB), "lzma dictionary at offset 0x0"),
    "zstd": (lambda: long_zstd(26, "--no-content-size"), "zstd window at offset 0x0"),
}


@pytest.mark.parametrize("name", WINDOWS)
def test_a_window_of_more_than_half_of_the_memory(name, archive):
    make, where = WINDOWS[name]
    data = memoryview(make())
    size = "64.0 MiB" if name == "zstd" else "48.0 MiB"
    initrd.check(data)
    initrd.check(data, 128 * MIB)
    with pytest.raises(FormatError) as caught:
        initrd.check(data, 64 * MIB)
    assert str(caught.value) == (
        f"{where}: expected at most 32.0 MiB, half of this machine's 64.0 MiB, found {size}"
    )
    with pytest.raises(FormatError, match=size):
        initrd.check(memoryview(archive + bytes(-len(archive) % 4) + data), 64 * MIB)


@pytest.mark.parametrize("behind", [b"", BEHIND])
def test_a_later_block_of_xz(behind):
    """Its header is changed by hand: xz gives all blocks of a stream the same dictionary."""
    data = bytearray(run(["xz", "-c", "--block-size=100000", "--lzma2=dict=4KiB"], NOISE))
    size = 4 * (data[12] + 1)
    header = data[12 : 12 + size]
    at = data.index(header[:2], 100_000)
    place = at + header.index(b"\x21\x01") + 2
    data[place] = 27  # 48 MiB
    data[at + size - 4 : at + size] = zlib.crc32(data[at : at + size - 4]).to_bytes(4, "little")
    initrd.check(memoryview(data + behind), 128 * MIB)
    with pytest.raises(FormatError) as caught:
        initrd.check(memoryview(data + behind), 64 * MIB)
    where, found = (0, "more") if behind else (at, "48.0 MiB")
    assert str(caught.value) == (
        f"xz dictionary at offset {where:#x}: expected at most 32.0 MiB,"
        f" half of this machine's 64.0 MiB, found {found}"
    )


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["gzip", "-nc"], "unpacked gzip data"),
        (["xz", "-0c"], "unpacked xz data"),
    ],
)
def test_files_that_are_more_than_the_memory(words, what):
    data = memoryview(run(words, bytes(20 * MIB)))
    initrd.check(data, 21 * MIB)
    with pytest.raises(FormatError) as caught:
        initrd.check(data, 16 * MIB)
    assert str(caught.value) == (
        f"{what} at offset 0x0: expected at most this machine's 16.0 MiB, found more"
    )


@given(st.data())
def test_any_changed_byte(packed, data):
    name = data.draw(st.sampled_from(sorted(PACKERS)))
    whole = bytearray(packed[name])
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] = data.draw(st.integers(0, 255))
    try:
        check(bytes(whole[: data.draw(st.integers(0, len(whole)))]))
    except FormatError:
        return  # and nothing else
