"""LUKS headers: made by cryptsetup, read by us; damaged ones."""

import lzma

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.uroot_py.formats.disk.test_luks2 import DATA, reader
from tests.uroot_py.formats.disk.test_luks_text import ROUNDS, cryptsetup
from uroot_py.base.errors import FormatError
from uroot_py.formats.disk import luks, luks_text
from uroot_py.formats.disk.luks_volume import MAGIC


@pytest.mark.parametrize("kind", ["luks1", "luks2"])
def test_a_detached_header_is_named(tmp_path, kind):
    disk, header = tmp_path / "disk", tmp_path / "header"
    disk.write_bytes(bytes(1 << 20))
    header.write_bytes(bytes(4 << 20))
    words = ("--type", kind, "--header", header, "--pbkdf", "pbkdf2", ROUNDS, 1000)
    small = ("--luks2-keyslots-size", "1m") if kind == "luks2" else ()
    cryptsetup("luksFormat", "-q", *words, *small, disk, "-")
    with header.open("rb") as file:
        assert luks.parse(reader(file)).why_not == (
            "its header is detached: the data is on another device"
        )


def test_what_is_none():
    assert not luks.is_luks(lambda offset, size: bytes(size))
    with pytest.raises(FormatError) as caught:
        luks.parse(lambda offset, size: bytes(size))
    assert str(caught.value) == (
        r"LUKS header: magic at offset 0x0: expected LUKS or SKUL, found"
        r" b'\x00\x00\x00\x00\x00\x00'"
    )
    with pytest.raises(FormatError) as caught:
        luks.parse(lambda offset, size: (MAGIC + b"\0\3").ljust(size, b"\0"))
    assert str(caught.value) == "LUKS header: version at offset 0x6: expected 1 or 2, found 3"


ONE = lzma.decompress((DATA / "luks1.xz").read_bytes())


def changed(*patches):
    data = bytearray(ONE)
    for offset, part in patches:
        data[offset : offset + len(part)] = part
    return lambda offset, size: bytes(data[offset : offset + size])


@pytest.mark.parametrize(
    ("patch", "what", "expected", "found"),
    [
        ((108, b"\0\0\0\0"), "LUKS1 header: key-bytes", "1 to 512 bytes", "0"),
        ((8, b"aes; rm"), "LUKS1 header: cipher-name", "a word of ASCII", "b'aes; rm'"),
        ((164, b"\0\0\0\0"), "LUKS1 header: mk-digest-iterations", "one or more", "0"),
        ((208, b"\1"), "LUKS1 key slot 0: active", "0xac71f3 or 0xdead", "0x1ac71f3"),
        ((252, b"\xff"), "LUKS1 key slot 0: stripes", "1 to 16384", "4278194080"),
        ((212, b"\0\0\0\0"), "LUKS1 key slot 0: iterations", "one or more", "0"),
        (
            (248, b"\0\0\0\0"),
            "LUKS1 key slot 0: key-material-offset",
            "an area of 256000 bytes between header and data",
            "sector 0",
        ),
    ],
)
def test_a_damaged_luks1_header(patch, what, expected, found):
    with pytest.raises(FormatError) as caught:
        luks.parse(changed(patch))
    assert (caught.value.what, caught.value.expected, caught.value.found) == (what, expected, found)


@given(at=st.integers(0, 591), byte=st.integers(0, 255), end=st.integers(0, 600))
def test_only_format_errors(at, byte, end):
    for read in (changed((at, bytes([byte]))), lambda o, n: ONE[:end][o : o + n]):
        try:
            list(luks_text.lines(luks.parse(read), "disk"))
        except FormatError:
            continue
