"""dhclient - get addresses from a DHCP server.

One exchange, no renewal: a lease outlives a boot or a repair. Ref: RFC 2131.
"""

from __future__ import annotations

from uroot_py.abi import netlink
from uroot_py.base.errors import RefusedError, Report
from uroot_py.base.options import Command, Ignored, Option
from uroot_py.base.text import parse_duration
from uroot_py.net.configure import CARRIER, add_resolv, apply, carriers, switch_on, wired
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
            apply(link, lease, say)
            if lease.name_servers and not given.flag(NO_RESOLV):
                add_resolv(lease.name_servers, lease.domain, fresh=True)
            stdout.write(f"{link.name}: {lease.address}/{lease.prefix}{details(lease)}\n")
            stdout.flush()
            if not given.operands:
                return 0
    return report.status


def with_carrier(links: list[Link], limit: float, say: Callable[[str], None]) -> list[Link]:
    """LINKS switched on, as soon as one of them has a carrier, or RefusedError after LIMIT."""
    for link in links:
        if not link.is_up:
            say(f"{link.name}: switched on")
            switch_on(link)
    found = carriers(links, limit)
    if not found:
        names = ", ".join(link.name for link in links)
        hint = "is the cable plugged in?"
        raise RefusedError(f"{names}: no carrier after {limit:g} s", hint=hint)
    return found


def details(lease: Lease) -> str:
    """Gateway, name servers and boot server of a lease."""
    parts = (
        ("gateway", ", ".join(lease.routers)),
        ("name servers", ", ".join(lease.name_servers)),
        ("boot", f"{lease.boot_server}:{lease.boot_file}" if lease.boot_file else ""),
    )
    return "".join(f", {name} {text}" for name, text in parts if text)
