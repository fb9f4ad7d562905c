"""Echo requests. Ref: RFC 792, RFC 4443; icmp(7)."""

from __future__ import annotations

import _socket
import os
import struct
import time

from uroot_py.net.connect import failed
from uroot_py.net.dns import is_address
from uroot_py.net.inet import checksum

_SIZE_OF_HEAD = 8
_REASONS = {3: "destination unreachable", 11: "time to live exceeded"}  # ICMP
_REASONS6 = {1: "destination unreachable", 3: "time exceeded"}  # ICMPv6


class Reply:
    """What came back: from whom, after how many seconds, with how many hops left, or a fault."""

    __slots__ = ("fault", "number", "seconds", "size", "source", "ttl")

    def __init__(self, source: str, number: int) -> None:
        self.source = source
        self.number = number
        self.size = 0
        self.ttl = 0
        self.seconds = 0.0
        self.fault = ""


class Pinger:
    """A raw socket that sends echo requests to ADDRESS and hears the replies."""

    def __init__(self, address: str, size: int = 56) -> None:
        self.address = address
        self.six = is_address(address) == _socket.AF_INET6
        family = _socket.AF_INET6 if self.six else _socket.AF_INET
        protocol = _socket.IPPROTO_ICMPV6 if self.six else _socket.IPPROTO_ICMP
        kind = _socket.SOCK_RAW | _socket.SOCK_CLOEXEC
        try:
            self.socket = _socket.socket(family, kind, protocol)
        except OSError as error:
            raise failed(f"to {address}", error) from None
        if self.six:
            self.socket.setsockopt(_socket.IPPROTO_IPV6, _socket.IPV6_RECVHOPLIMIT, 1)
        self.identity = os.getpid() & 0xFFFF
        self.pattern = bytes(at & 0xFF for at in range(size))
        self.sent: dict[int, float] = {}

    def close(self) -> None:
        """Let the socket go."""
        self.socket.close()

    def send(self, number: int) -> None:
        """Send request NUMBER; KernelError when there is no way."""
        head = struct.pack(">BBHHH", 128 if self.six else 8, 0, 0, self.identity, number & 0xFFFF)
        packet = head + self.pattern
        if not self.six:  # the kernel sums up ICMPv6 itself
            packet = packet[:2] + checksum(packet).to_bytes(2, "big") + packet[4:]
        self.sent[number & 0xFFFF] = time.monotonic()
        try:
            self.socket.sendto(packet, (self.address, 0))
        except OSError as error:
            raise failed(f"to {self.address}", error) from None

    def receive(self, until: float) -> Reply | None:
        """The next reply to us; None when none came UNTIL that moment."""
        while (left := until - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                data, extra, _, source = self.socket.recvmsg(65536, 64)
            except TimeoutError:
                return None
            reply = self._read(data, source[0])
            if reply:
                if self.six and extra:
                    reply.ttl = int.from_bytes(extra[0][2], "little")
                return reply
        return None

    def _read(self, data: bytes, source: str) -> Reply | None:
        ttl, head = 0, 0
        if not self.six:
            if len(data) < 20:
                return None
            ttl, head = data[8], (data[0] & 15) * 4
        packet = data[head:].ljust(_SIZE_OF_HEAD, b"\0")
        kind, _, _, identity, number = struct.unpack_from(">BBHHH", packet)
        if kind == (129 if self.six else 0) and identity == self.identity and number in self.sent:
            reply = Reply(source, number)
            reply.size, reply.ttl = len(data) - head, ttl
            reply.seconds = time.monotonic() - self.sent[number]
            return reply
        reason = (_REASONS6 if self.six else _REASONS).get(kind, "")
        # The packet that could not be delivered follows: its own head, then our request.
        inner = head + _SIZE_OF_HEAD + (40 if self.six else 20)
        if reason and len(data) >= inner + 8:
            identity, number = struct.unpack_from(">HH", data, inner + 4)
            if identity == self.identity and number in self.sent:
                reply = Reply(source, number)
                reply.fault = reason
                return reply
        return None
