"""ping: its own ways."""

import re

import pytest

from tests.support.namespace import in_namespace


@pytest.mark.host
def test_ping():
    done = in_namespace("ip link set lo up; uroot ping -c 2 -i 0.05 -s 100 127.0.0.1", "--net")
    lines = done.stdout.splitlines()
    assert lines[0] == "PING 127.0.0.1 (127.0.0.1) 100(128) bytes of data."
    for number, line in enumerate(lines[1:3], 1):
        reply = rf"108 bytes from 127.0.0.1: icmp_seq={number} ttl=64 time=[\d.]+ ms"
        assert re.fullmatch(reply, line)
    assert lines[5].startswith("2 packets transmitted, 2 received, 0% packet loss, time ")
    assert re.fullmatch(r"rtt min/avg/max/mdev = [\d.]+/[\d.]+/[\d.]+/[\d.]+ ms", lines[6])


@pytest.mark.host
def test_ping_ipv6_and_nobody():
    done = in_namespace(
        "ip link set lo up; uroot ping -6 -q -c 1 ::1; ip link add v0 type veth peer name v1;"
        "ip link set v0 up; ip link set v1 up; ip addr add 10.7.0.1/24 dev v0;"
        "uroot ping -c 1 -W 0.2 10.7.0.77 || echo status $?",
        "--net",
    )
    assert "1 packets transmitted, 1 received" in done.stdout
    assert "1 packets transmitted, 0 received, 100% packet loss" in done.stdout
    assert done.stdout.endswith("status 1\n")


@pytest.mark.host
def test_ping_without_a_route():
    done = in_namespace("uroot ping -c 1 10.7.0.1", "--net")
    assert done.returncode == 1
    assert done.stderr == (
        "ping: connection to 10.7.0.1: ENETUNREACH: network is unreachable;"
        " no route leads there: ip route; dhclient sets one up\n"
    )
