"""DHCP: messages, and the exchange that gets an interface its address.

Ref: RFC 2131 (protocol), RFC 2132 (options), RFC 3442 (classless routes).
"""

from __future__ import annotations

import _socket
import os
import time

from uroot_py.base.errors import FormatError, RefusedError
from uroot_py.base.layout import Layout, raw, u8, u16, u32
from uroot_py.net.inet import udp_broadcast, udp_payload

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uroot_py.abi.netlink import Link

DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK = range(1, 7)
MAGIC = b"\x63\x82\x53\x63"
SUBNET, ROUTERS, SERVERS, HOSTNAME, DOMAIN, MTU, TIME_SERVERS = 1, 3, 6, 12, 15, 26, 42
ADDRESS, LEASE_TIME, KIND, SERVER_ID, WANTED, TFTP_SERVER, BOOT_FILE, ROUTES = (
    50, 51, 53, 54, 55, 66, 67, 121,
)  # fmt: skip
_ASKED = (
    SUBNET, ROUTES, ROUTERS, SERVERS, HOSTNAME, DOMAIN, MTU, TIME_SERVERS, TFTP_SERVER, BOOT_FILE,
)  # fmt: skip
_ETH_P_IP = 0x0800
_CLIENT, _SERVER = 68, 67
FIRST_WAIT = 1.0  # seconds; then twice as long each time


class Message(Layout, size=240, order="big", title="DHCP message"):
    """The fixed part; options follow."""

    op = u8(0)
    htype = u8(1)
    hlen = u8(2)
    xid = u32(4)
    secs = u16(8)
    flags = u16(10)
    ciaddr = raw(12, 4)
    yiaddr = raw(16, 4)
    siaddr = raw(20, 4)
    chaddr = raw(28, 16)
    sname = raw(44, 64)
    file = raw(108, 128)
    magic = raw(236, 4)


class Lease:
    """What a server offers or gives: addresses as text, times in seconds."""

    def __init__(self, message: Message, options: dict[int, bytes]) -> None:
        self.options = options
        self.kind = options.get(KIND, b"\0")[0]
        self.address = _address(message.yiaddr)
        mask = int.from_bytes(options.get(SUBNET, b"\xff" * 4), "big")
        self.prefix = mask.bit_count()
        if mask != 0xFFFFFFFF << 32 - self.prefix & 0xFFFFFFFF:
            found = options[SUBNET].hex(".")
            raise FormatError("DHCP option 1", 0, "a network mask", found)
        self.server = (self.addresses(SERVER_ID) or [""])[0]
        self.routers = self.addresses(ROUTERS)
        self.name_servers = self.addresses(SERVERS)
        self.time_servers = self.addresses(TIME_SERVERS)
        self.hostname, self.domain = self.text(HOSTNAME), self.text(DOMAIN)
        self.seconds = int.from_bytes(options.get(LEASE_TIME, b"\xff" * 4), "big")
        self.mtu = int.from_bytes(options.get(MTU, b""), "big")
        self.routes = _classless(options.get(ROUTES, b""))
        next_server = _address(message.siaddr)
        self.boot_server = self.text(TFTP_SERVER) or next_server.replace("0.0.0.0", "")
        self.boot_file = self.text(BOOT_FILE) or _text(message.file)

    def text(self, option: int) -> str:
        """An option that is text."""
        return _text(self.options.get(option, b""))

    def addresses(self, option: int) -> list[str]:
        """An option that is a row of addresses."""
        data = self.options.get(option, b"")
        if len(data) % 4:
            found = f"{len(data)} bytes"
            raise FormatError(f"DHCP option {option}", 0, "addresses of 4 bytes", found)
        return [_address(data[at : at + 4]) for at in range(0, len(data), 4)]

    def __repr__(self) -> str:
        return f"<Lease {self.kind} {self.address}/{self.prefix} from {self.server}>"


def _address(data: bytes) -> str:
    return _socket.inet_ntop(_socket.AF_INET, data)


def _text(data: bytes) -> str:
    return data.partition(b"\0")[0].decode("utf-8", "replace")


def _classless(data: bytes) -> list[tuple[str, str]]:
    """(network with its length, gateway) of option 121."""
    routes = []
    at = 0
    while at < len(data):
        size = data[at]
        used = -(-size // 8)
        row = data[at + 1 : at + 5 + used]
        if size > 32 or len(row) < used + 4:
            expected = "a length up to 32, network, gateway"
            raise FormatError("DHCP option 121", at, expected, row.hex())
        network, gateway = _address(row[:used].ljust(4, b"\0")), _address(row[used:])
        routes.append((f"{network}/{size}", gateway))
        at += 5 + used
    return routes


def build(kind: int, xid: int, mac: bytes, options: dict[int, bytes]) -> bytes:
    """A message to a server; the answer may come as a broadcast."""
    message = Message.new(
        op=1, htype=1, hlen=len(mac), xid=xid, flags=0x8000, chaddr=mac, magic=MAGIC
    )
    rows = {KIND: bytes([kind]), **options, WANTED: bytes(_ASKED)}
    data = b"".join(bytes([key, len(value)]) + value for key, value in rows.items())
    return (bytes(message) + data + b"\xff").ljust(300, b"\0")


def parse(data: bytes) -> tuple[Message, Lease]:
    """A server's message; FormatError when it is none."""
    message = Message(data)
    if message.op != 2 or message.magic != MAGIC:
        found = f"{message.op}, {message.magic.hex()}"
        raise FormatError(Message.title, 0, f"an answer (2, {MAGIC.hex()})", found)
    options: dict[int, bytes] = {}
    at = Message.size
    while at < len(data) and data[at] != 255:
        if not data[at]:
            at += 1
            continue
        size = data[at + 1] if at + 1 < len(data) else 0
        value = data[at + 2 : at + 2 + size]
        if at + 1 >= len(data) or len(value) < size:
            found = f"{len(data) - at}, then the end"
            raise FormatError("DHCP option", at, f"{size + 2} bytes", found)
        options[data[at]] = options.get(data[at], b"") + value  # RFC 3396: parts of one option
        at += 2 + size
    return message, Lease(message, options)


def obtain(link: Link, limit: float, say: Callable[[str], None]) -> Lease:
    """A lease for LINK, which is up; RefusedError after LIMIT seconds without one."""
    socket = _socket.socket(
        _socket.AF_PACKET, _socket.SOCK_DGRAM | _socket.SOCK_CLOEXEC, _socket.htons(_ETH_P_IP)
    )
    try:
        socket.bind((link.name, _ETH_P_IP))
        return _Exchange(socket, link, limit, say).run()
    finally:
        socket.close()


class _Exchange:
    """DISCOVER, OFFER, REQUEST, ACK; from the beginning again after a NAK."""

    def __init__(
        self, socket: _socket.socket, link: Link, limit: float, say: Callable[[str], None]
    ) -> None:
        self.socket = socket
        self.link = link
        self.limit = limit
        self.say = say
        self.xid = int.from_bytes(os.urandom(4), "big")
        self.end = time.monotonic() + limit
        self.heard = "nobody answered"

    def run(self) -> Lease:
        while True:
            offer = self._ask(DISCOVER, {}, (OFFER,))
            self.say(f"{self.link.name}: {offer.server} offers {offer.address}/{offer.prefix}")
            wanted = {
                ADDRESS: _socket.inet_pton(_socket.AF_INET, offer.address),
                SERVER_ID: offer.options.get(SERVER_ID, b""),
            }
            lease = self._ask(REQUEST, wanted, (ACK, NAK))
            if lease.kind == ACK:
                return lease
            self.heard = f"{offer.server} took its offer back"
            self.say(f"{self.link.name}: {self.heard}")

    def _ask(self, kind: int, options: dict[int, bytes], answers: tuple[int, ...]) -> Lease:
        """Send again and again, with longer and longer pauses, until one of ANSWERS comes."""
        everybody = (self.link.name, _ETH_P_IP, 0, 0, b"\xff" * 6)
        message = build(kind, self.xid, self.link.mac, options)
        data = udp_broadcast(message, _CLIENT, _SERVER)
        wait = FIRST_WAIT
        while time.monotonic() < self.end:
            doing = "looking for a server" if kind == DISCOVER else "asking for it"
            self.say(f"{self.link.name}: {doing}")
            self.socket.sendto(data, everybody)
            lease = self._listen(min(time.monotonic() + wait, self.end), answers)
            if lease:
                return lease
            wait *= 2
        raise RefusedError(
            f"{self.link.name}: no lease after {self.limit:g} s: {self.heard}",
            hint="is the cable in the right network? ip addr add ADDRESS/LENGTH dev "
            f"{self.link.name} sets an address by hand",
        )

    def _listen(self, until: float, answers: tuple[int, ...]) -> Lease | None:
        while (left := until - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                payload = udp_payload(self.socket.recv(4096), _SERVER, _CLIENT)
            except TimeoutError:
                return None
            if not payload:
                continue
            try:
                message, lease = parse(payload)
            except FormatError as error:
                self.heard = f"what came was damaged: {error}"
                continue
            if message.xid == self.xid and lease.kind in answers:
                return lease
        return None
