"""dhclient: its own ways."""

import re

import pytest

from tests.support.namespace import in_namespace

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
touch leases log
busybox udhcpd -f udhcpd.conf 2> log & server=$!
trap 'kill $server' EXIT
until grep -q started log; do sleep 0.1; done
"""


@pytest.mark.host
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


@pytest.mark.host
def test_a_second_lease_replaces_the_first():
    done = in_namespace(
        f"{CABLES}{SERVER}ip addr add 10.9.9.9/24 dev v0; uroot dhclient v0 > a;"
        "uroot dhclient v0 > b; cmp a b; ip -o -4 addr show dev v0",
        "--net",
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert re.findall(r"inet (\S+)", done.stdout) == ["10.7.0.20/24"]


@pytest.mark.host
def test_no_server():
    done = in_namespace(f"{CABLES}uroot dhclient -t 1.5 v0", "--net")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "dhclient: v0: no lease after 1.5 s: nobody answered; is the cable in the right network?"
        " ip addr add ADDRESS/LENGTH dev v0 sets an address by hand\n"
    )


@pytest.mark.host
def test_no_cable():
    done = in_namespace(f"{CABLES}ip link set v1 down; uroot dhclient -t 0.3 v0", "--net")
    assert (done.returncode, done.stderr) == (
        1,
        "dhclient: v0: no carrier after 0.3 s; is the cable plugged in?\n",
    )


@pytest.mark.host
def test_no_interface():
    done = in_namespace("uroot dhclient", "--net")
    assert done.stderr == (
        "dhclient: no network interface; modprobe its driver; lspci -k names it\n"
    )
