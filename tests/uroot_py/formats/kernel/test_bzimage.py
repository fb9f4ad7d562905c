"""bzImage: headers put together with struct, by the offsets of the boot protocol."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.builders.kernels import bzimage
from uroot_py.base.errors import FormatError
from uroot_py.formats.kernel.bzimage import BzImage

GOOD = bzimage()


def test_fields():
    image = BzImage(GOOD)
    head = image.header
    assert (image.protocol, head.pref_address, head.init_size) == ("2.15", 0x1000000, 0x3000000)
    assert (head.kernel_alignment, head.xloadflags, head.cmdline_size) == (0x200000, 0x7F, 2047)
    assert (image.setup_size, bytes(image.payload)) == (2560, b"\x90" * 4096)
    assert image.release() == "6.1.0-test (builder) #1"
    assert head.sentinel == 0
    assert bytes(head)[:0x1F1] == bytes(0x1F1)


def test_setup_sects_of_0_means_4():
    assert BzImage(bzimage(setup_sects=0)).setup_size == 2560


OLD = [
    pytest.param(0x20B, {"xloadflags": 0, "init_size": 0x3000000}, id="2.11: no xloadflags"),
    pytest.param(0x209, {"pref_address": 0, "init_size": 0}, id="2.09: no preferred address"),
    pytest.param(0x205, {"cmdline_size": 255, "relocatable_kernel": 1}, id="2.05: 255 bytes"),
    pytest.param(
        0x204, {"relocatable_kernel": 0, "kernel_alignment": 0}, id="2.04: not relocatable"
    ),
    pytest.param(0x202, {"initrd_addr_max": 0x37FFFFFF}, id="2.02: initrd limit"),
]


@pytest.mark.parametrize(("version", "fields"), OLD)
def test_what_an_older_protocol_does_not_have(version, fields):
    head = BzImage(bzimage(version=version)).header
    assert {name: getattr(head, name) for name in fields} == fields


def test_header_that_ends_early():
    assert BzImage(bzimage(header_end=0x238)).header.cmdline_size == 255


CUT = bzimage(payload=b"\x90" * 4095)
LONG = CUT[:0x248] + (16).to_bytes(4, "little") + (4080).to_bytes(4, "little") + CUT[0x250:]
SYSSIZE = LONG[:0x24C] + (8).to_bytes(4, "little") + LONG[0x250:]
SYSSIZE = SYSSIZE[:0x1F4] + (256).to_bytes(4, "little") + SYSSIZE[0x1F8:]
WRONG = [
    pytest.param(
        SYSSIZE,
        "bzImage: syssize at offset 0x1f4: expected a file of 0x1a00 bytes, found 0x19ff;"
        " the file is cut short",
        id="what lies behind the packed kernel is missing",
    ),
    pytest.param(
        LONG,
        "bzImage: payload_length at offset 0x24c: expected a file of 0x1a00 bytes, found 0x19ff;"
        " the file is cut short",
        id="the last byte is missing",
    ),
    pytest.param(
        b"", "bzImage: boot_flag at offset 0x1fe: expected 55 aa, found nothing", id="empty"
    ),
    pytest.param(
        GOOD[:0x202],
        "bzImage: header at offset 0x202: expected 48 64 72 53, found nothing",
        id="cut",
    ),
    pytest.param(
        GOOD[:0x203] + b"x" + GOOD[0x204:],
        "bzImage: header at offset 0x202: expected 48 64 72 53, found 48 78 72 53",
        id="magic",
    ),
    pytest.param(
        GOOD[:0x240],
        "bzImage at offset 0x202: expected a whole setup header, found a file of 0x240 bytes",
        id="header cut",
    ),
    pytest.param(
        GOOD[:2560],
        "bzImage: setup_sects at offset 0x1f1: expected less than 0xa00 bytes of setup code,"
        " found 0xa00",
        id="nothing but setup code",
    ),
    pytest.param(
        bzimage(version=0x105),
        "bzImage: version at offset 0x206: expected 2.00 to 2.15, found 0x0105",
        id="version",
    ),
]


@pytest.mark.parametrize(("blob", "text"), WRONG)
def test_refused(blob, text):
    with pytest.raises(FormatError) as caught:
        BzImage(blob)
    assert str(caught.value) == text


@pytest.mark.parametrize("size", range(0x280))
def test_every_prefix_of_the_header_is_refused(size):
    with pytest.raises(FormatError):
        BzImage(GOOD[:size])


@given(st.integers(0x1F1, 0x280), st.integers(0, 255))
def test_only_the_format_error(at, value):
    try:
        BzImage(GOOD[:at] + bytes([value]) + GOOD[at + 1 :]).release()
    except FormatError:
        pass


@pytest.mark.parametrize(
    ("version", "protocol"), [(0x200, "2.00"), (0x20F, "2.15"), (0x2FF, "2.255")]
)
def test_every_protocol_2(version, protocol):
    assert BzImage(bzimage(version=version)).protocol == protocol


@pytest.mark.parametrize("version", [0x1FF, 0x300])
def test_another_protocol(version):
    with pytest.raises(FormatError) as caught:
        BzImage(bzimage(version=version))
    assert str(caught.value) == (
        f"bzImage: version at offset 0x206: expected 2.00 to 2.15, found {version:#06x}"
    )


def test_where_the_header_ends_and_where_the_setup_code_does():
    end = 0x202 + GOOD[0x201]
    place = "bzImage: setup_sects at offset 0x1f1: expected less than"
    whole = "bzImage at offset 0x202: expected a whole setup header, found a file of"
    for size, text in (
        (end - 1, f"{whole} {end - 1:#x} bytes"),
        (end, f"{place} {end:#x} bytes of setup code, found 0xa00"),
        (2560, f"{place} 0xa00 bytes of setup code, found 0xa00"),
    ):
        with pytest.raises(FormatError) as caught:
            BzImage(GOOD[:size])
        assert str(caught.value) == text
