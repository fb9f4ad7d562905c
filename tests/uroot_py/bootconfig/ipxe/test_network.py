"""Interfaces are up already: what scripts say about them."""

import pytest

from tests.support.ipxe import Web, run
from uroot_py.base.errors import RefusedError


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("dhcp && dhcp net0 && echo on", "on\n"),
        ("ifconf --configurator ipv6 net0\nifclose", "ifconf net0\nifclose net0\n"),
        ("dhcp net7 || echo none", "none\n"),
        ("dhcp net7 net0 && echo on", "on\n"),
        ("route", "net0: 10.0.2.15/255.255.255.0 gw 10.0.2.2\n"),
        ("ifstat net0", "net0: 52:54:00:12:34:56 using 82540em on \n"),
        ("nstat && ipstat && echo on", "on\n"),
    ],
)
def test_interfaces(script, said):
    assert run(script)[1].said == said


def test_a_network_that_does_not_come_up():
    class Down(Web):
        def network(self, command, names):
            raise RefusedError("net0: no link after 5 s")

    assert "dhcp: net0: no link after 5 s" in run("dhcp", web=Down())[0].why
