"""A script for iPXE at a URL, on a real server of this machine: entries with files by URL."""

import pytest

from scripts.builders import kernels
from tests.support.real_ipxe import Web
from tests.uroot_py.net.test_lease import LINK
from uroot_py.boot.netboot import Place, discover
from uroot_py.bootconfig.entry import FileRef
from uroot_py.net.acquire import Found

KERNEL = kernels.bzimage(b"\x90" * 40_000)
MENU = b"""#!ipxe
menu Systems
item a Alpha
item b Beta
item c Asks
item d Gone
choose --default b --timeout 3000 what
goto ${what} || exit
:a
chain deep/a.ipxe
:b
kernel k ip=${net0/ip} mask=${netmask} gw=${gateway} mac=${mac:hexhyp} arch=${buildarch} id=${uuid}
initrd deep/i /etc/file.conf
boot
:c
read name
:d
boot nothing
"""
FILES = {"/s/boot.ipxe": MENU, "/s/k": KERNEL, "/s/deep/i": b"i" * 5000, "/s/deep/k2": KERNEL,
         "/s/deep/a.ipxe": b"#!ipxe\nkernel ./k2 alpha\ninitrd ../deep/i\nboot\n"}  # fmt: skip
UUID = "01234567-89ab-cdef-0123-456789abcdef"


def looked(path, files=FILES):
    found = Found(LINK, "dhcp")
    found.address, found.mask, found.gateway = "10.7.0.9/24", "255.255.255.0", "10.7.0.1"
    found.mac, found.server = bytes.fromhex("525400123456"), "10.7.0.1"
    with Web(files) as web:
        offered = discover(
            f"http://127.0.0.1:{web.port}{path}", Place(found, uuid=UUID, uname="x86_64")
        )
    return offered.listing, f"device=http,127.0.0.1:{web.port}", web


def test_a_menu():
    listing, device, _ = looked("/s/boot.ipxe")
    alpha, beta, asks, gone = listing.entries
    assert (alpha.title, alpha.parents, alpha.cmdline) == ("Alpha", ("Systems",), "alpha")
    assert [alpha.kernel, *alpha.initrds] == [
        FileRef("/s/deep/k2", device),
        FileRef("/s/deep/i", device),
    ]
    assert beta.cmdline == (
        f"ip=10.7.0.9 mask=255.255.255.0 gw=10.7.0.1 mac=52-54-00-12-34-56 arch=x86_64 id={UUID}"
    )
    assert beta.initrds == [FileRef("/s/deep/i", device, member="/etc/file.conf")]
    assert [entry.default for entry in listing.entries] == [False, True, False, False]
    assert [entry.bootable for entry in listing.entries] == [True, True, False, False]
    assert asks.why_not.endswith("this menu cannot pass on yet: asks for name")
    assert gone.why_not.endswith("/s/nothing: absent")
    assert (listing.timeout, listing.faults) == (3.0, [])


def test_each_file_is_looked_at_and_no_more():
    _, _, web = looked("/s/boot.ipxe")
    assert set(web.log) == {*FILES, "/s/nothing"}


@pytest.mark.parametrize(
    ("script", "why"),
    [
        (b"#!ipxe\nchain http://127.0.0.1:1/x\n", "connection refused"),
        (b"#!ipxe\nsanboot iscsi:x\n", "sanboot: a disk over the network"),
        (b"#!ipxe\nparams\nparam --header A b\nchain k##params\n", "a request with headers"),
    ],
)
def test_why_not(script, why):
    listing, _, _ = looked("/s/x.ipxe", {**FILES, "/s/x.ipxe": script})
    (entry,) = listing.entries
    assert why in entry.why_not
