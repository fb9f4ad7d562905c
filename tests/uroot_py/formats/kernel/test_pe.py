"""PE sections: images of two builders, damaged ones, any bytes."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.builders.pe import SECTIONS, by_objcopy, by_struct
from uroot_py.base.errors import FormatError
from uroot_py.formats.kernel import pe


def test_sections_that_objcopy_wrote(tmp_path):
    data = by_objcopy(tmp_path, SECTIONS)
    image = pe.parse(data[: pe.HEAD_SIZE], len(data))
    assert image.machine == pe.IMAGE_FILE_MACHINE_AMD64
    for name, contents in SECTIONS:
        section = image.section(name)
        assert section
        assert pe.contents(data, section) == contents
    assert image.section(".none") is None


def test_sections_of_one_name_stay_apart():
    data = by_struct([(".profile", b"one"), (".cmdline", b""), (".profile", b"two")], 0xAA64)
    image = pe.parse(data)
    assert image.machine == pe.IMAGE_FILE_MACHINE_ARM64
    assert image.subsystem == pe.IMAGE_SUBSYSTEM_EFI_APPLICATION
    assert [(s.name, pe.contents(data, s)) for s in image.sections] == [
        (".profile", b"one"),
        (".cmdline", b""),
        (".profile", b"two"),
    ]


def put(data: bytes, offset: int, fmt: str, value: int) -> bytes:
    changed = bytearray(data)
    struct.pack_into(fmt, changed, offset, value)
    return bytes(changed)


GOOD = by_struct(SECTIONS)
TABLE = 0x40 + 24 + 240


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(
            b"", "x: MS-DOS header at offset 0x0: expected 64 bytes, found 0 bytes", id="empty"
        ),
        pytest.param(
            b"\x7fELF".ljust(99, b"\0"),
            "x: MS-DOS header at offset 0x0: expected MZ, found '?E'",
            id="elf",
        ),
        pytest.param(
            put(GOOD, 0x3C, "<I", 0xFFFFFFF0),
            "x: PE header at offset 0xfffffff0: expected 24 bytes, found 0 bytes",
            id="signature-outside",
        ),
        pytest.param(
            put(GOOD, 0x40, "<I", 0x454E),
            "x: PE header at offset 0x40: expected PE\\0\\0, found 'NE??'",
            id="signature",
        ),
        pytest.param(
            put(GOOD, 0x46, "<H", 257),
            "x: PE header: NumberOfSections at offset 0x46: expected at most 256, found 257",
            id="too-many-sections",
        ),
        pytest.param(
            put(GOOD, 0x58, "<H", 0x107),
            "x: PE optional header: Magic at offset 0x58: expected 0x10b or 0x20b, found 0x107",
            id="optional-header",
        ),
        pytest.param(
            put(GOOD, 0x54, "<H", 0xFFFF),
            "x: PE section header at offset 0x10057: expected 40 bytes, found 0 bytes",
            id="table-outside",
        ),
        pytest.param(
            GOOD[:-1000],
            "x: PE section .initrd at offset 0x1800: expected 0x2bc bytes, found 0x218;"
            " the file is cut short",
            id="cut-short",
        ),
        pytest.param(
            put(GOOD, TABLE + 0x14, "<I", 0xFFFFFFFF),
            "x: PE section .linux at offset 0xffffffff: expected 0x1518 bytes, found 0x0;"
            " the file is cut short",
            id="section-outside",
        ),
    ],
)
def test_damaged(data, message):
    with pytest.raises(FormatError) as caught:
        pe.parse(data, source="x")
    assert str(caught.value) == message


def test_a_section_name_is_safe_to_print():
    data = bytearray(GOOD)
    data[TABLE : TABLE + 8] = b"\x1b[2J\xff\0\0\0"
    assert pe.parse(bytes(data)).sections[0].name == "?[2J\xff"


@given(st.integers(0, len(GOOD)), st.integers(0, TABLE + 130), st.integers(0, 255))
def test_cut_or_changed_images_raise_format_error_only(length, offset, value):
    data = bytearray(GOOD[:length])
    if offset < len(data):
        data[offset] = value
    try:
        image = pe.parse(bytes(data))
    except FormatError:
        return
    for section in image.sections:
        assert len(pe.contents(bytes(data), section)) == section.size


@given(st.binary(max_size=200))
def test_any_bytes(data):
    with pytest.raises(FormatError):
        pe.parse(b"MZ" + data)
