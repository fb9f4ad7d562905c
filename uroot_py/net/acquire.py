"""An interface gets its addresses: fixed ones, by DHCP, by routers and DHCPv6, in bounded time."""

from __future__ import annotations

import os
import time

from uroot_py.abi.netlink import link_named
from uroot_py.base.errors import FormatError, RefusedError, UrootError
from uroot_py.base.reader import number_at
from uroot_py.net import configure, dhcp, dhcp6, pxe, ra
from uroot_py.net.lease import obtain
from uroot_py.net.transport import Datagrams, Routers, failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uroot_py.abi.netlink import Link
    from uroot_py.net.dhcp import Lease
    from uroot_py.net.networds import Setup, Words

    Say = Callable[[str], object]

LIMIT = 30.0  # seconds for a lease: what is sent after 4, 12 and 28 seconds has been heard
UNTOLD = 4.0  # seconds for DHCPv6 that no router speaks of: it is asked at 0, 1 and 3
_ROUTERS = 5.0  # seconds for the address of the interface itself
_PROXY_WAITS = (1.0, 2.0, 3.0)
_CLIENT = 68


class Machine:
    """What this machine says of itself: UNAME's name of it, the 16 bytes of its SMBIOS' UUID."""

    asks_for_boot_file = True

    def __init__(self, uname: str, uuid: bytes, words: Words) -> None:
        self.uuid = uuid
        arch = words.options.get("arch")
        self.http, self.ipxe = "http" in words.options, "ipxe" in words.options
        bios, web = pxe.ARCHITECTURES.get(uname, (0, 16))
        own = web if self.http else bios
        self.arch = int(arch) if arch else own
        self.asks = pxe.identity(uname, uuid, arch=self.arch, http=self.http, ipxe=self.ipxe)


_PLAIN = (
    "name", "mac", "method", "address", "server", "client", "gateway", "mask", "boot", "root_path",
    "config_file", "path_prefix", "words", "lines", "routers",
)  # fmt: skip


class Found:
    """What an interface was given: plain values, which can be sent to another process.

    ``name``, ``mac`` are the interface's; ``method`` is ``static``, ``dhcp``, ``dhcp6`` or
    ``auto6``; ``address`` has the length of its network; ``server`` and ``client`` are for giving
    it back; ``boot`` is a URL or ''; ``words`` belong to the command line of what is there;
    ``lines`` explain all that was offered.
    """

    __slots__ = _PLAIN

    def __init__(self, link: Link, method: str) -> None:
        self.name, self.mac, self.method = link.name, link.mac, method
        self.address = self.server = self.gateway = self.mask = self.boot = ""
        self.root_path = self.config_file = self.path_prefix = self.words = ""
        self.client = b""
        self.lines: list[str] = []
        self.routers: list[str] = []

    def values(self) -> list[object]:
        """All of it."""
        return [getattr(self, name) for name in _PLAIN]

    @classmethod
    def of(cls, values: list[object]) -> Found:
        """What ``values()`` was asked for."""
        found = cls.__new__(cls)
        for name, value in zip(_PLAIN, values, strict=True):
            setattr(found, name, value)
        return found

    def describe(self) -> str:
        """``eth0: 10.0.2.15/24 by dhcp from 10.0.2.2, boot file tftp://...``."""
        source = f" from {self.server}" if self.server and self.method == "dhcp" else ""
        boot = f", boot file {self.boot}" if self.boot else ", no boot file"
        return f"{self.name}: {self.address or 'no address'} by {self.method}{source}{boot}"


def fixed(link: Link, setup: Setup) -> Found:
    """The address that SETUP says."""
    configure.apply_setup(link, setup, metric=link.index)
    found = Found(link, "static")
    found.address, found.gateway = setup.address, setup.gateway
    configure.add_resolv(setup.name_servers)
    return found


def by_dhcp(link: Link, machine: Machine, limit: float, say: Say) -> Found:
    """A lease, and the boot file of whoever has one; RefusedError."""
    lease, proxies = obtain(link, limit, say, machine.asks, boot=True)
    configure.apply(link, lease, say, metric=link.index)
    configure.add_resolv(lease.name_servers, lease.domain)
    found = Found(link, "dhcp")
    found.address, found.server = f"{lease.address}/{lease.prefix}", lease.server
    found.gateway = next(iter(lease.routers), "")
    found.mask = ".".join(str(0xFFFFFFFF << 32 - lease.prefix >> at & 255) for at in (24, 16, 8, 0))
    found.lines = [f"{lease.server} gives {found.address}:", *pxe.explained(lease)]
    for proxy in proxies:
        found.lines += [f"{proxy.server} (proxyDHCP):", *pxe.explained(proxy)]
    boot = _boot_lease(link, machine, lease, proxies, found.lines)
    found.boot = pxe.boot_url(boot) if boot else ""
    chosen = boot or lease
    found.config_file = chosen.text(dhcp.CONFIG_FILE)
    found.path_prefix = chosen.text(dhcp.PATH_PREFIX)
    found.root_path = lease.root_path or chosen.root_path
    return found


def _boot_lease(
    link: Link, machine: Machine, lease: Lease, proxies: list[Lease], lines: list[str]
) -> Lease | None:
    """Whose boot file counts: that of LEASE, of a proxy, of the first boot server in a menu."""
    for each in (lease, *proxies):
        if each.boot_file and not pxe.items(each):
            return each
    for each in (lease, *proxies):
        servers = [(kind, server) for kind, _, server in pxe.items(each)]
        if each.is_proxy and not servers:
            servers = [(-1, each.server)]
        for kind, server in servers:
            answer = _ask_boot_server(link, machine, lease, server, kind)
            if answer:
                lines += [f"{server} port {pxe.PORT}:", *pxe.explained(answer)]
                return answer
            lines.append(f"{server} port {pxe.PORT}: no answer with a boot file")
    return next((each for each in (lease, *proxies) if each.boot_file), None)


def _ask_boot_server(
    link: Link, machine: Machine, lease: Lease, server: str, kind: int
) -> Lease | None:
    """The answer of a boot SERVER, asked by its own port; None when there is none."""
    xid = number_at(os.urandom(4), 0, 4, "big")
    question = pxe.request(lease, None if kind < 0 else kind, xid, link.mac, machine.asks)
    try:
        peer = Datagrams.unconnected(server, own=lease.address, port=_CLIENT)
    except OSError as error:
        raise failed(f"{link.name}: to {server}", error) from None
    try:
        for wait in _PROXY_WAITS:
            peer.send_to(question, server, pxe.PORT)
            until = time.monotonic() + wait
            while (payload := peer.receive_from(server, until)) is not None:
                if found := pxe.answer(payload, xid):
                    return found
    except OSError as error:
        raise failed(f"{link.name}: to {server}", error) from None
    finally:
        peer.close()
    return None


def by_six(link: Link, machine: Machine, limit: float, say: Say, *, forced: bool) -> Found:
    """Addresses by routers, and by DHCPv6 as they say, or FORCED; RefusedError without any."""
    if not configure.settled(link, _ROUTERS, beyond=False):
        raise RefusedError(f"{link.name}: it has no address of IPv6 of its own")
    advertised = _routers(link, say)
    found = Found(link, "auto6")
    managed = forced or (advertised is not None and advertised.managed)
    if advertised:
        router = ", ".join(advertised.prefixes) or "no prefix"
        found.lines.append(f"router: {router}, name servers {advertised.name_servers}")
        configure.add_resolv(advertised.name_servers, next(iter(advertised.domains), ""))
        if advertised.prefixes:
            found.address = next(iter(configure.settled(link, _ROUTERS, beyond=True)), "")
    elif not forced:
        raise RefusedError(f"{link.name}: no router answered by IPv6")
    # Firmware asks for a boot file whatever routers say, and some servers count on that.
    told = managed or (advertised is not None and (advertised.other or not found.address))
    most = min(limit, LIMIT if told else UNTOLD)
    if told or machine.asks_for_boot_file:
        try:
            _by_dhcp6(link, machine, found, most, managed=managed)
        except RefusedError as error:
            if not found.address:
                raise
            say(str(error))
    return found


def _routers(link: Link, say: Say) -> ra.Advertisement | None:
    """What the first router says; the kernel takes its addresses from the same message."""
    peer = Routers(link.name, link.index)
    try:
        for _ in range(ra.SOLICITATIONS):
            say(f"{link.name}: looking for a router")
            peer.send(ra.solicitation(link.mac))
            until = time.monotonic() + ra.PAUSE
            while (data := peer.receive(until)) is not None:
                try:
                    return ra.Advertisement(data)
                except FormatError as error:
                    say(f"{link.name}: {error}")
    except OSError as error:
        raise failed(link.name, error) from None
    finally:
        peer.close()
    return None


def _by_dhcp6(link: Link, machine: Machine, found: Found, limit: float, *, managed: bool) -> None:
    client = dhcp6.duid(link.mac, machine.uuid)
    exchange = dhcp6.Exchange(
        number_at(os.urandom(3), 0, 3),
        client,
        dhcp6.classes(machine.arch, http=machine.http),
        addresses=managed,
        boot=True,
    )
    lease = _exchange6(link, exchange, limit)
    for address in lease.addresses:
        configure.add_address(link, f"{address}/128")
    configure.add_resolv(lease.name_servers, next(iter(lease.domains), ""))
    if lease.addresses:
        configure.settled(link, _ROUTERS, beyond=True)
        found.method, found.address = "dhcp6", f"{lease.addresses[0]}/128"
        found.server, found.client = lease.server.hex(), client
    found.boot, found.words = lease.boot_url, " ".join(lease.boot_words)
    given = ", ".join(lease.addresses) or "no addresses"
    found.lines.append(f"DHCPv6: {given}, boot file {lease.boot_url or 'none'}")
    found.lines += [f"{code:>3} {data.hex(' ', 1)}" for code, data in lease.options]


def _exchange6(link: Link, exchange: dhcp6.Exchange, limit: float) -> dhcp6.Lease:
    peer = Datagrams.unconnected("::", port=dhcp6.CLIENT_PORT, device=link.name)
    begun = time.monotonic()
    try:
        while time.monotonic() - begun < limit and not exchange.given_up:
            now = time.monotonic()
            message = exchange.message(now - begun)
            peer.socket.sendto(message, (dhcp6.ALL_SERVERS, dhcp6.SERVER_PORT, 0, link.index))
            chance = 1 + (number_at(os.urandom(2), 0, 2) / 0x8000 - 1) / 10
            step = False
            until = min(now + exchange.wait * chance, begun + limit)
            while not step and (data := peer.receive(until)) is not None:
                step = exchange.receive(data)
            if exchange.lease is not None:
                return exchange.lease
            if not step and not exchange.settle():
                exchange.late()
    except OSError as error:
        raise failed(link.name, error) from None
    finally:
        peer.close()
    raise RefusedError(f"{link.name}: DHCPv6: nothing after {limit:g} s: {exchange.heard}")


def give_back(found: Found) -> None:
    """Tell the server that the address is free, and take it from the interface; raises nothing."""
    try:
        link = link_named(found.name)
        address = found.address.partition("/")[0]
        if found.method == "dhcp":
            _release(address, found)
        elif found.method == "dhcp6":
            _release6(link, address, found)
        if found.address and found.method in ("dhcp", "dhcp6", "static"):
            configure.forget(link, found.address)
    except (UrootError, OSError) as error:
        found.lines.append(f"not given back: {error}")


def _release(address: str, found: Found) -> None:
    if not found.server:
        return
    xid = number_at(os.urandom(4), 0, 4)
    message = dhcp.release(address, found.server, xid, found.mac)
    peer = Datagrams.unconnected(found.server, own=address, port=_CLIENT)
    try:
        peer.send_to(message, found.server, 67)
    finally:
        peer.close()


def _release6(link: Link, address: str, found: Found) -> None:
    peer = Datagrams.unconnected("::", port=dhcp6.CLIENT_PORT, device=link.name)
    message = dhcp6.release(
        [address], bytes.fromhex(found.server), found.client, number_at(os.urandom(3), 0, 3)
    )
    try:
        peer.socket.sendto(message, (dhcp6.ALL_SERVERS, dhcp6.SERVER_PORT, 0, link.index))
    finally:
        peer.close()
