"""Initrds made by cpio and the packers of this machine: whole ones pass, cut ones do not."""

import subprocess

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
