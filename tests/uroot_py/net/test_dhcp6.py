"""DHCPv6: messages put together by hand, and the states of the exchange."""

import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import FormatError
from uroot_py.net import dhcp6

CLIENT = b"\0\4" + bytes(16)
SERVER = b"\0\3\0\1\2\0\0\0\0\1"
URL = b"http://[fd00::1]/vmlinuz"


def option(code, data):
    return struct.pack(">HH", code, len(data)) + data


def address(text, valid=7200):
    return option(5, socket.inet_pton(socket.AF_INET6, text) + struct.pack(">II", 3600, valid))


def message(kind, *options, transaction=7, client=CLIENT, server=SERVER):
    head = bytes([kind]) + transaction.to_bytes(3, "big")
    return head + option(1, client) + option(2, server) + b"".join(options)


def granted(*inner):
    return option(3, b"\0\0\0\1" + bytes(8) + b"".join(inner))


FULL = message(
    7,
    granted(address("fd00::7")),
    option(23, socket.inet_pton(socket.AF_INET6, "fd00::53") * 2),
    option(24, b"\x07example\3org\0"),
    option(59, URL),
    option(60, b"\0\2a=\0\1b"),
    option(7, b"\x20"),
)


def test_everything_in_a_reply():
    lease = dhcp6.Lease(FULL)
    assert (lease.kind, lease.transaction, lease.server) == (dhcp6.REPLY, 7, SERVER)
    assert (lease.addresses, lease.lifetime, lease.preference) == (["fd00::7"], 7200, 32)
    assert lease.name_servers == ["fd00::53", "fd00::53"]
    assert lease.domains == ["example.org"]
    assert (lease.boot_url, lease.boot_words) == (URL.decode(), ["a=", "b"])


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\7\0", "DHCPv6 message at offset 0x1: expected 3 bytes, found 1 bytes"),
        (
            message(7, b"\0\x17\0\x20\1"),
            "DHCPv6 message at offset 0x2c: expected 32 bytes, found 1 bytes",
        ),
        (
            message(7, option(23, bytes(15))),
            "DHCPv6 option 23 at offset 0x0: expected 16 bytes, found 15 bytes",
        ),
        (
            message(7, granted(option(5, bytes(8)))),
            "DHCPv6 option 5 at offset 0x0: expected 16 bytes, found 8 bytes",
        ),
        (
            message(7, *[option(99, b"")] * 600),
            "DHCPv6 message at offset 0x7f4: expected at most 500 options, found more",
        ),
    ],
    ids=["short", "cut", "servers", "address", "many"],
)
def test_damaged(data, text):
    with pytest.raises(FormatError) as caught:
        dhcp6.Lease(data)
    assert str(caught.value) == text


def test_exchange():
    exchange = dhcp6.Exchange(7, CLIENT, dhcp6.classes(16, http=True), boot=True)
    asked = exchange.message()
    assert asked[:4] == b"\1\0\0\7"
    assert option(61, b"\0\x10") in asked
    assert option(16, b"\0\0\1\x57\0\x21HTTPClient:Arch:00016:UNDI:003016") in asked
    assert option(6, b"\0\x17\0\x18\0\x3b\0\x3c") in asked
    assert not exchange.receive(message(2, granted(address("fd00::6"))))  # no boot file
    assert not exchange.receive(message(2, granted(address("fd00::7")), transaction=8))
    assert exchange.receive(message(2, granted(address("fd00::7")), option(59, URL)))
    request = exchange.message(0.5)
    assert request[:4] == b"\3\0\0\7"
    assert option(2, SERVER) in request
    assert option(8, b"\0\x32") in request
    assert socket.inet_pton(socket.AF_INET6, "fd00::7") in request
    assert exchange.receive(FULL)
    assert exchange.lease is not None
    assert exchange.lease.boot_url == URL.decode()
    back = dhcp6.release(exchange.lease.addresses, SERVER, CLIENT, 9)
    assert back[:4] == b"\x08\0\0\x09"
    assert socket.inet_pton(socket.AF_INET6, "fd00::7") in back


def test_the_preferred_offer_is_taken_when_the_time_is_over():
    exchange = dhcp6.Exchange(7, CLIENT)
    assert not exchange.receive(message(2, granted(address("fd00::6"))))
    assert not exchange.receive(message(2, granted(address("fd00::7")), option(7, b"\1")))
    assert exchange.settle()
    assert exchange.offer is not None
    assert exchange.offer.addresses == ["fd00::7"]
    assert dhcp6.Exchange(7, CLIENT).settle() is False


def test_preference_255_is_taken_at_once():
    exchange = dhcp6.Exchange(7, CLIENT)
    assert exchange.receive(message(2, granted(address("fd00::6")), option(7, b"\xff")))


def test_no_addresses_left():
    exchange = dhcp6.Exchange(7, CLIENT)
    assert not exchange.receive(message(2, granted(option(13, b"\0\2sorry"))))
    assert exchange.heard == "no addresses left: sorry"


def test_only_the_rest_is_asked_for():
    exchange = dhcp6.Exchange(7, CLIENT, addresses=False)
    assert exchange.message()[:1] == bytes([dhcp6.INFORMATION])
    assert exchange.receive(message(7, option(59, URL)))
    assert exchange.lease is not None
    assert exchange.lease.boot_url == URL.decode()


def test_a_server_that_does_not_answer_is_given_up():
    exchange = dhcp6.Exchange(7, CLIENT)
    exchange.receive(message(2, granted(address("fd00::6"))))
    exchange.settle()
    waits = []
    while not exchange.given_up:
        exchange.message()
        waits.append(exchange.wait)
        exchange.late()
    assert waits == [1, 2, 4, 8, 16, 30, 30, 30, 30, 30, 30]


def test_duid():
    assert dhcp6.duid(b"\2\0\0\0\0\1") == b"\0\3\0\1\2\0\0\0\0\1"
    assert dhcp6.duid(b"\2\0\0\0\0\1", bytes(16)) == CLIENT


@given(st.integers(0, len(FULL) - 1), st.integers(0, 255))
def test_changed_bytes_and_beginnings(at, value):
    for data in (FULL[:at], FULL[:at] + bytes([value]) + FULL[at + 1 :]):
        what = "DHCPv6"
        try:
            dhcp6.Lease(data)
        except FormatError as error:
            what = error.what
        assert what.startswith("DHCPv6")
