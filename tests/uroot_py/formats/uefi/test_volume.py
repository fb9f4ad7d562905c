"""uroot_py.formats.uefi.volume: what a volume holds, and what is wrong with one, in one line."""

import functools
import struct
import tracemalloc
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.builders import uefi as made
from uroot_py.base.errors import FormatError, RefusedError
from uroot_py.formats.uefi import volume

GOOD = made.payload()


def outline(data):
    return [(part.depth, part.kind, part.file, part.packed) for part in volume.walk(data)]


def test_a_payload():
    assert outline(GOOD) == [
        (0, 3, 3, False),
        (1, 0x10, 3, False),
        (0, 11, 11, False),
        (1, 2, 11, False),
        (3, 0x17, 11, True),
        (4, 5, 5, True),
        (5, 0x10, 5, True),
        (4, 7, 7, True),
        (5, 0x10, 7, True),
    ]
    core = volume.security_core(GOOD)
    assert (core.start, bytes(core.data[core.start :][:2])) == (made.CORE_AT, b"MZ")
    assert core.name == str(made.CORE)


def test_large_files_and_sections():
    body = made.section(0x10, made.pe(0), large=True)
    data = made.volume(made.file(3, body, large=True), system=made.FFS3)
    part = volume.security_core(data)
    assert (part.start, part.end - part.start) == (0x48 + 32 + 8, 0x400)


def test_a_core_inside_of_a_volume():
    inner = made.volume(made.file(3, made.section(0x10, made.pe(0))), named=True)
    data = made.volume(made.file(11, made.section(0x17, inner)))
    part = volume.security_core(data)
    assert bytes(data[part.start : part.start + 2]) == b"MZ"


def test_a_core_that_is_packed_cannot_be_entered():
    inner = made.volume(made.file(3, made.section(0x10, made.pe(0))))
    data = made.volume(made.file(11, made.packed(made.section(0x17, inner))))
    with pytest.raises(FormatError) as caught:
        volume.security_core(data)
    assert str(caught.value) == (
        "firmware volume at offset 0x0: expected a SEC core, the file that is entered, found none"
    )


def changed(offset, data, blob=GOOD):
    """BLOB with DATA at OFFSET, the header's checksum made right again."""
    out = bytearray(blob)
    out[offset : offset + len(data)] = data
    struct.pack_into("<H", out, 0x32, 0)
    total = sum(struct.unpack("<36H", out[:0x48])) & 0xFFFF
    struct.pack_into("<H", out, 0x32, -total & 0xFFFF)
    return bytes(out)


@functools.cache
def bomb():
    """A volume of some KiB whose LZMA section becomes 40 MiB."""
    return made.volume(made.file(11, made.packed(bytes(40 << 20))))


def onion(depth):
    data = made.volume(made.file(7, made.section(0x10, b"x")))
    for _ in range(depth):
        data = made.volume(made.file(11, made.section(0x17, data)))
    return data


BAD = {
    "longer than itself": (
        changed(0x20, struct.pack("<Q", 1 << 40)),
        (
            "firmware volume header: FvLength at offset 0x20: expected a volume of at most "
            f"{len(GOOD):#x} bytes with its header, found 0x10000000000 bytes, a header of 0x48"
        ),
    ),
    "checksum": (
        GOOD[:0x37] + b"\7" + GOOD[0x38:],
        "firmware volume header: Checksum at offset 0x32: expected a sum of 0, found 0x0500",
    ),
    "file system": (
        changed(0x10, bytes(16)),
        (
            "firmware volume header: FileSystemGuid at offset 0x10: expected FFS2 or 3, found "
            f"{uuid.UUID(int=0)}"
        ),
    ),
    "extended header": (
        changed(0x34, b"\xff\xff"),
        "firmware volume extended header at offset 0xffff: expected 20 bytes, found 0 bytes",
    ),
    "file": (
        GOOD[: 0x48 + 0x14] + b"\xff\xff\xff" + GOOD[0x48 + 0x17 :],
        (
            "firmware file header: Size at offset 0x5c: expected 0x18 to "
            f"{len(GOOD) - 0x48:#x} bytes, found 0xffffff"
        ),
    ),
    "file's checksum": (
        GOOD[:0x48] + b"\1" + GOOD[0x49:],
        "firmware file header: IntegrityCheck at offset 0x58: expected a sum of 0, found 0xea",
    ),
    "section": (
        GOOD[: 0x48 + 24] + b"\xff\xff\x0f" + GOOD[0x48 + 27 :],
        "firmware section: Size at offset 0x60: expected 4 to 0x404 bytes, found 0xfffff",
    ),
    "bomb": (bomb(), "lzma data at offset 0x0: expected at most 0x1800000 bytes in it, found more"),
    "onion": (onion(40), "firmware volume at offset 0x0: expected a depth of 8, found more"),
}


@pytest.mark.parametrize("name", BAD)
def test_one_line(name):
    data, message = BAD[name]
    with pytest.raises(FormatError) as caught:
        list(volume.walk(data))
    assert str(caught.value) == message


def test_a_bomb_stays_small():
    data = bomb()
    tracemalloc.start()
    try:
        with pytest.raises(FormatError):
            list(volume.walk(data))
        assert tracemalloc.get_traced_memory()[1] < 3 * volume.MAX_UNPACKED
    finally:
        tracemalloc.stop()


def test_what_is_packed_otherwise():
    method = uuid.UUID(int=9)
    body = made.section(2, method.bytes_le + struct.pack("<HH", 24, 1) + b"....")
    with pytest.raises(RefusedError) as caught:
        list(volume.walk(made.volume(made.file(11, body))))
    assert str(caught.value) == f"firmware section: packed by {method}, which is not known here"


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255), st.integers(0, len(GOOD)))
def test_any_change(offset, value, size):
    data = bytearray(GOOD[: size or None])
    if offset < len(data):
        data[offset] = value
    try:
        list(volume.walk(bytes(data)))
    except (FormatError, RefusedError):
        return
