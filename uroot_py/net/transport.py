"""The sockets: streams and datagrams, each with limits, and errors that say what to look at.

Everything else in this room is bytes and states; here they meet a network.
"""

from __future__ import annotations

import _socket
import errno
import time

from uroot_py.base.errors import KernelError
from uroot_py.base.reader import as_bytes, number_at
from uroot_py.net.inet import address_bytes, address_text, is_address

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
# What makes a connection to HOST a secure one, where there is something that can: it takes the
# connected socket and gives what is used in its place. None: there is no TLS.
SECURE: Callable[[_socket.socket, str], _socket.socket] | None = None
_CHUNK = 1 << 16
_RECEIVE = 1 << 20  # bytes that may wait to be read


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

    def receive(self, until: float, most: int = _CHUNK) -> bytes:
        """What comes next, at most MOST bytes, UNTIL that moment; empty at the end. KernelError."""
        left = until - time.monotonic()
        try:
            if left <= 0:
                raise TimeoutError
            self.socket.settimeout(left)
            return self.socket.recv(most)
        except OSError as error:
            raise failed(self.where, error) from None

    def close(self) -> None:
        """Hang up."""
        self.socket.close()


class Datagrams:
    """Packets to and from one place: a UDP peer, or everybody on one cable."""

    def __init__(self, socket: _socket.socket) -> None:
        self.socket = socket
        self.peer: tuple[object, ...] = ()  # who has answered, where nobody is the only one

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
    def unconnected(
        cls, address: str, *, own: str = "", port: int = 0, device: str = ""
    ) -> Datagrams:
        """UDP from OWN, PORT, DEVICE with ADDRESS, which may answer from another port; OSError."""
        family = is_address(address)
        socket = _socket.socket(family, _socket.SOCK_DGRAM | _socket.SOCK_CLOEXEC, 0)
        try:
            socket.setsockopt(_socket.SOL_SOCKET, _socket.SO_RCVBUF, _RECEIVE)
            if device:
                name = device.encode() + b"\0"
                socket.setsockopt(_socket.SOL_SOCKET, _socket.SO_BINDTODEVICE, name)
            socket.bind((own or ("::" if family == _socket.AF_INET6 else "0.0.0.0"), port))
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

    def send_to(self, data: bytes, address: str, port: int) -> None:
        """Send one packet to ADDRESS, whose next answers are those of its peer; OSError."""
        self.peer = ()
        self.socket.sendto(data, (address, port))

    def answer(self, data: bytes) -> None:
        """Send one packet to whoever has answered, if he is still there."""
        if not self.peer:
            return
        try:
            self.socket.sendto(data, self.peer)
        except OSError as error:
            if error.errno not in (errno.ECONNREFUSED, errno.ENETUNREACH, errno.EHOSTUNREACH):
                raise

    def receive_from(self, address: str, until: float) -> bytes | None:
        """The next packet from ADDRESS, and of the first port there that answers; as receive()."""
        address = address_text(address_bytes(address))  # as the kernel writes it
        while (left := until - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                data, peer = self.socket.recvfrom(1 << 16)
            except TimeoutError:
                return None
            if not self.peer and peer[0] == address:
                self.peer = peer
            if peer == self.peer:
                return data
        return None

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


class Routers:
    """ICMPv6 with the routers on the cable of the interface NAME; OSError."""

    _ROUTERS, _HOPS = "ff02::2", 255

    def __init__(self, name: str, index: int) -> None:
        kind = _socket.SOCK_RAW | _socket.SOCK_CLOEXEC
        self.socket = _socket.socket(_socket.AF_INET6, kind, _socket.IPPROTO_ICMPV6)
        self.index = index
        level = _socket.IPPROTO_IPV6
        try:
            self.socket.setsockopt(
                _socket.SOL_SOCKET, _socket.SO_BINDTODEVICE, name.encode() + b"\0"
            )
            self.socket.setsockopt(level, _socket.IPV6_MULTICAST_HOPS, self._HOPS)
            self.socket.setsockopt(level, _socket.IPV6_MULTICAST_IF, index)
            self.socket.setsockopt(level, _socket.IPV6_RECVHOPLIMIT, 1)
            # The kernel joins all nodes by itself, and answers go there or to us.
            group = _socket.inet_pton(_socket.AF_INET6, "ff02::1") + as_bytes(index, 4)
            self.socket.setsockopt(level, _socket.IPV6_JOIN_GROUP, group)
        except OSError:
            self.socket.close()
            raise

    def send(self, data: bytes) -> None:
        """Send one packet to all routers."""
        self.socket.sendto(data, (self._ROUTERS, 0, 0, self.index))

    def receive(self, until: float) -> bytes | None:
        """The next advertisement that no router has passed on; None after UNTIL."""
        while (left := until - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                data, extra, _, source = self.socket.recvmsg(1 << 16, 64)
            except TimeoutError:
                return None
            hops = number_at(extra[0][2], 0, 4) if extra else 0
            # RFC 4861 6.1.2: from the cable itself, and of a router's own address there.
            if data[:1] == b"\x86" and hops == self._HOPS and source[0].startswith("fe80:"):
                return data
        return None

    def close(self) -> None:
        """Let the socket go."""
        self.socket.close()
