"""dhclient - get addresses from a DHCP server.

One exchange, no renewal: a lease outlives a boot or a repair. Ref: RFC 2131.
"""

from __future__ import annotations

import os
import time

from uroot_py.abi import netlink
from uroot_py.abi.netlink import AF_INET, IFF_LOOPBACK, IFF_NOARP, Prefix, address_text
from uroot_py.base.errors import KernelError, RefusedError, Report
from uroot_py.base.options import Command, Ignored, Option
from uroot_py.base.text import parse_duration
from uroot_py.net.lease import obtain
from uroot_py.net.resolve import RESOLV_CONF

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from uroot_py.abi.netlink import Link
    from uroot_py.net.dhcp import Lease

COMMAND = Command(
    "dhclient",
    "dhclient [-v] [-t TIME] [INTERFACE]...",
    TIMEOUT := Option("-t", "--timeout", value="TIME", help="give up after this time (15s)"),
    VERBOSE := Option("-v", "--verbose", help="say what is going on"),
    NO_RESOLV := Option("-n", "--no-resolv", help=f"leave {RESOLV_CONF} as it is"),
    Ignored("-1"),
    Ignored("-4"),
    example="dhclient -v eth0",
    notes="Without INTERFACE those that have a cable are tried until one gets a lease.",
)
CARRIER = 5.0  # seconds that a network card may take to see its cable


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Get a lease for each interface and put it to use."""
    given = COMMAND.parse(args)
    limit = parse_duration(given.text(TIMEOUT) or "15")
    verbose = given.flag(VERBOSE)

    def say(text: str) -> None:
        if verbose:
            stderr.write(f"dhclient: {text}\n")
            stderr.flush()

    links = [netlink.link_named(name) for name in given.operands] or wired()
    links = with_carrier(links, min(limit, CARRIER), say)
    report = Report("dhclient", stderr)
    for link in links:
        with report:
            lease, _ = obtain(link, limit, say)
            apply(link, lease, say, resolv=not given.flag(NO_RESOLV))
            stdout.write(f"{link.name}: {lease.address}/{lease.prefix}{details(lease)}\n")
            stdout.flush()
            if not given.operands:
                return 0
    return report.status


def wired() -> list[Link]:
    """Every interface that could have a cable."""
    found = [n for n in netlink.links() if n.mac and not n.flags & (IFF_LOOPBACK | IFF_NOARP)]
    if not found:
        raise RefusedError("no network interface", hint="modprobe its driver; lspci -k names it")
    return found


def with_carrier(links: list[Link], limit: float, say: Callable[[str], None]) -> list[Link]:
    """LINKS switched on, as soon as one of them has a carrier, or RefusedError after LIMIT."""
    for link in links:
        if not link.is_up:
            say(f"{link.name}: switched on")
            netlink.set_link(link, up=True)
    wanted = {link.index for link in links}
    end = time.monotonic() + limit
    while True:
        found = [link for link in netlink.links() if link.index in wanted and link.has_carrier]
        if found:
            return found
        if time.monotonic() > end:
            break
        time.sleep(0.1)
    names = ", ".join(link.name for link in links)
    raise RefusedError(f"{names}: no carrier after {limit:g} s", hint="is the cable plugged in?")


def details(lease: Lease) -> str:
    """Gateway, name servers and boot server of a lease."""
    parts = (
        ("gateway", ", ".join(lease.routers)),
        ("name servers", ", ".join(lease.name_servers)),
        ("boot", f"{lease.boot_server}:{lease.boot_file}" if lease.boot_file else ""),
    )
    return "".join(f", {name} {text}" for name, text in parts if text)


def apply(link: Link, lease: Lease, say: Callable[[str], None], *, resolv: bool) -> None:
    """Give LINK the address, the routes and the MTU of LEASE; write the name servers down."""
    mine = Prefix(f"{lease.address}/{lease.prefix}")
    for old in netlink.addresses(AF_INET):
        if old.index == link.index and (old.data, old.prefix) != (mine.data, mine.size):
            say(f"{link.name}: without {address_text(old.data)}/{old.prefix}")
            prefix = Prefix(f"{address_text(old.data)}/{old.prefix}")
            netlink.change_address(link, prefix, add=False)
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
            replace=True,
        )
    if resolv and lease.name_servers:
        write_resolv(lease)


def tolerant(change: Callable[[], None]) -> None:
    """Make a CHANGE that may have been made before."""
    from errno import EEXIST

    try:
        change()
    except KernelError as error:
        if error.errno != EEXIST:
            raise


def write_resolv(lease: Lease) -> None:
    """The name servers and the domain, for whoever resolves names."""
    lines = [f"search {lease.domain}\n"] if lease.domain.isprintable() and lease.domain else []
    lines += [f"nameserver {server}\n" for server in lease.name_servers]
    os.makedirs(os.path.dirname(RESOLV_CONF), exist_ok=True)
    with open(RESOLV_CONF, "w", encoding="utf-8") as file:
        file.writelines(lines)
