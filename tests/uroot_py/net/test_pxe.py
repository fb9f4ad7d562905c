"""What PXE adds to DHCP: who the client is, the menu of option 43, what port 4011 answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.uroot_py.net.test_dhcp import FULL, offer
from uroot_py.base.errors import FormatError
from uroot_py.net import dhcp, pxe

UUID = bytes(range(16))
MENU = (
    b"\x06\1\7" + b"\x09\x0d\0\0\5Local\0\1\2Go" + b"\x0a\5\2Boot" + b"\x08\7\0\1\1\x0a\0\2\6\xff"
)


def lease(*options, **words):
    return dhcp.parse(offer(*options, **words))[1]


@pytest.mark.parametrize(
    ("words", "option", "expected"),
    [
        ({}, 60, b"PXEClient:Arch:00000:UNDI:003016"),
        ({}, 93, b"\0\0"),
        ({}, 94, b"\1\3\x10"),
        ({}, 97, b"\0" + UUID),
        ({}, 57, b"\5\xc0"),
        ({}, 77, b"\x09LinuxBoot"),
        ({}, 175, None),
        ({"http": True}, 60, b"HTTPClient:Arch:00016:UNDI:003016"),
        ({"http": True}, 93, b"\0\x10"),
        ({"machine": "aarch64"}, 93, b"\0\x0b"),
        ({"machine": "aarch64", "http": True}, 93, b"\0\x13"),
        ({"arch": 7}, 60, b"PXEClient:Arch:00007:UNDI:003016"),
        ({"uuid": b""}, 97, None),
        ({"ipxe": True}, 77, b"iPXE"),
        ({"ipxe": True}, 175, b"\x13\1\1\x15\1\1\x27\1\1"),
    ],
)
def test_identity(words, option, expected):
    assert pxe.identity(**{"machine": "x86_64", "uuid": UUID, **words}).get(option) == expected


def test_menu():
    found = pxe.Vendor(MENU)
    assert found.control == 7
    assert found.menu == [(0, "Local"), (1, "Go")]
    assert (found.seconds, found.prompt) == (2, "Boot")
    assert found.servers == {1: ["10.0.2.6"]}
    assert pxe.items(lease((60, b"PXEClient"), (43, MENU))) == [(1, "Go", "10.0.2.6")]


@pytest.mark.parametrize(
    "options", [[(43, MENU)], [(60, b"PXEClient")], [(60, b"PXEClient"), (43, b"\x09\x20")]]
)
def test_no_menu(options):
    assert pxe.items(lease(*options)) == []


def test_question_to_a_boot_server():
    data = pxe.request(lease(), 1, 9, b"\2\0\0\0\0\1", {60: b"PXEClient"})
    assert data[12:16] == b"\x0a\0\2\x0f"
    assert data[240:263] == b"\x35\1\3\x3c\x09PXEClient\x2b\7\x47\4\0\1\0\0\xff"
    assert b"\x2b\7" not in pxe.request(lease(), None, 9, bytes(6), {})


@pytest.mark.parametrize(
    ("message", "file"),
    [
        (offer(kind=dhcp.ACK), "pxe.0"),
        (offer(kind=dhcp.NAK), None),
        (offer(kind=dhcp.ACK).replace(b"pxe.0", bytes(5)), None),
        (b"noise", None),
    ],
)
def test_answer(message, file):
    found = pxe.answer(message, 7)
    assert (found and found.boot_file) == file
    assert pxe.answer(message, 8) is None


@pytest.mark.parametrize(
    ("options", "url"),
    [
        ([], "tftp://10.0.2.2/pxe.0"),
        ([(66, b"boot.example")], "tftp://boot.example/pxe.0"),
        ([(67, b"http://h/x.efi")], "http://h/x.efi"),
        ([(67, b"\\Boot\\x64\\wdsnbp.com")], "tftp://10.0.2.2/Boot/x64/wdsnbp.com"),
        ([(66, b"fd00::1")], "tftp://[fd00::1]/pxe.0"),
    ],
)
def test_url(options, url):
    found = dhcp.parse(offer((54, b"\x0a\0\2\2"), *options))[1]
    assert pxe.boot_url(found) == url


def test_explained():
    lines = pxe.explained(dhcp.parse(FULL)[1])
    assert "  1 network mask  255.255.255.0" in lines
    assert "121 routes        10.7.7.0/24 by 10.0.2.1, 0.0.0.0/0 by 10.0.2.2" in lines
    assert " 15 domain        example" in lines
    lines = pxe.explained(lease((60, b"PXEClient"), (43, MENU)))
    assert "    boot server   1 Go 10.0.2.6" in lines


@given(st.binary(max_size=80))
def test_any_option_43(data):
    try:
        pxe.Vendor(data)
    except FormatError:
        assert pxe.items(lease((60, b"PXEClient"), (43, data))) == []
