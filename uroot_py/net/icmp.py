"""Echo requests and their replies as bytes. No I/O.

Ref: RFC 792, RFC 4443; icmp(7).
"""

from __future__ import annotations

from uroot_py.base.layout import Layout, u8, u16
from uroot_py.net.inet import checksum

_ECHO_REPLY, _ECHO_REQUEST = 0, 8
_ECHO_REQUEST6, _ECHO_REPLY6 = 128, 129
_REASONS = {3: "destination unreachable", 11: "time to live exceeded"}  # ICMP
_REASONS6 = {1: "destination unreachable", 3: "time exceeded"}  # ICMPv6
_IPV4_HEAD, _IPV6_HEAD = 20, 40


class Echo(Layout, size=8, order="big", title="echo"):
    """A request, a reply, or the begin of a report about another packet."""

    kind = u8(0)
    checksum = u16(2)
    identity = u16(4)
    number = u16(6)


class Reply:
    """What came back: from whom, after how many seconds, with how many hops left, or a fault."""

    __slots__ = ("fault", "number", "seconds", "size", "source", "ttl")

    def __init__(self, number: int, *, size: int = 0, ttl: int = 0, fault: str = "") -> None:
        self.number = number
        self.size = size
        self.ttl = ttl
        self.fault = fault
        self.source = ""
        self.seconds = 0.0


def build(identity: int, number: int, data: bytes, *, six: bool) -> bytes:
    """The echo request NUMBER of IDENTITY; the kernel sums up ICMPv6 itself."""
    kind = _ECHO_REQUEST6 if six else _ECHO_REQUEST
    head = Echo.new(kind=kind, identity=identity, number=number & 0xFFFF)
    if not six:
        head.checksum = checksum(bytes(head) + data)
    return bytes(head) + data


def parse(data: bytes, identity: int, *, six: bool) -> Reply | None:
    """What a raw socket has heard; None when it is no answer to IDENTITY."""
    ttl = start = 0
    if not six:
        if len(data) < _IPV4_HEAD:
            return None
        ttl, start = data[8], (data[0] & 15) * 4
    if len(data) < start + Echo.size:
        return None
    echo = Echo(data, start)
    if echo.kind == (_ECHO_REPLY6 if six else _ECHO_REPLY) and echo.identity == identity:
        return Reply(echo.number, size=len(data) - start, ttl=ttl)
    reason = (_REASONS6 if six else _REASONS).get(echo.kind, "")
    # The packet that could not be delivered follows: its own head, then our request.
    inner = start + Echo.size + (_IPV6_HEAD if six else _IPV4_HEAD)
    if not reason or len(data) < inner + Echo.size:
        return None
    echo = Echo(data, inner)
    return Reply(echo.number, fault=reason) if echo.identity == identity else None
