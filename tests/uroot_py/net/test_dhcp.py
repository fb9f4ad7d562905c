import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import FormatError
from uroot_py.net import dhcp


def offer(*options, op=2, magic=b"c\x82Sc", kind=2):
    """A server's message, put together by hand."""
    head = struct.pack(">BBBBIHH", op, 1, 6, 0, 7, 0, 0x8000)
    addresses = bytes(4) + b"\x0a\0\2\x0f" + b"\x0a\0\2\2" + bytes(4)
    data = head + addresses + b"\2\0\0\0\0\1" + bytes(10) + bytes(64) + b"pxe.0".ljust(128, b"\0")
    rows = b"".join(bytes([number, len(value)]) + value for number, value in options)
    return data + magic + bytes([53, 1, kind]) + rows + b"\xff"


FULL = offer(
    (1, b"\xff\xff\xff\0"),
    (3, b"\x0a\0\2\2"),
    (6, b"\x0a\0\2\3\x0a\0\2\4"),
    (12, b"box"),
    (15, b"example"),
    (26, struct.pack(">H", 1400)),
    (51, struct.pack(">I", 3600)),
    (54, b"\x0a\0\2\2"),
    (121, b"\x18\x0a\7\7\x0a\0\2\1\0\x0a\0\2\2"),
)


def test_everything_in_an_offer():
    message, lease = dhcp.parse(FULL)
    assert message.xid == 7
    assert (lease.kind, lease.address, lease.prefix) == (dhcp.OFFER, "10.0.2.15", 24)
    assert (lease.routers, lease.name_servers) == (["10.0.2.2"], ["10.0.2.3", "10.0.2.4"])
    assert (lease.hostname, lease.domain, lease.mtu) == ("box", "example", 1400)
    assert (lease.seconds, lease.server) == (3600, "10.0.2.2")
    assert lease.routes == [("10.7.7.0/24", "10.0.2.1"), ("0.0.0.0/0", "10.0.2.2")]
    assert (lease.boot_server, lease.boot_file) == ("10.0.2.2", "pxe.0")


def test_padding_and_parts_of_one_option():
    _, lease = dhcp.parse(offer((0, b""), (6, b"\x0a\0"), (6, b"\0\1")).replace(b"\0\0\6", b"\0\6"))
    assert lease.name_servers == ["10.0.0.1"]


def test_question():
    mac = b"\2\0\0\0\0\1"
    data = dhcp.build(dhcp.REQUEST, 0x01020304, mac, {dhcp.ADDRESS: b"\x0a\0\2\x0f"})
    assert len(data) == 300
    assert data[:12] == b"\1\1\6\0\1\2\3\4\0\0\x80\0"
    assert data[28:34] == mac
    assert data[236:249] == b"c\x82Sc5\1\x032\4\x0a\0\2\x0f"


EXCHANGE_XID = 7


def test_exchange():
    exchange = dhcp.Exchange(EXCHANGE_XID, b"\2\0\0\0\0\1")
    assert exchange.message()[240:243] == bytes([53, 1, dhcp.DISCOVER])
    assert not exchange.receive(offer(kind=dhcp.ACK))  # of what was not asked for
    assert exchange.receive(FULL)
    assert exchange.message()[240:255] == b"\x35\1\3\x32\4\x0a\0\2\x0f\x36\4\x0a\0\2\2"
    assert not exchange.receive(FULL)  # a second server
    assert exchange.receive(offer(kind=dhcp.ACK))
    assert exchange.lease is not None
    assert exchange.lease.address == "10.0.2.15"


def test_exchange_waits_longer_and_longer_until_something_comes():
    exchange = dhcp.Exchange(EXCHANGE_XID, bytes(6))
    waits = []
    for _ in range(6):
        waits.append(exchange.wait)
        exchange.late()
    assert waits == [4, 8, 16, 32, 64, 64]  # RFC 2131 4.1
    assert exchange.receive(FULL)
    assert exchange.wait == 4


def test_exchange_gives_up_when_every_offer_is_taken_back():
    exchange = dhcp.Exchange(EXCHANGE_XID, bytes(6))
    for _ in range(5):
        assert not exchange.given_up
        assert exchange.receive(FULL)
        assert exchange.receive(offer(kind=dhcp.NAK))
        assert exchange.offer is None
    assert (exchange.given_up, exchange.heard) == (True, "10.0.2.2 took its offer back")


PROXY = offer((60, b"PXEClient")).replace(b"\x0a\0\2\x0f", bytes(4), 1)
NO_FILE = offer((54, b"\x0a\0\2\4")).replace(b"pxe.0", bytes(5))


def test_an_offer_with_a_boot_file_wins():
    exchange = dhcp.Exchange(EXCHANGE_XID, bytes(6), boot=True)
    assert not exchange.receive(NO_FILE)
    assert exchange.receive(FULL)
    assert exchange.offer is not None
    assert (exchange.offer.server, exchange.offer.boot_file) == ("10.0.2.2", "pxe.0")


def test_without_a_boot_file_the_first_offer_is_taken_when_the_time_is_over():
    exchange = dhcp.Exchange(EXCHANGE_XID, bytes(6), boot=True)
    assert not exchange.settle()
    assert not exchange.receive(NO_FILE)
    assert exchange.settle()
    assert exchange.message()[240:243] == bytes([53, 1, dhcp.REQUEST])


def test_a_proxy_and_another_server_make_one():
    exchange = dhcp.Exchange(EXCHANGE_XID, bytes(6), boot=True)
    assert not exchange.receive(PROXY)
    assert exchange.receive(NO_FILE)
    assert exchange.offer is not None
    assert (exchange.offer.boot_file, exchange.proxies[0].boot_file) == ("", "pxe.0")


@pytest.mark.parametrize("address", ["0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255"])
def test_an_address_that_no_machine_can_have_is_not_taken(address):
    exchange = dhcp.Exchange(EXCHANGE_XID, bytes(6))
    wrong = bytes(map(int, address.split(".")))
    assert not exchange.receive(FULL.replace(b"\x0a\0\2\x0f", wrong, 1))
    assert exchange.heard == f"10.0.2.2 offers {address}, which no machine can have"


def test_long_options_are_sent_in_parts():
    data = dhcp.build(dhcp.DISCOVER, 1, bytes(6), {77: b"x" * 300})
    assert data[243:245] == bytes([77, 255])
    assert data[500:502] == bytes([77, 45])


def test_giving_it_back():
    data = dhcp.release("10.0.2.15", "10.0.2.2", 7, b"\2\0\0\0\0\1")
    assert data[10:16] == b"\0\0\x0a\0\2\x0f"  # not as a broadcast, and whose it is
    assert data[240:250] == b"\x35\1\7\x36\4\x0a\0\2\2\xff"


def test_messages_of_others_are_not_looked_at():
    # Damaged, but for somebody else: no reason to say so.
    exchange = dhcp.Exchange(EXCHANGE_XID + 1, bytes(6))
    assert not exchange.receive(offer((6, b"\1")))
    assert exchange.heard == "nobody answered"
    exchange.xid = EXCHANGE_XID
    assert not exchange.receive(offer((6, b"\1")))
    assert exchange.heard == (
        "what came was damaged: DHCP option 6 at offset 0x0: expected addresses of 4 bytes,"
        " found 1 bytes"
    )


def test_options_in_the_fields_of_names():
    data = bytearray(offer((52, b"\3")))
    data[108:120] = bytes([67, 4]) + b"boot" + bytes([26, 2, 5, 0]) + b"\xff\0"
    data[44:53] = bytes([12, 3]) + b"box\xff" + bytes(3)
    _, lease = dhcp.parse(bytes(data))
    assert (lease.boot_file, lease.mtu, lease.hostname) == ("boot", 1280, "box")


BAD = [
    pytest.param(
        offer((1, b"\xff\xff\xff\0\0\0\0\0")),
        "DHCP option 1 at offset 0x0: expected 4 bytes, found 8 bytes",
        id="mask-of-8-bytes",
    ),
    pytest.param(
        offer().replace(b"\x35\1\2", b"\x35\0"),
        "DHCP option 53 at offset 0x0: expected 1 byte, found 0 bytes",
        id="no-kind",
    ),
    pytest.param(
        offer((26, b"\5")),
        "DHCP option 26 at offset 0x0: expected 2 bytes, found 1 bytes",
        id="mtu",
    ),
    pytest.param(
        FULL[:100], "DHCP message at offset 0x0: expected 240 bytes, found 100 bytes", id="short"
    ),
    pytest.param(
        offer(op=1),
        "DHCP message at offset 0x0: expected an answer (2, 63825363), found 1, 63825363",
        id="question",
    ),
    pytest.param(
        offer((6, b"\x0a\0\2")),
        "DHCP option 6 at offset 0x0: expected addresses of 4 bytes, found 3 bytes",
        id="addresses",
    ),
    pytest.param(
        offer((1, b"\xff\0\xff\0")),
        "DHCP option 1 at offset 0x0: expected a network mask, found ff.00.ff.00",
        id="mask",
    ),
    pytest.param(
        offer((121, b"\x40\1")),
        "DHCP option 121 at offset 0x0: expected a length up to 32, network, gateway, found 01",
        id="routes",
    ),
    pytest.param(
        FULL[:-3],
        "DHCP option at offset 0x127: expected 15 bytes, found 13, then the end",
        id="end",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("data", "text"), BAD)
def test_damaged(data, text):
    with pytest.raises(FormatError) as caught:
        dhcp.parse(data)
    assert str(caught.value) == text


@given(st.data())
def test_only_format_errors(data):
    blob = bytearray(FULL)
    for _ in range(data.draw(st.integers(0, 4))):
        blob[data.draw(st.integers(0, len(blob) - 1))] = data.draw(st.integers(0, 255))
    try:
        dhcp.parse(bytes(blob[: data.draw(st.integers(0, len(blob)))]))
    except FormatError:
        pass
