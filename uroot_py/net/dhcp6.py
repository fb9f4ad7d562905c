"""DHCPv6: messages, and the states of the exchange for addresses and a boot file. No I/O.

Ref: RFC 8415 (protocol), RFC 3646 (name servers), RFC 5970 (boot files), RFC 6355 (DUID).
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.base.reader import Reader, as_bytes
from uroot_py.net.inet import address_bytes, address_text
from uroot_py.net.ra import domains

CLIENT_PORT, SERVER_PORT = 546, 547
ALL_SERVERS = "ff02::1:2"
SOLICIT, ADVERTISE, REQUEST, REPLY, RELEASE, INFORMATION = 1, 2, 3, 7, 8, 11
(
    _CLIENT_ID, _SERVER_ID, _IA, _IA_ADDRESS, _WANTED, _PREFERENCE, _ELAPSED, _STATUS,
    _USER_CLASS, _VENDOR_CLASS, _SERVERS, _DOMAINS, _BOOT_URL, _BOOT_WORDS, _ARCH, _INTERFACE,
) = (1, 2, 3, 5, 6, 7, 8, 13, 15, 16, 23, 24, 59, 60, 61, 62)  # fmt: skip
_ASKED = (_SERVERS, _DOMAINS, _BOOT_URL, _BOOT_WORDS)
_INTEL = 343  # the enterprise whose classes PXEClient and HTTPClient are
FIRST_WAIT = 1.0  # seconds: SOL_TIMEOUT, REQ_TIMEOUT, INF_TIMEOUT
LONGEST_WAIT = 30.0  # REQ_MAX_RT
_MAX_OPTIONS = 500
_MAX_REQUESTS = 10  # REQ_MAX_RC
_STATUSES = ("", "failed", "no addresses left", "no binding", "not on this link", "use multicast")


class Lease:
    """What a server offers or gives; FormatError. Addresses as text, times in seconds."""

    def __init__(self, data: bytes) -> None:
        reader = Reader(data, "DHCPv6 message", order="big")
        self.kind = reader.u8()
        self.transaction = reader.number(3)
        self.client = self.server = b""
        self.preference = 0
        self.addresses: list[str] = []
        self.lifetime = 0
        self.name_servers: list[str] = []
        self.domains: list[str] = []
        self.boot_url = ""
        self.boot_words: list[str] = []
        self.status = ""
        self.options: list[tuple[int, bytes]] = []
        for code, value in _options(reader):
            self.options.append((code, value))
            self._option(code, Reader(value, f"DHCPv6 option {code}", order="big"))

    def _option(self, code: int, value: Reader) -> None:  # noqa: C901 - a row each
        if code == _CLIENT_ID:
            self.client = value.take(value.left)
        elif code == _SERVER_ID:
            self.server = value.take(value.left)
        elif code == _PREFERENCE:
            self.preference = value.u8()
        elif code == _IA:
            self._association(value)
        elif code == _STATUS:
            self._status(value)
        elif code == _SERVERS:
            while value.left:
                self.name_servers.append(address_text(value.take(16)))
        elif code == _DOMAINS:
            self.domains += domains(value)
        elif code == _BOOT_URL:
            self.boot_url = value.take(value.left).decode("utf-8", "replace")
        elif code == _BOOT_WORDS:
            while value.left:
                self.boot_words.append(value.take(value.u16()).decode("utf-8", "replace"))

    def _association(self, value: Reader) -> None:
        """The addresses of an IA_NA, which is no more than one level of options."""
        value.skip(12)
        for code, data in _options(value):
            inner = Reader(data, f"DHCPv6 option {code}", order="big")
            if code == _STATUS:
                self._status(inner)
            elif code == _IA_ADDRESS:
                address = address_text(inner.take(16))
                inner.skip(4)
                valid = inner.u32()
                if valid:
                    self.addresses.append(address)
                    self.lifetime = max(self.lifetime, valid)

    def _status(self, value: Reader) -> None:
        code = value.u16()
        if code:
            words = value.take(value.left).decode("utf-8", "replace")
            known = _STATUSES[code] if code < len(_STATUSES) else f"status {code}"
            self.status = f"{known}: {words}" if words else known

    def __repr__(self) -> str:
        return f"<Lease {self.kind} {self.addresses} {self.boot_url}>"


def _options(reader: Reader) -> list[tuple[int, bytes]]:
    found = []
    while reader.left:
        code, size = reader.u16(), reader.u16()
        found.append((code, reader.take(size)))
        if len(found) > _MAX_OPTIONS:
            raise reader.fault(f"at most {_MAX_OPTIONS} options", "more")
    return found


def _option(code: int, data: bytes) -> bytes:
    return as_bytes(code, 2, "big") + as_bytes(len(data), 2, "big") + data


def duid(mac: bytes, uuid: bytes = b"") -> bytes:
    """Who the client is: its UUID where that is known (RFC 6355), else its link-layer address."""
    return b"\0\4" + uuid if len(uuid) == 16 else b"\0\3\0\1" + mac


def classes(arch: int, *, http: bool) -> dict[int, bytes]:
    """The options of a client that wants a boot file for ARCH, by HTTP or whatever there is."""
    name = f"{'HTTPClient' if http else 'PXEClient'}:Arch:{arch:05}:UNDI:003016".encode()
    return {
        _ARCH: as_bytes(arch, 2, "big"),
        _INTERFACE: b"\1\3\x10",
        _VENDOR_CLASS: as_bytes(_INTEL, 4, "big") + as_bytes(len(name), 2, "big") + name,
        _USER_CLASS: b"\0\x09LinuxBoot",
    }


class Exchange:
    """SOLICIT, ADVERTISE, REQUEST, REPLY; or, without ADDRESSES, one question and its REPLY.

    Used as ``dhcp.Exchange``: message(), receive(), and late() when ``wait`` seconds have passed;
    settle() takes the best of the ``offers`` then.
    """

    def __init__(
        self,
        transaction: int,
        client: bytes,
        asks: dict[int, bytes] | None = None,
        *,
        addresses: bool = True,
        boot: bool = False,
    ) -> None:
        self.transaction = transaction & 0xFFFFFF
        self.client = client
        self.asks = asks or {}
        self.addresses = addresses
        self.boot = boot
        self.offers: list[Lease] = []
        self.offer: Lease | None = None
        self.lease: Lease | None = None
        self.wait = FIRST_WAIT
        self.requests = 0
        self.heard = "no server answered"

    @property
    def given_up(self) -> bool:
        """Whether the server that was chosen has been asked too often."""
        return self.requests > _MAX_REQUESTS

    def message(self, elapsed: float = 0) -> bytes:
        """What is to be sent now, ELAPSED seconds after the beginning."""
        kind = INFORMATION
        if self.addresses:
            kind = REQUEST if self.offer else SOLICIT
        options = [(_CLIENT_ID, self.client)]
        if self.offer:
            self.requests += 1
            options.append((_SERVER_ID, self.offer.server))
        hundredths = as_bytes(min(int(elapsed * 100), 0xFFFF), 2, "big")
        options.append((_ELAPSED, hundredths))
        if self.addresses:
            wanted = self.offer.addresses if self.offer else []
            options.append((_IA, b"\0\0\0\1" + bytes(8) + _rows(wanted)))
        asked = b"".join(as_bytes(code, 2, "big") for code in _ASKED)
        options += [(_WANTED, asked), *self.asks.items()]
        return _build(kind, self.transaction, options)

    def late(self) -> None:
        """Nothing of use has come in ``wait`` seconds: the next pause is longer."""
        self.wait = min(self.wait * 2, LONGEST_WAIT)

    def receive(self, payload: bytes) -> bool:
        """Take what came; whether it is a step forward."""
        try:
            lease = Lease(payload)
        except FormatError as error:
            self.heard = f"what came was damaged: {error}"
            return False
        if (lease.transaction, lease.client) != (self.transaction, self.client):
            return False
        if lease.kind == REPLY and (self.offer or not self.addresses):
            return self._replied(lease)
        if lease.kind != ADVERTISE or self.offer or not self.addresses or not lease.server:
            return False
        if not lease.addresses:
            self.heard = lease.status or "a server has no addresses"
            return False
        self.offers.append(lease)
        del self.offers[16:]
        return (lease.preference == 255 or (self.boot and bool(lease.boot_url))) and self.settle()

    def _replied(self, lease: Lease) -> bool:
        if self.addresses and not lease.addresses:
            self.heard = lease.status or "the server gave no address"
            self.offer = None
            self.wait = FIRST_WAIT
        else:
            self.lease = lease
        return True

    def settle(self) -> bool:
        """Take the best of the offers: with a boot file where one is wanted, then by preference."""
        if not self.offers or self.offer is not None:
            return False
        self.offer = max(
            self.offers, key=lambda each: (self.boot and bool(each.boot_url), each.preference)
        )
        self.offers.clear()
        self.wait = FIRST_WAIT
        return True


def release(addresses: list[str], server: bytes, client: bytes, transaction: int) -> bytes:
    """The message of CLIENT that gives ADDRESSES back to SERVER."""
    rows = [
        (_CLIENT_ID, client),
        (_SERVER_ID, server),
        (_ELAPSED, b"\0\0"),
        (_IA, b"\0\0\0\1" + bytes(8) + _rows(addresses)),
    ]
    return _build(RELEASE, transaction, rows)


def _rows(addresses: list[str]) -> bytes:
    return b"".join(_option(_IA_ADDRESS, address_bytes(each) + bytes(8)) for each in addresses)


def _build(kind: int, transaction: int, options: list[tuple[int, bytes]]) -> bytes:
    head = bytes([kind]) + as_bytes(transaction & 0xFFFFFF, 3, "big")
    return head + b"".join(_option(code, data) for code, data in options)
