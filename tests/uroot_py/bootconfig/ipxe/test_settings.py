"""The tree of settings: blocks, numbers, priorities, and what stands behind each name."""

import pytest

from tests.support.ipxe import card, machine
from uroot_py.base.errors import FormatError
from uroot_py.bootconfig.ipxe.faults import Failure
from uroot_py.bootconfig.ipxe.host import Facts, Interface
from uroot_py.formats.smbios import Structure

ROWS = {
    "net0/mac": "52:54:00:12:34:56",
    "netX/mac:hexhyp": "52-54-00-12-34-56",
    "ip": "10.0.2.15",
    "net0.dhcp/ip": "10.0.2.15",
    "next-server": "10.0.2.2",
    "175.3": "10.0.2.2",
    "3:ipv4": "10.0.2.2",
    "0x33:uint32": "0x15180",
    "filename": "pxelinux.0",
    "proxydhcp/filename": "snponly.efi",
    "67:string": "pxelinux.0",
    "root-path": "iscsi:10.0.2.2",
    "17:string": "iscsi:10.0.2.2",
    "175.190": "me",
    "username": "me",
    "hostname": "node1",
    "buildarch": "i386",
    "platform": "pcbios",
    "uuid": "01234567-89ab-cdef-0123-456789abcdef",
    "uuid:hexraw": "0123456789abcdef0123456789abcdef",
    "manufacturer:uristring": "A%26B",
    "smbios/2.8.0": "Board",
    "smbios/2.4.2:hex": "01:02",
    "smbios/2.4.200": "",
    "smbios/9.1.0": "",
    "smbios/serial": "S1",
    "net1/mac": "",
    "nowhere/ip": "",
    "ip:nothing": "",
}


@pytest.fixture
def tree():
    facts = machine()
    net = facts.interfaces[0]
    net.options[17] = b"iscsi:10.0.2.2"
    net.options[12] = b"node1"
    net.options[175] = b"\0\xbe\x02me\xff\x01"
    net.filename = "pxelinux.0"
    net.proxy = {67: b"snponly.efi"}
    facts.values = {"uuid": ROWS["uuid"], "manufacturer": "A&B", "serial": "S1"}
    area = bytes([2, 9, 0, 0, 1, 2, 0, 0, 1])
    facts.structures = [Structure(2, 0, area, ["Board"])]
    return facts.settings()


@pytest.mark.parametrize(("name", "text"), ROWS.items())
def test_text(tree, name, text):
    assert tree.text(name) == text


def test_a_proxy_with_a_higher_priority_hides_the_lease():
    facts = Facts()
    net = card()
    net.filename, net.proxy = "lease", {67: b"proxy", 175: b"\x01\x01\x05"}
    facts.interfaces = [net]
    tree = facts.settings()
    assert (tree.text("filename"), tree.text("priority")) == ("proxy", "5")
    tree.store("net0/priority", "6")
    assert tree.text("filename") == "lease"


def test_two_cards():
    facts = Facts()
    facts.interfaces = [Interface("eth0", b"\1" * 6), card()]
    tree = facts.settings()
    assert (tree.text("net0/ip"), tree.text("net1/ip"), tree.text("ip")) == ("", *["10.0.2.15"] * 2)


def test_what_a_script_sets_hides_what_a_server_said(tree):
    tree.store("filename", "mine")
    assert (tree.text("filename"), tree.text("net0/filename")) == ("mine", "pxelinux.0")
    tree.store("filename", "")
    assert tree.text("filename") == "pxelinux.0"


@pytest.mark.parametrize("name", ["builtin/version", "smbios/serial"])
def test_what_cannot_be_set(tree, name):
    with pytest.raises(Failure):
        tree.store(name, "x")


def test_bounds(tree):
    for number in range(2000):
        tree.store(f"x{number}", "1")
    with pytest.raises(FormatError, match="at most 2000 settings"):
        tree.store("one-more", "1")
