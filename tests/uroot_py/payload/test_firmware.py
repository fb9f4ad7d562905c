"""uroot_py.payload.firmware: a machine in hand-off blocks."""

from tests.support.uefi_plans import firmware
from uroot_py.formats.uefi import hob
from uroot_py.payload.firmware import Firmware


def test_nothing_but_a_processor():
    assert [str(each) for each in Firmware().hobs()] == [
        "processor: 36 bits of memory, 16 of I/O",
    ]


def test_all_of_it():
    found = firmware()
    found.screen = hob.Graphics.new(HorizontalResolution=800, VerticalResolution=600)
    assert [str(each) for each in found.hobs()] == [
        "processor: 40 bits of memory, 16 of I/O",
        "serial port: I/O port 0x3f8, 115200 baud",
        "framebuffer: 800x600 at 0x0",
        "PCI root bridges: 1",
    ]
