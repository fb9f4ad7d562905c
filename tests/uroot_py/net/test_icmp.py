import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.net import icmp
from uroot_py.net.inet import checksum

HEAD4 = b"\x45\0\0\x54\0\0\0\0\x40\1" + bytes(10)  # 64 hops left
REQUEST = icmp.build(0x1234, 7, b"data", six=False)


def test_request():
    assert REQUEST[:2] + REQUEST[4:] == b"\x08\0\x12\x34\0\7data"
    assert checksum(REQUEST) == 0
    assert icmp.build(0x1234, 0x10007, b"", six=True) == b"\x80\0\0\0\x12\x34\0\7"


def echo(kind, identity=0x1234):
    return struct.pack(">BBHHH", kind, 0, 0, identity, 7) + b"data"


UNREACHABLE = struct.pack(">BBHI", 3, 1, 0, 0)
UNREACHABLE6 = struct.pack(">BBHI", 1, 0, 0, 0)
CASES = [
    # (what a raw socket gives, IPv6, (number, size, hops, fault) or None)
    pytest.param(HEAD4 + echo(0), False, (7, 12, 64, ""), id="reply"),
    pytest.param(b"\x46" + HEAD4[1:] + bytes(4) + echo(0), False, (7, 12, 64, ""), id="options"),
    pytest.param(echo(129), True, (7, 12, 0, ""), id="reply6"),
    pytest.param(HEAD4 + echo(0, 9), False, None, id="of-another"),
    pytest.param(HEAD4 + echo(8), False, None, id="request"),
    pytest.param(
        HEAD4 + UNREACHABLE + HEAD4 + echo(8),
        False,
        (7, 0, 0, "destination unreachable"),
        id="unreachable",
    ),
    pytest.param(
        UNREACHABLE6 + bytes(40) + echo(128),
        True,
        (7, 0, 0, "destination unreachable"),
        id="unreachable6",
    ),
    pytest.param(HEAD4 + UNREACHABLE + HEAD4 + echo(8, 9), False, None, id="fault-of-another"),
    pytest.param(HEAD4 + UNREACHABLE + HEAD4, False, None, id="fault-cut"),
    pytest.param(b"\x45", False, None, id="short"),
    pytest.param(b"\x4f" + bytes(24), False, None, id="head-longer-than-all"),
]


@pytest.mark.parametrize(("data", "six", "wanted"), CASES)
def test_parse(data, six, wanted):
    reply = icmp.parse(data, 0x1234, six=six)
    assert (reply and (reply.number, reply.size, reply.ttl, reply.fault)) == wanted


@given(st.binary(max_size=80), st.booleans())
def test_any_packet(data, six):
    reply = icmp.parse(data, 0x1234, six=six)
    assert reply is None or reply.number < 1 << 16
