"""What routers say of their network by IPv6: prefixes, name servers, whether there is DHCP.

The kernel takes addresses and routes from these messages itself; what it leaves is for us. No I/O.

Ref: RFC 4861 (4.1, 4.2, 4.6), RFC 8106 (name servers).
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.base.layout import Layout, u8, u16, u32
from uroot_py.base.reader import Reader
from uroot_py.net.inet import address_text

SOLICITATION, ADVERTISEMENT = 133, 134
ALL_ROUTERS = "ff02::2"
HOPS = 255  # of a message that no router has passed on
# RFC 4861, 10: how often it is asked, and with which pauses in seconds.
SOLICITATIONS, PAUSE = 3, 4.0
_LINK_ADDRESS, _PREFIX, _MTU, _SERVERS, _DOMAINS = 1, 3, 5, 25, 31
_MANAGED, _OTHER = 0x80, 0x40
_AUTONOMOUS = 0x40


class Head(Layout, size=16, order="big", title="router advertisement"):
    """Before the options; ``lifetime`` in seconds, 0 for what is no default router."""

    type = u8(0)
    code = u8(1)
    checksum = u16(2)
    hops = u8(4)
    flags = u8(5)
    lifetime = u16(6)
    reachable = u32(8)
    retransmit = u32(12)


class Advertisement:
    """A router's message; FormatError.

    ``managed``: DHCPv6 gives addresses; ``other``: it knows the rest. ``prefixes`` are those that
    machines make addresses of, as text with their length.
    """

    def __init__(self, data: bytes) -> None:
        head = Head(data)
        if (head.type, head.code) != (ADVERTISEMENT, 0):
            found = f"{head.type}, {head.code}"
            raise FormatError(Head.title, 0, f"{ADVERTISEMENT}, 0", found)
        self.lifetime = head.lifetime
        self.managed = bool(head.flags & _MANAGED)
        self.other = bool(head.flags & _OTHER)
        self.prefixes: list[str] = []
        self.name_servers: list[str] = []
        self.domains: list[str] = []
        self.mtu = 0
        reader = Reader(data, "router advertisement option", Head.size, order="big")
        while reader.left:
            kind, units = reader.u8(), reader.u8()
            if not units:
                raise reader.fault("a length in units of 8 bytes", "0")
            self._option(kind, Reader(reader.take(units * 8 - 2), reader.title, order="big"))

    def _option(self, kind: int, reader: Reader) -> None:
        """One option behind its kind and length."""
        if kind == _PREFIX:
            size, flags = reader.u8(), reader.u8()
            reader.skip(12)
            if size > 128:
                raise reader.fault("a prefix of at most 128 bits", str(size))
            if flags & _AUTONOMOUS:
                self.prefixes.append(f"{address_text(reader.take(16))}/{size}")
        elif kind == _MTU:
            reader.skip(2)
            self.mtu = reader.u32()
        elif kind == _SERVERS:
            reader.skip(2)
            valid = reader.u32()
            while reader.left >= 16:
                server = address_text(reader.take(16))
                if valid:
                    self.name_servers.append(server)
        elif kind == _DOMAINS:
            reader.skip(6)
            self.domains += domains(reader)


def domains(reader: Reader) -> list[str]:
    """The names in READER up to its end, each as DNS has it, without pointers."""
    found: list[str] = []
    labels: list[str] = []
    while reader.left:
        size = reader.u8()
        if size > 63:
            raise reader.fault("a label of at most 63 bytes", str(size))
        if size:
            labels.append(reader.take(size).decode("utf-8", "replace"))
        elif labels:
            found.append(".".join(labels))
            labels = []
    return found


def solicitation(mac: bytes) -> bytes:
    """The question to all routers; the kernel puts the checksum in."""
    message = bytes([SOLICITATION, 0, 0, 0, 0, 0, 0, 0])
    return message + bytes([_LINK_ADDRESS, 1]) + mac if len(mac) == 6 else message
