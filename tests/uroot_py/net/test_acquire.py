"""What an interface was given, and what this machine says of itself."""

import pytest

from tests.uroot_py.net.test_lease import LINK
from uroot_py.net import networds
from uroot_py.net.acquire import Found, Machine


def test_found_travels_as_plain_values():
    found = Found(LINK, "dhcp")
    found.address, found.server, found.boot = "10.7.0.9/24", "10.7.0.1", "tftp://10.7.0.1/x"
    found.lines.append("a line")
    other = Found.of(found.values())
    assert other.values() == found.values()
    assert other.describe() == (
        "eth0: 10.7.0.9/24 by dhcp from 10.7.0.1, boot file tftp://10.7.0.1/x"
    )
    assert Found(LINK, "auto6").describe() == "eth0: no address by auto6, no boot file"


@pytest.mark.parametrize(
    ("uname", "line", "arch", "name"),
    [
        ("x86_64", "", 0, b"PXEClient:Arch:00000"),
        ("x86_64", "uroot.net=http", 16, b"HTTPClient:Arch:00016"),
        ("x86_64", "uroot.net=arch=7", 7, b"PXEClient:Arch:00007"),
        ("aarch64", "", 11, b"PXEClient:Arch:00011"),
        ("riscv64", "uroot.net=http", 28, b"HTTPClient:Arch:00028"),
    ],
)
def test_machine(uname, line, arch, name):
    machine = Machine(uname, b"", networds.parse(line))
    assert machine.arch == arch
    assert machine.asks[60].startswith(name)
