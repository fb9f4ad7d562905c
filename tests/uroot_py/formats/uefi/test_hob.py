"""uroot_py.formats.uefi.hob: the bytes that the specifications draw, and back again."""

import struct
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import FormatError
from uroot_py.base.ranges import Range
from uroot_py.formats.uefi import hob

ACPI = uuid.UUID("9f9a9506-5597-4515-bab6-8bcde784ba87")
BLOCKS = {
    "resource": (
        hob.resource(Range(0xFEC00000, 0xFEC00400), hob.MAPPED_IO),
        struct.pack("<HHI16xIIQQ", 3, 48, 0, 1, 0x3C07, 0xFEC00000, 0x1000),
        "resource: [0xfec00000, 0xfec01000) memory-mapped I/O",
    ),
    "memory": (
        hob.allocation(Range(0x7E0000, 0x7F0000), 6),
        struct.pack("<HHI16xQQI4x", 2, 48, 0, 0x7E0000, 0x10000, 6),
        "memory allocation: [0x7e0000, 0x7f0000) run-time services data",
    ),
    "processor": (
        hob.processor(46),
        struct.pack("<HHIBB6x", 6, 16, 0, 46, 16),
        "processor: 46 bits of memory, 16 of I/O",
    ),
    "ACPI": (
        hob.table(hob.ACPI_TABLE, 0xF5B00),
        struct.pack("<HHI", 4, 40, 0) + ACPI.bytes_le + struct.pack("<BBHQ4x", 1, 0, 12, 0xF5B00),
        "ACPI: at 0xf5b00",
    ),
    "serial": (
        hob.serial_port(0x3F8, 115200),
        struct.pack("<HHI", 4, 48, 0)
        + uuid.UUID("aa7e190d-be21-4409-8e67-a2cd0f61e170").bytes_le
        + struct.pack("<BBHBBIQ6x", 1, 0, 18, 0, 1, 115200, 0x3F8),
        "serial port: I/O port 0x3f8, 115200 baud",
    ),
    "framebuffer": (
        hob.extension(
            hob.GRAPHICS,
            hob.Graphics.new(
                FrameBufferBase=0xFD000000,
                FrameBufferSize=0x300000,
                HorizontalResolution=1024,
                VerticalResolution=768,
                PixelFormat=1,
                PixelsPerScanLine=1024,
            ),
        ),
        struct.pack("<HHI", 4, 72, 0)
        + uuid.UUID("39f62cce-6825-4669-bb56-541aba753a07").bytes_le
        + struct.pack("<QIIIII16xI", 0xFD000000, 0x300000, 0, 1024, 768, 1, 1024),
        "framebuffer: 1024x768 at 0xfd000000",
    ),
    "PCI root bridges": (
        hob.root_bridges([hob.root_bridge(0, 0, (0, 255), {"Io": hob.aperture(0x6000, 0xFFFF)})]),
        struct.pack("<HHI", 4, 216, 0)
        + uuid.UUID("ec4ebacb-2638-416e-be80-e5fa4b511901").bytes_le
        + struct.pack("<BBHBB", 1, 0, 188, 1, 1)
        + struct.pack("<IQQBBQ", 0, 0, 0, 0, 0, 3)
        + struct.pack("<QQQ", 0, 255, 0)
        + struct.pack("<QQQ", 0x6000, 0xFFFF, 0)
        + 4 * struct.pack("<QQQ", (1 << 64) - 1, 0, 0)
        + struct.pack("<II4x", 0x0A0341D0, 0)[:8]
        + bytes(-(24 + 8 + 188 - 8) % 8),
        "PCI root bridges: 1",
    ),
}


@pytest.mark.parametrize("name", BLOCKS)
def test_bytes(name):
    made, expected, shown = BLOCKS[name]
    assert made.data == expected
    assert str(made) == shown


def test_a_list():
    blocks = [made for made, _, _ in BLOCKS.values()]
    data = hob.build(blocks, 0x100000, Range(0x200000, 0x800000))
    end = 0x100000 + len(data) - 8
    assert data[:56] == struct.pack(
        "<HHIIIQQQQQ", 1, 56, 0, 9, 0, 0x800000, 0x200000, 0x800000, 0x200000, end
    )
    assert data[-8:] == struct.pack("<HHI", 0xFFFF, 8, 0)
    found = hob.parse(data)
    assert [each.data for each in found[1:]] == [made.data for made in blocks]
    assert str(found[0]) == "hand-off: memory [0x200000, 0x800000)"


LIST = hob.build([made for made, _, _ in BLOCKS.values()], 0, Range(0, 0x1000))
BAD = {
    "no end": (LIST[:-8], f"HOB at offset {len(LIST) - 8:#x}: expected 8 bytes, found 0 bytes"),
    "longer than the list": (
        LIST[:58] + b"\xf8\xff" + LIST[60:],
        (
            f"HOB: HobLength at offset 0x3a: expected a multiple of 8 up to {len(LIST) - 56:#x}, "
            "found 0xfff8"
        ),
    ),
    "shorter than its type": (
        LIST[:2] + b"\x10\0" + LIST[4:],
        "HOB: HobLength at offset 0x2: expected 56 or more, found 16",
    ),
    "without an end": (
        struct.pack("<HHI", 9, 8, 0) * 5000,
        "HOB list at offset 0x8000: expected at most 4096 blocks, found more",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_one_line(name):
    data, message = BAD[name]
    with pytest.raises(FormatError) as caught:
        hob.parse(data)
    assert str(caught.value) == message


@given(st.integers(0, len(LIST) - 1), st.integers(0, 255), st.integers(0, len(LIST)))
def test_any_change(offset, value, size):
    data = bytearray(LIST[: size or None])
    if offset < len(data):
        data[offset] = value
    try:
        found = hob.parse(bytes(data))
    except FormatError:
        return
    assert all(str(each) for each in found)
