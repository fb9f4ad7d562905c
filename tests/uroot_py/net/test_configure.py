"""Interfaces: which are to be used, and what name servers are written down."""

import errno

import pytest

from tests.uroot_py.net.test_lease import LINK
from uroot_py.abi import netlink
from uroot_py.abi.netlink import Link
from uroot_py.base.errors import KernelError, RefusedError
from uroot_py.net import configure, networds


def link(name, number, **fields):
    made = Link(bytes(16))
    made.name, made.index, made.mac = name, number, bytes([2, 0, 0, 0, 0, number])
    for key, value in fields.items():
        setattr(made, key, value)
    return made


LINKS = [
    link("lo", 1, flags=netlink.IFF_LOOPBACK),
    link("eth0", 2),
    link("eth1", 3),
    link("eth2", 4, master=6),
    link("bond0", 6),
]


@pytest.fixture
def links(monkeypatch):
    monkeypatch.setattr(netlink, "links", lambda: LINKS)


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("", ["eth0", "eth1", "bond0"]),
        ("BOOTIF=01-02-00-00-00-00-03", ["eth1", "eth0", "bond0"]),
        ("ip=eth1:dhcp", ["eth1"]),
        ("ip=eth1:dhcp ip=dhcp", ["eth0", "eth1", "bond0"]),
        ("vlan=vlan7:eth0", ["eth1", "bond0"]),
        ("ip=10.7.0.9::10.7.0.1:24::bond0:none", ["bond0"]),
    ],
)
def test_usable(links, line, names):
    assert [each.name for each in configure.usable(networds.parse(line))] == names


def test_no_interface(monkeypatch):
    monkeypatch.setattr(netlink, "links", lambda: LINKS[:1])
    with pytest.raises(RefusedError, match=r"^no network interface; modprobe its driver"):
        configure.usable(networds.parse(""))


def test_name_servers_are_added_and_replaced(monkeypatch, tmp_path):
    from uroot_py.net import resolve

    path = str(tmp_path / "etc" / "resolv.conf")
    monkeypatch.setattr(configure, "RESOLV_CONF", path)
    monkeypatch.setattr(resolve, "RESOLV_CONF", path)
    configure.add_resolv(["10.7.0.1"], "lan")
    configure.add_resolv(["10.7.0.1", "fd07::1"], "two\nlines")
    with open(path, encoding="utf-8") as file:
        assert file.read() == "search lan\nnameserver 10.7.0.1\nnameserver fd07::1\n"
    configure.add_resolv(["10.7.0.9"], fresh=True)
    with open(path, encoding="utf-8") as file:
        assert file.read() == "nameserver 10.7.0.9\n"


def test_what_was_done_before_is_no_fault():
    def failing(code):
        def change():
            raise KernelError("netlink", code)

        return change

    configure.tolerant(failing(errno.EEXIST))
    configure.tolerant(failing(errno.ESRCH), errno.ESRCH)
    with pytest.raises(KernelError):
        configure.tolerant(failing(errno.ESRCH))


def test_a_bond_of_interfaces_that_are_not_there(monkeypatch):
    monkeypatch.setattr(netlink, "links", lambda: [LINK])
    monkeypatch.setattr(netlink, "add_link", lambda *args, **words: None)
    faults = configure.make(networds.parse("bond=bond0:eth8,eth9 vlan=vlan7:eth8"))
    assert faults == [
        "bond=bond0: netlink bond0: ENODEV: there is no such interface; ip link lists them",
        "vlan=vlan7:eth8: netlink eth8: ENODEV: there is no such interface; ip link lists them",
    ]
