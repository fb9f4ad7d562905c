"""A lease over a cable that is a list of packets."""

import os

import pytest

from tests.uroot_py.net.test_dhcp import FULL, NO_FILE, PROXY, offer
from uroot_py.abi.netlink import Link
from uroot_py.base.errors import RefusedError
from uroot_py.net import dhcp, lease
from uroot_py.net.inet import udp_broadcast, udp_payload
from uroot_py.net.transport import Datagrams

# struct ifinfomsg, IFLA_IFNAME, IFLA_ADDRESS
LINK = Link(bytes(16) + b"\x09\0\3\0eth0\0\0\0\0" + b"\x0a\0\1\0\2\0\0\0\0\1\0\0")


class Cable:
    """Gives these PAYLOADS of a server, None for a pause; keeps what is sent."""

    def __init__(self, payloads):
        self.payloads = list(payloads)
        self.sent = []
        self.closed = False

    def broadcast(self, data):
        self.sent.append(udp_payload(data, 68, 67))

    def receive(self, until):
        payload = self.payloads.pop(0) if self.payloads else None
        return payload if payload is None else udp_broadcast(payload, 67, 68)

    def close(self):
        self.closed = True


@pytest.fixture
def obtain(monkeypatch):
    def run(*payloads, limit=5, boot=False):
        said: list[str] = []
        cable = Cable(payloads)
        monkeypatch.setattr(Datagrams, "cable", lambda name, protocol: cable)
        monkeypatch.setattr(os, "urandom", lambda size: bytes(size - 1) + b"\7")
        try:
            return lease.obtain(LINK, limit, said.append, boot=boot), said, cable
        finally:
            assert cable.closed

    return run


def test_lease(obtain):
    (found, proxies), said, cable = obtain(None, b"noise", FULL, offer(kind=dhcp.ACK))
    assert proxies == []
    assert found.address == "10.0.2.15"
    assert [data[242] for data in cable.sent] == [dhcp.DISCOVER, dhcp.DISCOVER, dhcp.REQUEST]
    assert said == [
        "eth0: looking for a server",
        "eth0: looking for a server",
        "eth0: 10.0.2.2 offers 10.0.2.15/24",
        "eth0: asking for it",
    ]


def test_a_server_that_takes_every_offer_back(obtain):
    with pytest.raises(RefusedError) as caught:
        obtain(*[FULL, offer(kind=dhcp.NAK)] * 99, limit=60)
    assert str(caught.value) == (
        "eth0: no lease after 60 s: 10.0.2.2 took its offer back; is the cable in the right"
        " network? ip addr add ADDRESS/LENGTH dev eth0 sets an address by hand"
    )


def test_a_boot_server_beside_another_one(obtain):
    answers = (NO_FILE, PROXY, offer(kind=dhcp.ACK).replace(b"pxe.0", bytes(5)))
    (found, proxies), said, _ = obtain(*answers, boot=True)
    assert (found.address, found.boot_file) == ("10.0.2.15", "")
    assert [proxy.boot_file for proxy in proxies] == ["pxe.0"]
    assert said[1] == "eth0: 10.0.2.4 offers 10.0.2.15/32"


def test_a_machine_that_wants_to_boot_takes_what_there_is(obtain):
    (found, proxies), _, _ = obtain(NO_FILE, None, offer(kind=dhcp.ACK), boot=True)
    assert (found.address, proxies) == ("10.0.2.15", [])
