"""Router advertisements, put together by hand as RFC 4861 and 8106 draw them."""

import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import FormatError
from uroot_py.net import ra


def six(text):
    return socket.inet_pton(socket.AF_INET6, text)


HEAD = struct.pack(">BBHBBHII", 134, 0, 0, 64, 0xC0, 1800, 0, 0)
PREFIX = struct.pack(">BBBBIII", 3, 4, 64, 0xC0, 86400, 14400, 0) + six("fd00::")
SERVERS = struct.pack(">BBHI", 25, 5, 0, 600) + six("fd00::53") + six("fd00::54")
GONE = struct.pack(">BBHI", 25, 3, 0, 0) + six("fd00::55")
DOMAINS = struct.pack(">BBHI", 31, 3, 0, 600) + b"\7example\3org\0\0\0\0"
MTU = struct.pack(">BBHI", 5, 1, 0, 1400)
FULL = HEAD + PREFIX + SERVERS + GONE + DOMAINS + MTU + b"\x63\1" + bytes(6)


def test_everything_in_an_advertisement():
    found = ra.Advertisement(FULL)
    assert (found.managed, found.other, found.lifetime, found.mtu) == (True, True, 1800, 1400)
    assert found.prefixes == ["fd00::/64"]
    assert found.name_servers == ["fd00::53", "fd00::54"]
    assert found.domains == ["example.org"]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (HEAD[:8], "router advertisement at offset 0x0: expected 16 bytes, found 8 bytes"),
        (b"\x85" + HEAD[1:], "router advertisement at offset 0x0: expected 134, 0, found 133, 0"),
        (
            HEAD + b"\x63\0" + bytes(6),
            (
                "router advertisement option at offset 0x12:"
                " expected a length in units of 8 bytes, found 0"
            ),
        ),
        (
            HEAD + PREFIX[:16],
            "router advertisement option at offset 0x12: expected 30 bytes, found 14 bytes",
        ),
        (
            HEAD + DOMAINS.replace(b"\7", b"\xc0"),
            (
                "router advertisement option at offset 0x7:"
                " expected a label of at most 63 bytes, found 192"
            ),
        ),
    ],
    ids=["short", "question", "empty", "cut", "pointer"],
)
def test_damaged(data, text):
    with pytest.raises(FormatError) as caught:
        ra.Advertisement(data)
    assert str(caught.value) == text


def test_question():
    assert ra.solicitation(b"\2\0\0\0\0\1") == b"\x85\0\0\0\0\0\0\0\1\1\2\0\0\0\0\1"
    assert ra.solicitation(b"") == b"\x85\0\0\0\0\0\0\0"


@given(st.integers(0, len(FULL) - 1), st.integers(0, 255))
def test_changed_bytes_and_beginnings(at, value):
    for data in (FULL[:at], FULL[:at] + bytes([value]) + FULL[at + 1 :]):
        what = ra.Head.title
        try:
            ra.Advertisement(data)
        except FormatError as error:
            what = error.what
        assert what.startswith(ra.Head.title)
