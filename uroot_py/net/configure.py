"""Interfaces of this machine: which there are, their cables, and the addresses they are given."""

from __future__ import annotations

import os
import time
from errno import EADDRNOTAVAIL, EEXIST, ESRCH

from uroot_py.abi import netlink
from uroot_py.abi.netlink import AF_INET, AF_INET6, IFF_LOOPBACK, IFF_NOARP, Prefix
from uroot_py.abi.netlink import address_text as text_of
from uroot_py.base.errors import KernelError, RefusedError, UrootError, explain
from uroot_py.net.resolve import RESOLV_CONF
from uroot_py.net.resolve import servers as known_servers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uroot_py.abi.netlink import Link
    from uroot_py.net.dhcp import Lease
    from uroot_py.net.networds import Setup, Words

    Say = Callable[[str], object]

CARRIER = 5.0  # seconds that a network card may take to see its cable
_LOOK = 0.1
_TENTATIVE = 0x40  # IFA_F_TENTATIVE: it is not known yet whether somebody else has the address
_FAILED = 0x08  # IFA_F_DADFAILED


def wired() -> list[Link]:
    """Every interface that could have a cable; RefusedError when there is none."""
    found = [n for n in netlink.links() if n.mac and not n.flags & (IFF_LOOPBACK | IFF_NOARP)]
    if not found:
        raise RefusedError("no network interface", hint="modprobe its driver; lspci -k names it")
    return found


def usable(words: Words) -> list[Link]:
    """Those to get an address: without what carries VLANs or is part of a bond; BOOTIF's first.

    Where ``ip=`` names interfaces only, others are left alone.
    """
    links = wired()
    below = {lower for _, _, lower in words.vlans} | {link.name for link in links if link.master}
    named = {setup.name for setup in words.setups}
    chosen = [
        link
        for link in links
        if link.name in named or ((not named or "" in named) and link.name not in below)
    ]
    return sorted(chosen, key=lambda link: link.mac != words.bootif)


def make(words: Words) -> list[str]:
    """Make the bonds and VLANs of WORDS; a line for each that cannot be."""
    faults = []
    for name, below, options, mtu in words.bonds:
        try:
            _bond(name, below, options, mtu)
        except (UrootError, OSError) as error:
            faults.append(f"bond={name}: {explain(error)}")
    for name, number, lower in words.vlans:
        try:
            carrier = netlink.link_named(lower)
            if not carrier.is_up:
                netlink.set_link(carrier, up=True)
            tolerant(lambda: netlink.add_link(name, "vlan", lower=carrier, vlan=number))  # noqa: B023
        except UrootError as error:
            faults.append(f"vlan={name}:{lower}: {error}")
    return faults


def _bond(name: str, below: list[str], options: dict[str, str], mtu: int) -> None:
    """A bond of the interfaces BELOW; the kernel takes its options by name from sysfs."""
    tolerant(lambda: netlink.add_link(name, "bond"))
    bond = netlink.link_named(name)
    for key, value in options.items():
        with open(f"/sys/class/net/{name}/bonding/{key}", "w", encoding="ascii") as file:
            file.write(value)
    if mtu:
        netlink.set_link(bond, mtu=mtu)
    for each in below:
        slave = netlink.link_named(each)
        if slave.is_up:
            netlink.set_link(slave, up=False)
        netlink.set_link(slave, master=bond)
    netlink.set_link(bond, up=True)


def switch_on(link: Link, setup: Setup | None = None) -> None:
    """Switch LINK on, with the hardware address and the MTU that SETUP asks for."""
    if setup and setup.mac and setup.mac != link.mac:
        netlink.set_link(link, up=False)
        netlink.set_link(link, mac=setup.mac)
        link.mac = setup.mac
    if setup and setup.mtu:
        netlink.set_link(link, mtu=setup.mtu)
    netlink.set_link(link, up=True)


def carriers(links: list[Link], limit: float) -> list[Link]:
    """Those of LINKS, which are on, that have a cable, as soon as one has; [] after LIMIT."""
    wanted = {link.index for link in links}
    end = time.monotonic() + limit
    while True:
        found = [link for link in netlink.links() if link.index in wanted and link.has_carrier]
        if found or time.monotonic() > end:
            return found
        time.sleep(_LOOK)


def tolerant(change: Callable[[], None], *codes: int) -> None:
    """Make a CHANGE that may have been made before."""
    try:
        change()
    except KernelError as error:
        if error.errno not in (EEXIST, *codes):
            raise


def apply(link: Link, lease: Lease, say: Say, *, metric: int = 0) -> None:
    """Give LINK the address, the routes and the MTU of LEASE, and no other address of IPv4."""
    mine = Prefix(f"{lease.address}/{lease.prefix}")
    for old in netlink.addresses(AF_INET):
        if old.index == link.index and (old.data, old.prefix) != (mine.data, mine.size):
            say(f"{link.name}: without {text_of(old.data)}/{old.prefix}")
            forget(link, f"{text_of(old.data)}/{old.prefix}")
    tolerant(lambda: netlink.change_address(link, mine, add=True, broadcast=mine.highest()))
    if 576 <= lease.mtu < link.mtu:
        netlink.set_link(link, mtu=lease.mtu)
    # RFC 3442: with option 121 the routers do not count.
    routes = lease.routes or [("0.0.0.0/0", router) for router in lease.routers[:1]]
    for network, gateway in routes:
        direct = gateway == "0.0.0.0"
        say(f"{link.name}: {network} by {'the cable' if direct else gateway}")
        netlink.change_route(
            Prefix(network),
            add=True,
            link=link,
            gateway=b"" if direct else Prefix(gateway).data,
            metric=metric,
            replace=True,
        )


def apply_setup(link: Link, setup: Setup, *, metric: int = 0) -> None:
    """Give LINK the address and the gateway of SETUP."""
    mine = Prefix(setup.address)
    broadcast = mine.highest() if mine.family == AF_INET else b""
    tolerant(lambda: netlink.change_address(link, mine, add=True, broadcast=broadcast))
    if setup.gateway:
        gateway = Prefix(setup.gateway)
        everywhere = Prefix("::/0" if gateway.family == AF_INET6 else "0.0.0.0/0")
        netlink.change_route(
            everywhere, add=True, link=link, gateway=gateway.data, metric=metric, replace=True
        )


def add_address(link: Link, prefix: str) -> None:
    """Give LINK the address PREFIX, which it may have already."""
    tolerant(lambda: netlink.change_address(link, Prefix(prefix), add=True))


def forget(link: Link, prefix: str) -> None:
    """Take the address PREFIX away from LINK, and with it the routes by it."""
    tolerant(lambda: netlink.change_address(link, Prefix(prefix), add=False), ESRCH, EADDRNOTAVAIL)


def settled(link: Link, limit: float, *, beyond: bool) -> list[str]:
    """The addresses of IPv6 that LINK has when none is tentative any more, at most LIMIT seconds.

    BEYOND the cable: of those alone that lead further than it; without any of them it is waited.
    """
    end = time.monotonic() + limit
    while True:
        found = [
            each
            for each in netlink.addresses(AF_INET6)
            if each.index == link.index
            and not each.flags & _FAILED
            and (each.scope < netlink.RT_SCOPE_LINK or not beyond)
        ]
        ready = [text_of(each.data) for each in found if not each.flags & _TENTATIVE]
        if (ready and len(ready) == len(found)) or time.monotonic() > end:
            return ready
        time.sleep(_LOOK)


def add_resolv(servers: list[str], domain: str = "", *, fresh: bool = False) -> None:
    """Add name SERVERS and the DOMAIN for whoever resolves names; FRESH: in place of all others."""
    known, search = ([], []) if fresh else known_servers()
    servers = list(dict.fromkeys([*known, *servers]))
    if domain and domain.isprintable() and domain not in search:
        search = [*search, domain]
    lines = [f"search {' '.join(search)}\n"] if search else []
    lines += [f"nameserver {server}\n" for server in servers]
    os.makedirs(os.path.dirname(RESOLV_CONF), exist_ok=True)
    with open(RESOLV_CONF, "w", encoding="utf-8") as file:
        file.writelines(lines)
