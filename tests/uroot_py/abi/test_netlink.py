"""What the kernel answers about the network: as it is, cut off, changed."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.abi import netlink
from uroot_py.abi.mount import parse_mounts
from uroot_py.base.errors import FormatError

KINDS = [netlink.Link, netlink.Address, netlink.Route, netlink.Neighbour]


def attribute(kind, data):
    size = len(data) + 4
    return size.to_bytes(2, "little") + kind.to_bytes(2, "little") + data + bytes(-len(data) % 4)


LINK = (
    b"\0\0\x01\0\x02\0\0\0\x43\x10\x01\0\0\0\0\0"  # Ethernet, number 2, up, with a carrier
    + attribute(3, b"eth0\0")
    + attribute(1, bytes.fromhex("525400123456"))
    + attribute(4, (1500).to_bytes(4, "little"))
)


def test_a_link():
    link = netlink.Link(LINK)
    assert (link.name, link.index, link.hardware, link.mtu) == ("eth0", 2, 1, 1500)
    assert (link.is_up, link.has_carrier, link.mac.hex()) == (True, True, "525400123456")


@pytest.mark.parametrize("kind", KINDS)
@given(st.binary(max_size=80))
def test_any_bytes(kind, data):
    with contextlib.suppress(FormatError):
        kind(data)


@pytest.mark.parametrize("kind", KINDS)
@given(st.lists(st.tuples(st.integers(0, 20), st.binary(max_size=9)), max_size=6))
def test_any_attributes(kind, found):
    with contextlib.suppress(FormatError):
        kind(bytes(16) + b"".join(attribute(*each) for each in found))


@given(st.binary(max_size=60))
def test_any_messages(data):
    with contextlib.suppress(FormatError):
        assert all(len(body) < len(data) for _, body in netlink.messages(data))


def test_what_is_wrong_is_said():
    with pytest.raises(FormatError) as caught:
        list(netlink.messages(b"\xff" * 16))
    assert str(caught.value) == (
        "netlink message at offset 0x0: expected a message inside of what was received,"
        " found 4294967295 bytes"
    )
    with pytest.raises(FormatError) as caught:
        netlink.Link(bytes(16) + b"\x02\0\x03\0")
    assert str(caught.value) == (
        "netlink attribute at offset 0x4: expected a size of 4 bytes or more, found 2"
    )


@pytest.mark.parametrize(
    ("text", "highest"),
    [
        ("10.0.2.15/24", "10.0.2.255"),
        ("10.0.2.15/32", "10.0.2.15"),
        ("0.0.0.0/0", "255.255.255.255"),
        ("fe80::1/64", "fe80::ffff:ffff:ffff:ffff"),
    ],
)
def test_the_highest_address(text, highest):
    assert netlink.address_text(netlink.Prefix(text).highest()) == highest


@pytest.mark.parametrize(
    ("name", "read"),
    [
        (r"/a\040b\011", "/a b\t"),
        (r"/a\888\9", r"/a\888\9"),  # int() does not take it for octal
        ("/a\\\u00b2\u00b2\u00b2", "/a\\\u00b2\u00b2\u00b2"),  # digits, but not of a number
        ("/a\x0bb\x85c\u2028d", "/a\x0bb\x85c\u2028d"),
    ],
)
def test_names_in_a_mount_table(name, read):
    (line,) = parse_mounts(f"/dev/sda1 {name} ext4 ro 0 0\n")
    assert (line.source, line.target, line.options) == ("/dev/sda1", read, "ro")


@given(st.text(alphabet=st.characters(exclude_categories=[]), max_size=60))
def test_any_mount_table(text):
    parse_mounts(text)
