"""A DHCP lease for an interface: the exchange of ``dhcp`` on a cable, in bounded time."""

from __future__ import annotations

import os
import time

from uroot_py.base.errors import RefusedError
from uroot_py.base.reader import number_at
from uroot_py.net.dhcp import GATHER, Exchange
from uroot_py.net.inet import udp_broadcast, udp_payload
from uroot_py.net.transport import Datagrams

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uroot_py.abi.netlink import Link
    from uroot_py.net.dhcp import Lease

_ETH_P_IP = 0x0800
_CLIENT, _SERVER = 68, 67


def obtain(
    link: Link,
    limit: float,
    say: Callable[[str], object],
    asks: dict[int, bytes] | None = None,
    *,
    boot: bool = False,
) -> tuple[Lease, list[Lease]]:
    """A lease for LINK, which is up, and the offers of boot servers that give no addresses.

    ASKS are further options of what is sent; with BOOT an offer with a boot file is waited for
    (``dhcp.Exchange``). RefusedError after LIMIT seconds without a lease.
    """
    cable = Datagrams.cable(link.name, _ETH_P_IP)
    try:
        exchange = Exchange(number_at(os.urandom(4), 0, 4, "big"), link.mac, asks, boot=boot)
        begun = time.monotonic()
        end = begun + limit
        while time.monotonic() < end and not exchange.given_up:
            say(f"{link.name}: {exchange.doing}")
            now = time.monotonic()
            message = exchange.message(int(now - begun))
            cable.broadcast(udp_broadcast(message, _CLIENT, _SERVER))
            if not _listen(cable, exchange, min(now + exchange.wait + _chance(), end)):
                exchange.late()
            elif exchange.lease is not None:
                return exchange.lease, exchange.proxies
            elif (offer := exchange.offer) is not None:
                say(f"{link.name}: {offer.server} offers {offer.address}/{offer.prefix}")
            else:
                say(f"{link.name}: {exchange.heard}")
    finally:
        cable.close()
    raise RefusedError(
        f"{link.name}: no lease after {limit:g} s: {exchange.heard}",
        hint="is the cable in the right network? ip addr add ADDRESS/LENGTH dev "
        f"{link.name} sets an address by hand",
    )


def _chance() -> float:
    """From -1 to 1 second, so that a hall of machines does not ask at once (RFC 2131 4.1)."""
    return number_at(os.urandom(2), 0, 2) / 0x8000 - 1


def _listen(cable: Datagrams, exchange: Exchange, until: float) -> bool:
    """Whether what comes UNTIL then is a step forward; of offers the best, GATHER seconds later."""
    gathering = False
    while (packet := cable.receive(until)) is not None:
        payload = udp_payload(packet, _SERVER, _CLIENT)
        if payload and exchange.receive(payload):
            return True
        if exchange.offers and not gathering:
            gathering = True
            until = min(until, time.monotonic() + GATHER)
    return exchange.settle()
