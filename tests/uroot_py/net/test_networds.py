"""What the words of the kernel's command line say about the network."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.net.networds import ANY, parse

# ip= -> (interface, methods, address, gateway, MTU, name servers)
SETUPS = [
    ("dhcp", ("", ("dhcp",), "", "", 0, [])),
    ("on", ("", ("dhcp",), "", "", 0, [])),
    ("any", ("", ("dhcp", "auto6"), "", "", 0, [])),
    ("dhcp6", ("", ("dhcp6",), "", "", 0, [])),
    ("auto6", ("", ("auto6",), "", "", 0, [])),
    ("off", ("", (), "", "", 0, [])),
    ("eth1:dhcp", ("eth1", ("dhcp",), "", "", 0, [])),
    ("eth1:dhcp:1400:52:54:00:12:34:56", ("eth1", ("dhcp",), "", "", 1400, [])),
    ("eth0:auto6", ("eth0", ("auto6",), "", "", 0, [])),
    (
        "10.7.0.9::10.7.0.1:255.255.255.0:box:eth0:none",
        ("eth0", (), "10.7.0.9/24", "10.7.0.1", 0, []),
    ),
    ("10.7.0.9::10.7.0.1:20:box:eth0:off:1400", ("eth0", (), "10.7.0.9/20", "10.7.0.1", 1400, [])),
    (
        "10.7.0.9:10.7.0.2:10.7.0.1:255.255.0.0:box:eth0:off:10.7.0.5:10.7.0.6:10.7.0.7",
        ("eth0", (), "10.7.0.9/16", "10.7.0.1", 0, ["10.7.0.5", "10.7.0.6"]),
    ),
    ("10.7.0.9", ("", (), "10.7.0.9/8", "", 0, [])),
    ("192.168.1.9", ("", (), "192.168.1.9/24", "", 0, [])),
    ("::::box:eth2:dhcp", ("eth2", ("dhcp",), "", "", 0, [])),
    (":::::eth2:", ("eth2", ("dhcp",), "", "", 0, [])),
    ("[fd07::9]::[fd07::1]:64::eth0:none", ("eth0", (), "fd07::9/64", "fd07::1", 0, [])),
]


@pytest.mark.parametrize(("text", "expected"), SETUPS)
def test_ip(text, expected):
    words = parse(f"quiet ip={text} root=/dev/sda1")
    assert words.faults == []
    (setup,) = words.setups
    found = setup.name, setup.methods, setup.address, setup.gateway, setup.mtu, setup.name_servers
    assert found == expected


def test_hardware_address():
    (setup,) = parse("ip=eth1:dhcp:1400:52:54:00:12:34:56").setups
    assert setup.mac == b"\x52\x54\0\x12\x34\x56"


def test_other_words():
    words = parse(
        "nameserver=10.7.0.3 nameserver=[fd07::3] vlan=vlan0007:eth0 vlan=eth1.8:eth1"
        " bond=bond0:eth0,eth1:mode=802.3ad,miimon=100:1400 bond BOOTIF=01-52-54-00-12-34-56"
        " rd.route=10.9.0.0/16:10.7.0.1:eth0 uroot.net=http,wait=9,arch=7"
    )
    assert words.faults == []
    assert words.name_servers == ["10.7.0.3", "fd07::3"]
    assert words.vlans == [("vlan0007", 7, "eth0"), ("eth1.8", 8, "eth1")]
    assert words.bonds == [
        ("bond0", ["eth0", "eth1"], {"mode": "802.3ad", "miimon": "100"}, 1400),
        ("bond0", ["eth0", "eth1"], {"mode": "balance-rr"}, 0),
    ]
    assert words.routes == [("10.9.0.0/16", "10.7.0.1", "eth0")]
    assert words.bootif == b"\x52\x54\0\x12\x34\x56"
    assert words.options == {"http": "", "wait": "9", "arch": "7"}
    assert words.given


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("ip=10.7.0.300", "expected an address, found '10.7.0.300'"),
        ("ip=10.7.0.9::x", "expected an address, found 'x'"),
        ("ip=10.7.0.9:::255.0.255.0", "expected a network mask, found '255.0.255.0'"),
        ("ip=10.7.0.9:::33", "expected a number from 0 to 32, found '33'"),
        ("ip=eth0:dhcp:9", "expected a number from 68 to 65535, found '9'"),
        ("ip=eth0:dhcp:1400:zz", "expected a hardware address, found 'zz'"),
        ("nameserver=box", "expected an address, found 'box'"),
        ("vlan=vlan:eth0", "expected a number from 1 to 4094, found ''"),
        ("vlan=vlan7", "expected the name of an interface, found ''"),
        ("bond=bond0:a/b", "expected the name of an interface, found 'a/b'"),
        ("BOOTIF=12", "expected a hardware address, found '12'"),
        ("rd.route=10.9.0.0/16", "expected an address, found ''"),
        (
            "uroot.net=fast",
            "expected some of off, http, ipxe, arch, wait, proxy, ca, pin, found 'fast'",
        ),
    ],
)
def test_wrong(line, fault):
    words = parse(line)
    assert words.faults == [f"{line}: {fault}"]


def test_what_is_said_of_an_interface():
    words = parse("ip=eth0:dhcp ip=10.7.0.9::10.7.0.1:24::eth1:none")
    assert words.of("eth0").methods == ("dhcp",)
    assert words.of("eth1").address == "10.7.0.9/24"
    assert words.of("eth2").methods == ()
    assert parse("quiet").of("eth0").methods == ANY
    assert parse("ip=auto6").of("eth0").methods == ("auto6",)
    assert not parse("quiet").given
    assert not parse("ip=dhcp uroot.net=off").given


@given(st.text(max_size=60))
def test_any_words(text):
    for name in ("ip", "nameserver", "vlan", "bond", "BOOTIF", "rd.route", "uroot.net"):
        words = parse(f'{name}="{text}"')
        assert len(words.faults) <= 1
