"""Addresses as text; packets of the Internet protocols: the checksum, and UDP in IPv4.

Ref: RFC 4291, RFC 5952 (addresses), RFC 1071 (checksum), RFC 791 (IPv4), RFC 768 (UDP).
"""

from __future__ import annotations

import _socket

from uroot_py.base.errors import FormatError
from uroot_py.base.layout import Layout, raw, u8, u16

_PROTOCOL_UDP = 17


class IPv4(Layout, size=20, order="big", title="IPv4 head"):
    """Before options; ``version`` has the length in words in its lower half."""

    version = u8(0)
    length = u16(2)
    ttl = u8(8)
    protocol = u8(9)
    checksum = u16(10)
    source = raw(12, 4)
    target = raw(16, 4)


class Udp(Layout, size=8, order="big", title="UDP head"):
    """``length`` counts these 8 bytes, too; a checksum of 0 is none."""

    source = u16(0)
    target = u16(2)
    length = u16(4)
    checksum = u16(6)


def is_address(text: str) -> int:
    """AF_INET or AF_INET6 when TEXT is an address, else 0."""
    for family in (_socket.AF_INET, _socket.AF_INET6):
        try:
            _socket.inet_pton(family, text)
        except (OSError, ValueError):
            continue
        return int(family)
    return 0


def address_bytes(text: str) -> bytes:
    """The 4 or 16 bytes of the address TEXT, which is_address() has accepted."""
    return _socket.inet_pton(is_address(text), text)


def address_text(data: bytes) -> str:
    """An address of 4 or 16 bytes as people write it; FormatError for another number of bytes."""
    if len(data) not in (4, 16):
        raise FormatError("address", 0, "4 or 16 bytes", f"{len(data)} bytes")
    return _socket.inet_ntop(_socket.AF_INET if len(data) == 4 else _socket.AF_INET6, data)


def checksum(data: bytes) -> int:
    """The sum that makes the sum of everything 0xffff."""
    total = 256 * sum(data[0::2]) + sum(data[1::2])
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def udp_broadcast(payload: bytes, source: int, target: int) -> bytes:
    """PAYLOAD from 0.0.0.0, port SOURCE, to 255.255.255.255, port TARGET."""
    udp = Udp.new(source=source, target=target, length=Udp.size + len(payload))
    fields: dict[str, int | bytes] = {
        "version": 0x45,
        "ttl": 64,
        "protocol": _PROTOCOL_UDP,
        "target": b"\xff" * 4,
    }
    fields["length"] = IPv4.size + Udp.size + len(payload)
    head = bytes(IPv4.new(**fields))
    head = bytes(IPv4.new(**fields, checksum=checksum(head)))
    return head + bytes(udp) + payload


def udp_payload(packet: bytes, source: int, target: int) -> bytes:
    """What an IPv4 packet brings from port SOURCE to port TARGET; empty for any other packet."""
    if len(packet) < IPv4.size or packet[0] >> 4 != 4 or packet[9] != _PROTOCOL_UDP:
        return b""
    at = (packet[0] & 15) * 4
    if len(packet) < at + Udp.size:
        return b""
    udp = Udp(packet, at)
    if (udp.source, udp.target) != (source, target):
        return b""
    return packet[at + Udp.size : at + udp.length]
