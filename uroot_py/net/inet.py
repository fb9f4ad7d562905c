"""Packets of the Internet protocols: the checksum, and UDP in IPv4.

Ref: RFC 1071 (checksum), RFC 791 (IPv4), RFC 768 (UDP).
"""

from __future__ import annotations

import struct

_IPV4 = struct.Struct(">BBHHHBBH4s4s")
_UDP = struct.Struct(">HHHH")
_PROTOCOL_UDP = 17


def checksum(data: bytes) -> int:
    """The sum that makes the sum of everything 0xffff."""
    padded = data + b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f">{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def udp_broadcast(payload: bytes, source: int, target: int) -> bytes:
    """PAYLOAD from 0.0.0.0, port SOURCE, to 255.255.255.255, port TARGET."""
    size = _UDP.size + len(payload)
    fields = (0x45, 0, _IPV4.size + size, 0, 0, 64, _PROTOCOL_UDP)
    head = _IPV4.pack(*fields, 0, bytes(4), b"\xff" * 4)
    head = _IPV4.pack(*fields, checksum(head), bytes(4), b"\xff" * 4)
    return head + _UDP.pack(source, target, size, 0) + payload


def udp_payload(packet: bytes, source: int, target: int) -> bytes:
    """What an IPv4 packet brings from port SOURCE to port TARGET; empty for any other packet."""
    if len(packet) < _IPV4.size or packet[0] >> 4 != 4 or packet[9] != _PROTOCOL_UDP:
        return b""
    at = (packet[0] & 15) * 4
    if len(packet) < at + _UDP.size:
        return b""
    one, other, size, _ = _UDP.unpack_from(packet, at)
    return packet[at + _UDP.size : at + size] if (one, other) == (source, target) else b""
