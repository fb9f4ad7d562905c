"""dhclient, ping, nc and wget against other people's servers, in a network of its own."""

import re

import pytest

from tests.support.applet import run_applet
from tests.support.namespace import in_namespace

pytestmark = pytest.mark.host
# Two cables: v0 ends in v1 (ours and the server's), w0 in w1 (nobody there).
CABLES = (
    "mount -t tmpfs none /mnt; cd /mnt; touch resolv.conf;"
    "mount --bind resolv.conf /etc/resolv.conf;"
    "ip link set lo up; ip link add v0 type veth peer name v1; ip link set v1 up;"
    "ip addr add 10.7.0.1/24 dev v1;"
)
SERVER = """
cat > udhcpd.conf <<END
start 10.7.0.20
end 10.7.0.20
interface v1
lease_file /mnt/leases
pidfile /mnt/pid
opt subnet 255.255.255.0
opt router 10.7.0.1
opt dns 10.7.0.1 10.7.0.9
opt domain example.org
opt mtu 1400
opt lease 600
boot_file vmlinuz
siaddr 10.7.0.5
END
touch leases
busybox udhcpd -f udhcpd.conf 2> log & server=$!
trap 'kill $server' EXIT
until grep -q started log; do sleep 0.1; done
"""


def test_lease():
    done = in_namespace(
        f"{CABLES}{SERVER}uroot dhclient -v v0; ip -o -4 addr show dev v0; ip route;"
        "cat resolv.conf; ip link show v0",
        "--net",
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-4:] == [
        "dhclient: v0: looking for a server",
        "dhclient: v0: 10.7.0.1 offers 10.7.0.20/24",
        "dhclient: v0: asking for it",
        "dhclient: v0: 0.0.0.0/0 by 10.7.0.1",
    ]
    head, address, default, *_ = done.stdout.splitlines()
    assert head == (
        "v0: 10.7.0.20/24, gateway 10.7.0.1, name servers 10.7.0.1, 10.7.0.9, boot 10.7.0.5:vmlinuz"
    )
    assert "inet 10.7.0.20/24 brd 10.7.0.255" in address
    assert default == "default via 10.7.0.1 dev v0 "
    assert "search example.org\nnameserver 10.7.0.1\nnameserver 10.7.0.9\n" in done.stdout
    assert "mtu 1400" in done.stdout


def test_a_second_lease_replaces_the_first():
    done = in_namespace(
        f"{CABLES}{SERVER}ip addr add 10.9.9.9/24 dev v0; uroot dhclient v0 > a;"
        "uroot dhclient v0 > b; cmp a b; ip -o -4 addr show dev v0",
        "--net",
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert re.findall(r"inet (\S+)", done.stdout) == ["10.7.0.20/24"]


def test_no_server():
    done = in_namespace(f"{CABLES}uroot dhclient -t 1.5 v0", "--net")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "dhclient: v0: no lease after 1.5 s: nobody answered; is the cable in the right network?"
        " ip addr add ADDRESS/LENGTH dev v0 sets an address by hand\n"
    )


def test_no_cable():
    done = in_namespace(f"{CABLES}ip link set v1 down; uroot dhclient -t 0.3 v0", "--net")
    assert (done.returncode, done.stderr) == (
        1,
        "dhclient: v0: no carrier after 0.3 s; is the cable plugged in?\n",
    )


def test_no_interface():
    done = in_namespace("uroot dhclient", "--net")
    assert done.stderr == (
        "dhclient: no network interface; modprobe its driver; lspci -k names it\n"
    )


def test_ping():
    done = in_namespace("ip link set lo up; uroot ping -c 2 -i 0.05 -s 100 127.0.0.1", "--net")
    lines = done.stdout.splitlines()
    assert lines[0] == "PING 127.0.0.1 (127.0.0.1) 100(128) bytes of data."
    for number, line in enumerate(lines[1:3], 1):
        reply = rf"108 bytes from 127.0.0.1: icmp_seq={number} ttl=64 time=[\d.]+ ms"
        assert re.fullmatch(reply, line)
    assert lines[5].startswith("2 packets transmitted, 2 received, 0% packet loss, time ")
    assert re.fullmatch(r"rtt min/avg/max/mdev = [\d.]+/[\d.]+/[\d.]+/[\d.]+ ms", lines[6])


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


def test_ping_without_a_route():
    done = in_namespace("uroot ping -c 1 10.7.0.1", "--net")
    assert done.returncode == 1
    assert done.stderr == (
        "ping: connection to 10.7.0.1: ENETUNREACH: network is unreachable;"
        " no route leads there: ip route; dhclient sets one up\n"
    )


BENCH = "ip link set lo up; mount -t tmpfs none /mnt; cd /mnt;"


def until_bound(kind, port):
    """Shell words that wait for a server on PORT."""
    files = f"/proc/net/{kind} /proc/net/{kind}6"
    return f"until grep -qs :{port:04X} {files}; do sleep 0.05; done;"


def test_nc_with_busybox():
    done = in_namespace(
        f"{BENCH}busybox nc -l -p 4000 > got & other=$!; {until_bound('tcp', 4000)}"
        "echo over there | uroot nc -N -w 1 127.0.0.1 4000 || true;"
        "kill $other || true; cat got",
        "--net",
    )
    assert done.stdout == "over there\n"


def test_nc_by_udp():
    done = in_namespace(
        f"{BENCH}uroot nc -u -l -w 1 4000 > got < /dev/null & other=$!; {until_bound('udp', 4000)}"
        "bash -c 'echo hello > /dev/udp/127.0.0.1/4000'; wait $other || true; cat got",
        "--net",
    )
    assert done.stdout == "hello\n"
    assert done.stderr == "nc: nothing came for 1 s\n"


def test_nc_listens():
    done = in_namespace(
        f"{BENCH}uroot nc -l -w 5 4000 > got < /dev/null & other=$!; {until_bound('tcp', 4000)}"
        "echo hello | busybox nc -w 1 127.0.0.1 4000; wait $other; cat got;"
        "uroot nc -z 127.0.0.1 4000 || echo status $?",
        "--net",
    )
    assert done.stdout == "hello\nstatus 1\n"


def test_wget_from_busybox():
    done = in_namespace(
        f"{BENCH}mkdir www; head -c 3000000 /dev/urandom > www/file;"
        f"busybox httpd -f -p 127.0.0.1:80 -h www & server=$!; {until_bound('tcp', 80)}"
        "uroot wget -q http://127.0.0.1/file; kill $server;"
        "sha256sum < file; sha256sum < www/file",
        "--net",
    )
    one, other = done.stdout.splitlines()
    assert one == other


def test_nc_usage():
    done = run_applet("nc", "host", "99999")
    assert done.err.startswith("nc: expected a port from 1 to 65535, found 99999; usage: nc ")
