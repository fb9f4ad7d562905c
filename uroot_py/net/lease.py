"""A DHCP lease for an interface: the exchange of ``dhcp`` on a cable, in bounded time."""

from __future__ import annotations

import os
import time

from uroot_py.base.errors import RefusedError
from uroot_py.base.reader import number_at
from uroot_py.net.dhcp import Exchange
from uroot_py.net.inet import udp_broadcast, udp_payload
from uroot_py.net.transport import Datagrams

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uroot_py.abi.netlink import Link
    from uroot_py.net.dhcp import Lease

_ETH_P_IP = 0x0800
_CLIENT, _SERVER = 68, 67


def obtain(link: Link, limit: float, say: Callable[[str], None]) -> Lease:
    """A lease for LINK, which is up; RefusedError after LIMIT seconds without one."""
    cable = Datagrams.cable(link.name, _ETH_P_IP)
    try:
        exchange = Exchange(number_at(os.urandom(4), 0, 4, "big"), link.mac)
        end = time.monotonic() + limit
        while time.monotonic() < end and not exchange.given_up:
            say(f"{link.name}: {exchange.doing}")
            cable.broadcast(udp_broadcast(exchange.message(), _CLIENT, _SERVER))
            if not _listen(cable, exchange, min(time.monotonic() + exchange.wait, end)):
                exchange.late()
            elif exchange.lease is not None:
                return exchange.lease
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


def _listen(cable: Datagrams, exchange: Exchange, until: float) -> bool:
    while (packet := cable.receive(until)) is not None:
        payload = udp_payload(packet, _SERVER, _CLIENT)
        if payload and exchange.receive(payload):
            return True
    return False
