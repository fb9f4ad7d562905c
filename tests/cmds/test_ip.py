"""Our ip against iproute2's, in a network of its own: the same words, the same output."""

import pytest

from tests.support.applet import run_applet
from tests.support.namespace import in_namespace

VETH = (
    "ip link add v0 type veth peer name v1;"
    "sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.v0.accept_dad=0"
    " net.ipv6.conf.v1.accept_dad=0;"
)
UP = VETH + "ip link set lo up; ip link set v0 up; ip link set v1 up;"
ADDRESSES = UP + (
    "ip addr add 10.1.2.3/24 brd + dev v0; ip addr add 10.9.0.1/16 dev v0 label v0:x;"
    "ip addr add fd00::1/64 dev v1; ip addr add 10.5.5.5/32 scope link dev v1;"
    "ip route add default via 10.1.2.1 metric 50; ip route add 10.77.0.0/16 dev v1;"
    "ip route add blackhole 10.8.0.0/16; ip route add 10.88.0.0/16 via 10.1.2.9 src 10.9.0.1;"
    "ip route add fd01::/48 via fd00::9;"
    "ip neigh add 10.1.2.1 lladdr 02:00:00:00:00:01 dev v0;"
)
SHOWN = [
    "addr", "link", "address show v0", "link show dev v1", "route", "-6 route", "-4 addr",
    "-br addr", "-br link", "-o link", "-o addr",
    "-o -4 addr show v0", "neigh", "route show", "addr show dev lo",
]  # fmt: skip


@pytest.mark.host
@pytest.mark.parametrize("setup", [VETH, UP, ADDRESSES], ids=["down", "up", "addresses"])
def test_shows_the_same(setup):
    script = setup + "sleep 0.5;"
    for words in SHOWN:
        script += f"ip {words} > a; uroot ip {words} > b; cmp a b || {{ cat a b; exit 1; }};"
    done = in_namespace(f"mount -t tmpfs none /mnt; cd /mnt; {script}", "--net")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


CHANGES = [
    "link set v0 down",
    "link set v0 mtu 1400",
    "link set dev v0 address 02:00:00:00:00:77",
    "link set v1 down; link set v1 name other",
    "addr add 10.2.3.4/24 dev v0",
    "addr add 10.2.3.4/24 brd + dev v0",
    "addr add 10.2.3.4/24 broadcast 10.2.3.9 label v0:y dev v0",
    "addr add fd77::1/64 dev v0",
    "addr del 10.1.2.3/24 dev v0",
    "addr flush dev v0",
    "route add default via 10.1.2.7 metric 60",
    "route add 10.66.0.0/16 dev v1",
    "route add 10.66.0.0/16 via 10.1.2.8 dev v0 src 10.1.2.3 metric 7",
    "route del 10.77.0.0/16",
    "route del default",
    "route replace default via 10.1.2.99 metric 50",
    "-6 route add default via fd00::7",
    "-6 route del fd01::/48",
    "route add fd09::/48 dev v1",
]


@pytest.mark.host
@pytest.mark.parametrize("change", CHANGES)
def test_changes_the_same(change):
    """The same change by both, each in a new network; then iproute2 shows both."""
    results = []
    for tool in ("ip", "uroot ip"):
        lines = "".join(f"{tool} {words};" for words in change.split("; "))
        show = "sleep 0.3; ip -d addr | grep -v 'link/'; ip route; ip -6 route | grep -v ^fe80 || :"
        fixed = "".join(f"ip link set v{n} address 02:00:00:00:00:0{n};" for n in (0, 1))
        setup = ADDRESSES.replace("ip link set v0 up;", fixed + "ip link set v0 up;")
        done = in_namespace(setup + lines + show, "--net")
        assert (done.returncode, done.stderr) == (0, "")
        results.append(done.stdout)
    assert results[0] == results[1]


UNREACHABLE = "ENETUNREACH: its gateway cannot be reached: no address or route leads there"
REFUSED = [
    ("addr add 10.1.2.3/24 dev v0", "10.1.2.3/24 on v0: EEXIST: it is there already"),
    ("addr del 10.1.2.9/24 dev v0", "10.1.2.9/24 on v0: EADDRNOTAVAIL: there is no such address"),
    ("link set v9 up", "v9: ENODEV: there is no such interface; ip link lists them"),
    ("route add 10.0.0.0/8 via 192.168.9.9", f"route to 10.0.0.0/8: {UNREACHABLE}"),
    ("route del 10.66.0.0/16", "route to 10.66.0.0/16: ESRCH: there is no such route"),
]


@pytest.mark.host
@pytest.mark.parametrize(("words", "text"), REFUSED)
def test_refused(words, text):
    done = in_namespace(f"{ADDRESSES} uroot ip {words}", "--net")
    assert (done.returncode, done.stderr) == (1, f"ip: netlink {text}\n")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("cable", "'cable': expected one of link, address, route, neighbour; usage: "),
        ("addr frob", "'frob': expected one of show, list, add, del, delete, flush; usage: "),
        ("addr add", "the address is missing; ip --help shows how it is called"),
        ("addr add 10.0.0.1/24", "dev and the interface is missing; ip --help shows how it is"),
        ("addr add 10.0.0.1/33 dev lo", "'10.0.0.1/33': expected a length up to 32"),
        ("addr add ten dev lo", "expected an address such as 10.0.2.15 or fe80::1, found 'ten'"),
        ("route add default metric x", "metric: expected a number, found 'x'"),
        ("addr add 10.0.0.1/24 dev", "'dev' needs a value"),
        ("link show lo more", "unexpected word 'more'; ip --help lists them"),
    ],
)  # fmt: skip
def test_usage(words, text):
    done = run_applet("ip", *words.split())
    assert done.status == 2
    assert done.err.startswith(f"ip: {text}")
