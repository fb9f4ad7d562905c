import struct

from hypothesis import given
from hypothesis import strategies as st

from uroot_py.net.inet import checksum, udp_broadcast, udp_payload


def test_checksum_of_the_rfc():
    # Ref: RFC 1071, section 3, its example.
    assert checksum(bytes([0x00, 0x01, 0xF2, 0x03, 0xF4, 0xF5, 0xF6, 0xF7])) == 0xFFFF ^ 0xDDF2


@given(st.binary(max_size=200))
def test_checksum_makes_the_sum_ones(data):
    data += b"\0" * (len(data) % 2)
    words = struct.unpack(f">{len(data) // 2}H", data)
    total = sum(words) + checksum(data)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    assert total == 0xFFFF


@given(st.binary(max_size=300), st.integers(0, 65535), st.integers(0, 65535))
def test_what_is_sent_is_read(payload, source, target):
    packet = udp_broadcast(payload, source, target)
    assert udp_payload(packet, source, target) == payload
    assert checksum(packet[:20]) == 0
    assert udp_payload(packet, source ^ 1, target) == b""


@given(st.binary(max_size=60))
def test_any_packet(data):
    assert isinstance(udp_payload(data, 67, 68), bytes)


def test_options_in_the_head():
    packet = bytearray(udp_broadcast(b"x", 67, 68))
    packet[0] = 0x46
    packet[20:20] = bytes(4)
    assert udp_payload(bytes(packet), 67, 68) == b"x"
