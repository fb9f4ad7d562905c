"""The sockets: streams and datagrams, each with limits, and errors that say what to look at.

Everything else in this room is bytes and states; here they meet a network.
"""

from __future__ import annotations

import _socket
import errno
import time

from uroot_py.base.errors import KernelError
from uroot_py.base.reader import number_at
from uroot_py.net.inet import is_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_HINTS = {
    errno.ENETUNREACH: "no route leads there: ip route; dhclient sets one up",
    errno.EHOSTUNREACH: "nobody answers at that address: ip neigh",
    errno.ECONNREFUSED: "the machine is there, the service is not",
    errno.ETIMEDOUT: "is it there? ping it, or its gateway",
    errno.ENODEV: "there is no such interface: ip link",
    errno.EACCES: "only root may do that",
    errno.EPERM: "only root may do that",
}
_MAX_ADDRESSES = 4  # that are tried of one name
_CHUNK = 1 << 16


def failed(where: str, error: OSError) -> KernelError:
    """A network error about WHERE, with what to do next."""
    code = error.errno or (errno.ETIMEDOUT if isinstance(error, TimeoutError) else 0)
    cause = (error.strerror or "no answer in time").lower()
    return KernelError("connection", code, subject=where, cause=cause, hint=_HINTS.get(code, ""))


def connect(addresses: Sequence[str], port: int, timeout: float) -> _socket.socket:
    """A TCP connection to the first of ADDRESSES that answers in TIMEOUT seconds; KernelError."""
    fault: KernelError | None = None
    for address in addresses[:_MAX_ADDRESSES]:
        kind = _socket.SOCK_STREAM | _socket.SOCK_CLOEXEC
        socket = _socket.socket(is_address(address), kind, 0)
        socket.settimeout(timeout)
        try:
            socket.connect((address, port))
        except OSError as error:
            socket.close()
            fault = failed(f"to {address} port {port}", error)
        else:
            return socket
    assert fault is not None  # a name has at least one address
    raise fault


class Stream:
    """A connection that is read until a deadline; WHERE is its name in errors."""

    def __init__(self, socket: _socket.socket, where: str) -> None:
        self.socket = socket
        self.where = where

    def send(self, data: bytes, timeout: float) -> None:
        """Send all of DATA within TIMEOUT seconds; KernelError."""
        self.socket.settimeout(timeout)
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise failed(self.where, error) from None

    def receive(self, until: float) -> bytes:
        """What comes next, at the latest UNTIL that moment; empty at the end. KernelError."""
        left = until - time.monotonic()
        try:
            if left <= 0:
                raise TimeoutError
            self.socket.settimeout(left)
            return self.socket.recv(_CHUNK)
        except OSError as error:
            raise failed(self.where, error) from None

    def close(self) -> None:
        """Hang up."""
        self.socket.close()


class Datagrams:
    """Packets to and from one place: a UDP peer, or everybody on one cable."""

    def __init__(self, socket: _socket.socket) -> None:
        self.socket = socket

    @classmethod
    def udp(cls, address: str, port: int) -> Datagrams:
        """UDP with one peer; OSError."""
        kind = _socket.SOCK_DGRAM | _socket.SOCK_CLOEXEC
        socket = _socket.socket(is_address(address), kind, 0)
        try:
            socket.connect((address, port))
        except OSError:
            socket.close()
            raise
        return cls(socket)

    @classmethod
    def cable(cls, name: str, protocol: int) -> Datagrams:
        """Every packet of PROTOCOL on the interface NAME, which needs no address; OSError."""
        kind = _socket.SOCK_DGRAM | _socket.SOCK_CLOEXEC
        socket = _socket.socket(_socket.AF_PACKET, kind, _socket.htons(protocol))
        try:
            socket.bind((name, protocol))
        except OSError:
            socket.close()
            raise
        return cls(socket)

    def send(self, data: bytes) -> None:
        """Send one packet to the peer; OSError."""
        self.socket.send(data)

    def broadcast(self, data: bytes) -> None:
        """Send one packet to everybody on the cable; OSError."""
        name, protocol, *_ = self.socket.getsockname()
        self.socket.sendto(data, (name, protocol, 0, 0, b"\xff" * 6))

    def receive(self, until: float) -> bytes | None:
        """The next packet; None when none came UNTIL that moment. OSError."""
        left = until - time.monotonic()
        if left <= 0:
            return None
        self.socket.settimeout(left)
        try:
            return self.socket.recv(1 << 16)
        except TimeoutError:
            return None

    def close(self) -> None:
        """Let the socket go."""
        self.socket.close()


class Raw:
    """ICMP, or ICMPv6, with one ADDRESS; KernelError for whoever may not."""

    def __init__(self, address: str) -> None:
        self.address = address
        family = is_address(address)
        self.six = family == _socket.AF_INET6
        protocol = _socket.IPPROTO_ICMPV6 if self.six else _socket.IPPROTO_ICMP
        try:
            self.socket = _socket.socket(family, _socket.SOCK_RAW | _socket.SOCK_CLOEXEC, protocol)
        except OSError as error:
            raise failed(f"to {address}", error) from None
        if self.six:
            self.socket.setsockopt(_socket.IPPROTO_IPV6, _socket.IPV6_RECVHOPLIMIT, 1)

    def send(self, data: bytes) -> None:
        """Send one packet; OSError."""
        self.socket.sendto(data, (self.address, 0))

    def receive(self, until: float) -> tuple[bytes, str, int] | None:
        """A packet, its source and (IPv6) the hops it had left; None after UNTIL. OSError."""
        left = until - time.monotonic()
        if left <= 0:
            return None
        self.socket.settimeout(left)
        try:
            data, extra, _, source = self.socket.recvmsg(1 << 16, 64)
        except TimeoutError:
            return None
        return data, source[0], number_at(extra[0][2], 0, 4) if extra else 0

    def close(self) -> None:
        """Let the socket go."""
        self.socket.close()
