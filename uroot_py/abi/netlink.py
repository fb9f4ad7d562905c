"""Links, addresses and routes, as the kernel keeps them.

Ref: rtnetlink(7), netlink(7); include/uapi/linux/rtnetlink.h, if_link.h, if_addr.h.
"""

from __future__ import annotations

import _socket
import errno
import os

from uroot_py.base.errors import KernelError, UsageError
from uroot_py.base.layout import Layout, u8, u16, u32
from uroot_py.base.reader import Reader, as_bytes, number_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

AF_UNSPEC, AF_INET, AF_INET6 = 0, 2, 10
IFF_UP = 1
IFF_LOOPBACK = 8
IFF_NOARP = 0x80
RTM_NEWLINK, RTM_DELLINK, RTM_GETLINK = 16, 17, 18
RTM_NEWADDR, RTM_DELADDR, RTM_GETADDR = 20, 21, 22
RTM_NEWROUTE, RTM_DELROUTE, RTM_GETROUTE = 24, 25, 26
RTM_GETNEIGH = 30
RT_TABLE_MAIN = 254
RT_SCOPE_UNIVERSE, RT_SCOPE_SITE, RT_SCOPE_LINK, RT_SCOPE_HOST = 0, 200, 253, 254
RTN_UNICAST = 1
RTPROT_BOOT = 3
NUD_NOARP = 0x40
_NLM_F_REQUEST, _NLM_F_ACK, _NLM_F_DUMP = 1, 4, 0x300
_NLM_F_REPLACE, _NLM_F_EXCL, _NLM_F_CREATE = 0x100, 0x200, 0x400
_NLMSG_ERROR, _NLMSG_DONE = 2, 3
_ATTRIBUTE = 4  # bytes before the value: its size, its kind
_IFLA_ADDRESS, _IFLA_BROADCAST, _IFLA_IFNAME, _IFLA_MTU, _IFLA_LINK, _IFLA_QDISC = range(1, 7)
_IFLA_MASTER, _IFLA_TXQLEN, _IFLA_OPERSTATE, _IFLA_LINKINFO = 10, 13, 16, 18
_IFLA_INFO_KIND, _IFLA_INFO_DATA, _IFLA_VLAN_ID = 1, 2, 1
_IFA_ADDRESS, _IFA_LOCAL, _IFA_LABEL, _IFA_BROADCAST, _IFA_CACHEINFO, _IFA_FLAGS = 1, 2, 3, 4, 6, 8
_RTA_DST, _RTA_OIF, _RTA_GATEWAY, _RTA_PRIORITY, _RTA_PREFSRC = 1, 4, 5, 6, 7
_RTA_TABLE, _RTA_PREF = 15, 20
_NDA_DST, _NDA_LLADDR = 1, 2
_CAUSES = {
    errno.EPERM: "not permitted: changing the network needs root",
    errno.EEXIST: "it is there already",
    errno.ENODEV: "there is no such interface",
    errno.ESRCH: "there is no such route",
    errno.EADDRNOTAVAIL: "there is no such address",
    errno.ENETUNREACH: "its gateway cannot be reached: no address or route leads there",
    errno.ENETDOWN: "the interface is down",
    errno.EOPNOTSUPP: "this kernel has no driver for that: modprobe 8021q, modprobe bonding",
}


# As every machine that we run on has them: little-endian. What they hold comes from the kernel,
# and from the neighbours whose addresses it keeps.
class Header(Layout, size=16, title="nlmsghdr"):
    """Before each message."""

    length = u32(0)
    type = u16(4)
    flags = u16(6)
    sequence = u32(8)
    port = u32(12)


class LinkMessage(Layout, size=16, title="ifinfomsg"):
    """About an interface."""

    family = u8(0)
    type = u16(2)
    index = u32(4)
    flags = u32(8)
    change = u32(12)


class AddressMessage(Layout, size=8, title="ifaddrmsg"):
    """About an address."""

    family = u8(0)
    prefix = u8(1)
    flags = u8(2)
    scope = u8(3)
    index = u32(4)


class RouteMessage(Layout, size=12, title="rtmsg"):
    """About a route."""

    family = u8(0)
    prefix = u8(1)
    table = u8(4)
    protocol = u8(5)
    scope = u8(6)
    type = u8(7)
    flags = u32(8)


class NeighbourMessage(Layout, size=12, title="ndmsg"):
    """About a neighbour."""

    family = u8(0)
    index = u32(4)
    state = u16(8)


def family_of(text: str) -> int:
    """AF_INET or AF_INET6, as the address TEXT is written; UsageError if it is none."""
    for family in (AF_INET, AF_INET6):
        try:
            _socket.inet_pton(family, text)
        except OSError:
            continue
        return family
    raise UsageError(f"expected an address such as 10.0.2.15 or fe80::1, found {text!r}")


def address_text(data: bytes) -> str:
    """An address of 4 or 16 bytes as people write it."""
    return _socket.inet_ntop(AF_INET if len(data) == 4 else AF_INET6, data)


class Prefix:
    """An address with the length of its network: ``10.0.2.15/24``; UsageError."""

    __slots__ = ("data", "family", "size", "text")

    def __init__(self, text: str, default: int | None = None) -> None:
        self.text, slash, size = text.partition("/")
        self.family = family_of(self.text)
        self.data = _socket.inet_pton(self.family, self.text)
        most = len(self.data) * 8
        if slash and not (size.isdecimal() and int(size) <= most):
            raise UsageError(f"{text!r}: expected a length up to {most} behind the slash")
        if slash:
            self.size = int(size)
        else:
            self.size = most if default is None else default

    def highest(self) -> bytes:
        """The last address of the network: of IPv4's, the one for broadcasts."""
        length = len(self.data)
        host = (1 << (length * 8 - self.size)) - 1
        return as_bytes(number_at(self.data, 0, length, "big") | host, length, "big")


class Link:
    """A network interface."""

    __slots__ = (
        "broadcast", "flags", "hardware", "index", "kind", "lower", "mac", "master", "mtu", "name",
        "qdisc", "queue", "state",
    )  # fmt: skip

    def __init__(self, payload: bytes) -> None:
        head = LinkMessage(payload)
        self.hardware, self.index, self.flags = head.type, head.index, head.flags
        found = _attributes(payload[head.size :])
        self.name = _string(found.get(_IFLA_IFNAME, b""))
        self.mac = found.get(_IFLA_ADDRESS, b"")
        self.broadcast = found.get(_IFLA_BROADCAST, b"")
        self.mtu = _number(found.get(_IFLA_MTU, b""))
        self.qdisc = _string(found.get(_IFLA_QDISC, b""))
        self.queue = _number(found.get(_IFLA_TXQLEN, b""))
        self.state = _number(found.get(_IFLA_OPERSTATE, b""))
        self.lower = _number(found.get(_IFLA_LINK, b""))
        self.master = _number(found.get(_IFLA_MASTER, b""))

    @property
    def is_up(self) -> bool:
        """Whether it is switched on."""
        return bool(self.flags & IFF_UP)

    @property
    def has_carrier(self) -> bool:
        """Whether there is somebody at the other end of the cable (IFF_LOWER_UP)."""
        return bool(self.flags & 1 << 16)


class Address:
    """An address of an interface; lifetimes in seconds, 0xffffffff is for ever."""

    __slots__ = (
        "broadcast", "data", "family", "flags", "index", "label", "peer", "preferred", "prefix",
        "scope", "valid",
    )  # fmt: skip

    def __init__(self, payload: bytes) -> None:
        head = AddressMessage(payload)
        self.family, self.prefix, self.scope, self.index = (
            head.family, head.prefix, head.scope, head.index,
        )  # fmt: skip
        found = _attributes(payload[head.size :])
        self.peer = found.get(_IFA_ADDRESS, b"")
        self.data = found.get(_IFA_LOCAL, self.peer)
        self.broadcast = found.get(_IFA_BROADCAST, b"")
        self.label = _string(found.get(_IFA_LABEL, b""))
        self.flags = _number(found.get(_IFA_FLAGS, b"")) or head.flags
        cache = Reader(found.get(_IFA_CACHEINFO, b"\xff" * 8), "ifa_cacheinfo")
        self.preferred, self.valid = cache.u32(), cache.u32()


class Route:
    """A row of a routing table."""

    __slots__ = (
        "data", "family", "flags", "gateway", "index", "kind", "metric", "pref", "prefix",
        "protocol", "scope", "source", "table",
    )  # fmt: skip

    def __init__(self, payload: bytes) -> None:
        head = RouteMessage(payload)
        self.family, self.prefix, self.flags = head.family, head.prefix, head.flags
        self.protocol, self.scope, self.kind = head.protocol, head.scope, head.type
        found = _attributes(payload[head.size :])
        self.data = found.get(_RTA_DST, b"")
        self.gateway = found.get(_RTA_GATEWAY, b"")
        self.source = found.get(_RTA_PREFSRC, b"")
        self.index = _number(found.get(_RTA_OIF, b""))
        self.metric = _number(found.get(_RTA_PRIORITY, b""))
        self.table = _number(found.get(_RTA_TABLE, b"")) or head.table
        self.pref = found.get(_RTA_PREF, b"")


class Neighbour:
    """An address on the same cable, and the hardware address behind it."""

    __slots__ = ("data", "family", "index", "mac", "state")

    def __init__(self, payload: bytes) -> None:
        head = NeighbourMessage(payload)
        self.family, self.index, self.state = head.family, head.index, head.state
        found = _attributes(payload[head.size :])
        self.data = found.get(_NDA_DST, b"")
        self.mac = found.get(_NDA_LLADDR, b"")


def _string(data: bytes) -> str:
    return data.partition(b"\0")[0].decode("utf-8", "replace")


def _number(data: bytes) -> int:
    """An attribute that is a number; 0 for one that is absent."""
    return Reader(data, "attribute").number(len(data))


def _attributes(data: bytes) -> dict[int, bytes]:
    """(kind, value) of the attributes in DATA; FormatError."""
    found: dict[int, bytes] = {}
    reader = Reader(data, "netlink attribute")
    while reader.left >= _ATTRIBUTE:
        size, kind = reader.u16(), reader.u16()
        if size < _ATTRIBUTE:
            raise reader.fault(f"a size of {_ATTRIBUTE} bytes or more", str(size))
        found[kind & 0x3FFF] = reader.take(size - _ATTRIBUTE)
        reader.skip(min(-size % 4, reader.left))
    return found


def _attribute(kind: int, data: bytes) -> bytes:
    size = len(data) + _ATTRIBUTE
    return as_bytes(size, 2) + as_bytes(kind, 2) + data + bytes(-len(data) % 4)


def _talk(kind: int, flags: int, payload: bytes, subject: str) -> Iterator[tuple[int, bytes]]:
    """The (type, payload) of each answer; KernelError about SUBJECT when the kernel refuses."""
    socket = _socket.socket(_socket.AF_NETLINK, _socket.SOCK_RAW | _socket.SOCK_CLOEXEC, 0)
    try:
        size = Header.size + len(payload)
        head = Header.new(length=size, type=kind, flags=flags | _NLM_F_REQUEST, sequence=1)
        socket.send(bytes(head) + payload)
        while True:
            for answer, body in messages(socket.recv(1 << 16)):
                if answer == _NLMSG_DONE:
                    return
                if answer == _NLMSG_ERROR:
                    code = -Reader(body, "nlmsgerr").u32() & 0xFFFFFFFF
                    if code:
                        cause = _CAUSES.get(code, os.strerror(code).lower())
                        raise KernelError("netlink", code, subject=subject, cause=cause)
                    return
                yield answer, body
    finally:
        socket.close()


def messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The (type, payload) of each message in DATA; FormatError."""
    reader = Reader(data, "netlink message")
    while reader.left:
        start = reader.at
        head = Header(reader.take(Header.size))
        if not Header.size <= head.length <= len(data) - start:
            reader.at = start
            raise reader.fault("a message inside of what was received", f"{head.length} bytes")
        yield head.type, reader.take(head.length - Header.size)
        reader.skip(min(-head.length % 4, reader.left))


def _dump(kind: int, payload: bytes, subject: str) -> Iterator[bytes]:
    for _, body in _talk(kind, _NLM_F_DUMP, payload, subject):
        yield body


def _change(kind: int, flags: int, payload: bytes, subject: str) -> None:
    for _ in _talk(kind, flags | _NLM_F_ACK, payload, subject):
        pass


def links() -> list[Link]:
    """Every interface, in the order of their numbers."""
    found = _dump(RTM_GETLINK, bytes(LinkMessage.size), "interfaces")
    return sorted(map(Link, found), key=lambda link: link.index)


def link_named(name: str) -> Link:
    """The interface NAME; KernelError when there is none."""
    for link in links():
        if link.name == name:
            return link
    cause = _CAUSES[errno.ENODEV]
    raise KernelError("netlink", errno.ENODEV, subject=name, cause=cause, hint="ip link lists them")


def add_link(name: str, kind: str, *, lower: Link | None = None, vlan: int = 0) -> None:
    """Make the interface NAME of KIND: ``vlan`` number VLAN on LOWER, ``bond``."""
    info = _attribute(_IFLA_INFO_KIND, kind.encode())
    if vlan:
        info += _attribute(_IFLA_INFO_DATA, _attribute(_IFLA_VLAN_ID, as_bytes(vlan, 2)))
    payload = bytes(LinkMessage.size) + _attribute(_IFLA_IFNAME, name.encode() + b"\0")
    payload += _attribute(_IFLA_LINK, as_bytes(lower.index, 4)) if lower else b""
    payload += _attribute(_IFLA_LINKINFO, info)
    _change(RTM_NEWLINK, _NLM_F_CREATE | _NLM_F_EXCL, payload, name)


def remove_link(link: Link) -> None:
    """Take an interface away that was made."""
    _change(RTM_DELLINK, 0, bytes(LinkMessage.new(index=link.index)), link.name)


def set_link(
    link: Link,
    *,
    up: bool | None = None,
    mtu: int = 0,
    mac: bytes = b"",
    name: str = "",
    master: Link | None = None,
) -> None:
    """Switch LINK on or off; give it another MTU, hardware address, name, or a MASTER (a bond)."""
    extra = _attribute(_IFLA_MTU, as_bytes(mtu, 4)) if mtu else b""
    extra += _attribute(_IFLA_ADDRESS, mac) if mac else b""
    extra += _attribute(_IFLA_IFNAME, name.encode() + b"\0") if name else b""
    extra += _attribute(_IFLA_MASTER, as_bytes(master.index, 4)) if master else b""
    mask = 0 if up is None else IFF_UP
    payload = bytes(LinkMessage.new(index=link.index, flags=IFF_UP if up else 0, change=mask))
    payload += extra
    _change(RTM_NEWLINK, 0, payload, link.name)


def addresses(family: int = AF_UNSPEC) -> list[Address]:
    """Every address of every interface."""
    found = _dump(RTM_GETADDR, bytes(AddressMessage.new(family=family)), "addresses")
    return [Address(payload) for payload in found]


def change_address(
    link: Link,
    prefix: Prefix,
    *,
    add: bool,
    broadcast: bytes = b"",
    label: str = "",
    scope: int = RT_SCOPE_UNIVERSE,
) -> None:
    """Give LINK the address PREFIX, or take it away."""
    payload = bytes(
        AddressMessage.new(family=prefix.family, prefix=prefix.size, scope=scope, index=link.index)
    )
    payload += _attribute(_IFA_LOCAL, prefix.data) + _attribute(_IFA_ADDRESS, prefix.data)
    payload += _attribute(_IFA_BROADCAST, broadcast) if broadcast else b""
    payload += _attribute(_IFA_LABEL, label.encode() + b"\0") if label else b""
    flags = _NLM_F_CREATE | _NLM_F_EXCL if add else 0
    subject = f"{prefix.text}/{prefix.size} on {link.name}"
    _change(RTM_NEWADDR if add else RTM_DELADDR, flags, payload, subject)


def routes(family: int = AF_INET) -> list[Route]:
    """Every route of one family, of all tables."""
    found = _dump(RTM_GETROUTE, bytes(RouteMessage.new(family=family)), "routes")
    return [Route(payload) for payload in found if payload[:1] == bytes([family])]


def change_route(
    prefix: Prefix,
    *,
    add: bool,
    link: Link | None = None,
    gateway: bytes = b"",
    source: bytes = b"",
    metric: int = 0,
    replace: bool = False,
) -> None:
    """Add or remove the route to PREFIX (a length of 0 is the default route)."""
    scope = RT_SCOPE_UNIVERSE if gateway or prefix.family == AF_INET6 else RT_SCOPE_LINK
    scope = scope if add else 255  # nowhere: whichever it has
    protocol, kind = (RTPROT_BOOT, RTN_UNICAST) if add else (0, 0)
    payload = bytes(
        RouteMessage.new(
            family=prefix.family,
            prefix=prefix.size,
            table=RT_TABLE_MAIN,
            protocol=protocol,
            scope=scope,
            type=kind,
        )
    )
    payload += _attribute(_RTA_DST, prefix.data) if prefix.size else b""
    payload += _attribute(_RTA_GATEWAY, gateway) if gateway else b""
    payload += _attribute(_RTA_PREFSRC, source) if source else b""
    payload += _attribute(_RTA_OIF, as_bytes(link.index, 4)) if link else b""
    payload += _attribute(_RTA_PRIORITY, as_bytes(metric, 4)) if metric else b""
    flags = 0
    if add:
        flags = _NLM_F_CREATE | (_NLM_F_REPLACE if replace else _NLM_F_EXCL)
    shown = f"{prefix.text}/{prefix.size}" if prefix.size else "default"
    _change(RTM_NEWROUTE if add else RTM_DELROUTE, flags, payload, f"route to {shown}")


def neighbours() -> list[Neighbour]:
    """The neighbours that the kernel knows."""
    return list(map(Neighbour, _dump(RTM_GETNEIGH, bytes(NeighbourMessage.size), "neighbours")))
