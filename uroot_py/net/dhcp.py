"""DHCP: messages, and the states of the exchange that gets an interface its address. No I/O.

What a machine says of itself to be given a boot file, and the servers that know only of that one
(proxyDHCP), are in ``pxe``.

Ref: RFC 2131 (protocol), RFC 2132 (options), RFC 3396 (long options), RFC 3442 (classless routes),
RFC 5071 (209, 210).
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.base.layout import Layout, raw, u8, u16, u32
from uroot_py.base.reader import number_at
from uroot_py.net.inet import address_bytes, address_text

DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE = range(1, 8)
MAGIC = b"\x63\x82\x53\x63"
SUBNET, ROUTERS, SERVERS, HOSTNAME, DOMAIN, MTU, TIME_SERVERS = 1, 3, 6, 12, 15, 26, 42
ADDRESS, LEASE_TIME, OVERLOAD, KIND, SERVER_ID, WANTED, TFTP_SERVER, BOOT_FILE, ROUTES = (
    50, 51, 52, 53, 54, 55, 66, 67, 121,
)  # fmt: skip
ROOT_PATH, VENDOR, MAX_SIZE, CLASS, CONFIG_FILE, PATH_PREFIX = 17, 43, 57, 60, 209, 210
_ASKED = (
    SUBNET, ROUTES, ROUTERS, SERVERS, HOSTNAME, DOMAIN, MTU, TIME_SERVERS, TFTP_SERVER, BOOT_FILE,
    ROOT_PATH, VENDOR, CLASS, CONFIG_FILE, PATH_PREFIX, 175,
)  # fmt: skip
_SIZES = {SUBNET: 4, MTU: 2, LEASE_TIME: 4, OVERLOAD: 1, KIND: 1, SERVER_ID: 4}
_MAX_REFUSALS = 5  # offers that a server may take back
FIRST_WAIT = 4.0  # seconds; then twice as long each time (RFC 2131 4.1)
LONGEST_WAIT = 64.0
GATHER = 2.0  # seconds in which other servers may answer, too, where a boot file is wanted
MAX_OFFERS = 16
_NOBODY = bytes(4)


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
    """What a server offers or gives: addresses as text, times in seconds. FormatError."""

    def __init__(self, message: Message, options: dict[int, bytes]) -> None:
        for option, size in _SIZES.items():
            if len(options.get(option, bytes(size))) != size:
                found = f"{len(options[option])} bytes"
                raise FormatError(f"DHCP option {option}", 0, _counted(size), found)
        self.options = options
        self.kind = options.get(KIND, b"\0")[0]
        self.address = address_text(message.yiaddr)
        mask = number_at(options.get(SUBNET, b"\xff" * 4), 0, 4, "big")
        self.prefix = mask.bit_count()
        if mask != 0xFFFFFFFF << 32 - self.prefix & 0xFFFFFFFF:
            found = options[SUBNET].hex(".")
            raise FormatError("DHCP option 1", 0, "a network mask", found)
        self.server = (self.addresses(SERVER_ID) or [""])[0]
        self.routers = self.addresses(ROUTERS)
        self.name_servers = self.addresses(SERVERS)
        self.time_servers = self.addresses(TIME_SERVERS)
        self.hostname, self.domain = self.text(HOSTNAME), self.text(DOMAIN)
        self.seconds = number_at(options.get(LEASE_TIME, b"\xff" * 4), 0, 4, "big")
        self.mtu = number_at(options.get(MTU, b"\0\0"), 0, 2, "big")
        self.routes = _classless(options.get(ROUTES, b""))
        overload = options.get(OVERLOAD, b"\0")[0]
        self.boot_server = self.text(TFTP_SERVER)
        if not self.boot_server and message.siaddr != _NOBODY:
            self.boot_server = address_text(message.siaddr)
        if not self.boot_server and not overload & 2:
            self.boot_server = _text(message.sname)
        self.boot_file = self.text(BOOT_FILE)
        if not self.boot_file and not overload & 1:
            self.boot_file = _text(message.file)
        self.vendor_class = self.text(CLASS)
        self.root_path = self.text(ROOT_PATH)

    @property
    def is_proxy(self) -> bool:
        """Whether it comes from a server that gives no addresses, but knows of boot files."""
        named = self.vendor_class.startswith(("PXEClient", "HTTPClient"))
        return named and self.address == "0.0.0.0"

    @property
    def unusable(self) -> bool:
        """Whether the address is one that no machine can have."""
        first = address_bytes(self.address)[0]
        return first in (0, 127) or first >= 224

    def text(self, option: int) -> str:
        """An option that is text."""
        return _text(self.options.get(option, b""))

    def addresses(self, option: int) -> list[str]:
        """An option that is a row of addresses."""
        data = self.options.get(option, b"")
        if len(data) % 4:
            found = f"{len(data)} bytes"
            raise FormatError(f"DHCP option {option}", 0, "addresses of 4 bytes", found)
        return [address_text(data[at : at + 4]) for at in range(0, len(data), 4)]

    def __repr__(self) -> str:
        return f"<Lease {self.kind} {self.address}/{self.prefix} from {self.server}>"


def _counted(size: int) -> str:
    return "1 byte" if size == 1 else f"{size} bytes"


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
        network, gateway = address_text(row[:used].ljust(4, b"\0")), address_text(row[used:])
        routes.append((f"{network}/{size}", gateway))
        at += 5 + used
    return routes


def build(
    kind: int,
    xid: int,
    mac: bytes,
    options: dict[int, bytes],
    *,
    seconds: int = 0,
    own: bytes = _NOBODY,
) -> bytes:
    """A message to a server, SECONDS after the first one.

    The answer may come as a broadcast unless the interface has its OWN address already.
    """
    message = Message.new(
        op=1,
        htype=1,
        hlen=min(len(mac), 16),
        xid=xid,
        secs=min(seconds, 0xFFFF),
        flags=0x8000 if own == _NOBODY else 0,
        ciaddr=own,
        chaddr=mac[:16],
        magic=MAGIC,
    )
    rows = {KIND: bytes([kind]), **options}
    if kind != RELEASE:
        rows[WANTED] = bytes(_ASKED)
    data = b""
    for key, value in rows.items():
        for at in range(0, max(len(value), 1), 255):  # RFC 3396
            data += bytes([key, len(value[at : at + 255])]) + value[at : at + 255]
    return (bytes(message) + data + b"\xff").ljust(300, b"\0")


def head(data: bytes) -> Message:
    """The fixed part of a server's message; FormatError when it is none."""
    message = Message(data)
    if message.op != 2 or message.magic != MAGIC:
        found = f"{message.op}, {message.magic.hex()}"
        raise FormatError(Message.title, 0, f"an answer (2, {MAGIC.hex()})", found)
    return message


def parse(data: bytes) -> tuple[Message, Lease]:
    """A server's message; FormatError when it is none."""
    message = head(data)
    options: dict[int, bytes] = {}
    _options(data, Message.size, options)
    overload = options.get(OVERLOAD, b"\0")[:1]
    # RFC 2131 4.1: the fields of names hold further options.
    if overload in (b"\1", b"\3"):
        _options(message.file, 0, options)
    if overload in (b"\2", b"\3"):
        _options(message.sname, 0, options)
    return message, Lease(message, options)


def _options(data: bytes, at: int, options: dict[int, bytes]) -> None:
    """Add the options in DATA; what comes several times is one (RFC 3396)."""
    while at < len(data) and data[at] != 255:
        if not data[at]:
            at += 1
            continue
        size = data[at + 1] if at + 1 < len(data) else 0
        value = data[at + 2 : at + 2 + size]
        if at + 1 >= len(data) or len(value) < size:
            found = f"{len(data) - at}, then the end"
            raise FormatError("DHCP option", at, f"{size + 2} bytes", found)
        options[data[at]] = options.get(data[at], b"") + value
        at += 2 + size


class Exchange:
    """DISCOVER, OFFER, REQUEST, ACK; from the beginning again after a NAK.

    Whoever has the cable sends what message() gives, hands every payload that comes to receive(),
    and calls message() again when ``wait`` seconds have passed without progress. ASKS are options
    of every message. With BOOT an offer without a boot file is not taken at once: where there are
    ``offers``, settle() takes the best of them after GATHER seconds. ``proxies`` are the offers of
    servers that have boot files only.
    """

    def __init__(
        self, xid: int, mac: bytes, asks: dict[int, bytes] | None = None, *, boot: bool = False
    ) -> None:
        self.xid = xid
        self.mac = mac
        self.asks = asks or {}
        self.boot = boot
        self.offers: list[Lease] = []
        self.proxies: list[Lease] = []
        self.offer: Lease | None = None
        self.lease: Lease | None = None
        self.wait = FIRST_WAIT
        self.refusals = 0
        self.heard = "nobody answered"  # the last thing that went wrong

    @property
    def doing(self) -> str:
        """What is going on, in words."""
        return "asking for it" if self.offer else "looking for a server"

    @property
    def given_up(self) -> bool:
        """Whether the servers have taken too many offers back."""
        return self.refusals >= _MAX_REFUSALS

    def message(self, seconds: int = 0) -> bytes:
        """What is to be sent now, SECONDS after the beginning."""
        if self.offer is None:
            return build(DISCOVER, self.xid, self.mac, self.asks, seconds=seconds)
        wanted = {
            ADDRESS: address_bytes(self.offer.address),
            SERVER_ID: self.offer.options.get(SERVER_ID, b""),
        }
        return build(REQUEST, self.xid, self.mac, {**wanted, **self.asks}, seconds=seconds)

    def late(self) -> None:
        """Nothing of use has come in ``wait`` seconds: the next pause is longer."""
        self.wait = min(self.wait * 2, LONGEST_WAIT)

    def receive(self, payload: bytes) -> bool:
        """Take what came; whether it is a step forward: message() is to be sent, or it is over."""
        try:
            # Other people's messages are not looked at further: they may say what they like.
            if head(payload).xid != self.xid:
                return False
            _, lease = parse(payload)
        except FormatError as error:
            self.heard = f"what came was damaged: {error}"
            return False
        if self.offer is None:
            return lease.kind == OFFER and self._offered(lease)
        if lease.kind == ACK and not lease.unusable:
            self.lease = lease
            return True
        if lease.kind == NAK:
            self.heard = f"{self.offer.server} took its offer back"
            self.offer = None
            self.refusals += 1
            self.wait = FIRST_WAIT
            return True
        return False

    def _offered(self, lease: Lease) -> bool:
        if lease.is_proxy:
            if len(self.proxies) < MAX_OFFERS:
                self.proxies.append(lease)
        elif lease.unusable:
            self.heard = f"{lease.server} offers {lease.address}, which no machine can have"
            return False
        elif len(self.offers) < MAX_OFFERS:
            self.offers.append(lease)
        done = not self.boot or any(each.boot_file for each in (*self.offers, *self.proxies))
        return done and self.settle()

    def settle(self) -> bool:
        """Take the best of the offers: the first one with a boot file, else the first."""
        if not self.offers or self.offer is not None:
            return False
        self.offer = next((each for each in self.offers if each.boot_file), self.offers[0])
        self.offers.clear()
        self.wait = FIRST_WAIT
        return True


def release(address: str, server: str, xid: int, mac: bytes) -> bytes:
    """The message that gives ADDRESS back to SERVER."""
    return build(RELEASE, xid, mac, {SERVER_ID: address_bytes(server)}, own=address_bytes(address))
