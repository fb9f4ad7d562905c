"""The words of the kernel's command line that set up a network, as the kernel and dracut know them.

Ref: Documentation/admin-guide/nfs/nfsroot.rst (ip=); dracut.cmdline(7) (ip=, nameserver=, vlan=,
bond=, rd.route=); SYSLINUX doc/pxelinux.txt, IPAPPEND (BOOTIF=).
"""

from __future__ import annotations

from uroot_py.base.reader import number_at
from uroot_py.base.text import printable
from uroot_py.formats.kernel import cmdline
from uroot_py.net.inet import address_bytes, is_address

METHODS = {
    "dhcp": ("dhcp",), "on": ("dhcp",), "single-dhcp": ("dhcp",), "dhcp4": ("dhcp",),
    "any": ("dhcp", "auto6"), "both": ("dhcp", "auto6"), "dhcp6": ("dhcp6",), "auto6": ("auto6",),
    "either6": ("auto6",), "link6": (), "off": (), "none": (), "static": (), "": (),
}  # fmt: skip
ANY = ("dhcp", "auto6")  # what is tried where nothing is said
OPTIONS = ("off", "http", "ipxe", "arch", "wait", "proxy", "ca", "pin")
_IP4, _IP6 = 2, 10
_MAX_WORDS = 64
_CLASSES = ((128, 8), (192, 16), (256, 24))  # first bytes below, bits of the network


class Setup:
    """What one ``ip=`` says: of the interface NAME ('': of every one).

    ``methods`` are ``dhcp``, ``dhcp6``, ``auto6``; ``address`` is ``10.0.0.2/24`` or ''; ``mac`` is
    a new hardware address; names and numbers that are absent are '' and 0.
    """

    def __init__(self, name: str, methods: tuple[str, ...]) -> None:
        self.name = name
        self.methods = methods
        self.address = self.gateway = self.server = self.hostname = ""
        self.mtu = 0
        self.mac = b""
        self.name_servers: list[str] = []

    def __repr__(self) -> str:
        return f"<Setup {self.name or 'any'} {self.address or self.methods}>"


class Words:
    """All of them; ``faults`` has a line for each that cannot be understood.

    ``vlans`` are (name, number, interface below); ``bonds`` are (name, interfaces, {option: value},
    MTU); ``routes`` are (network/length, gateway, interface); ``bootif`` is the MAC of the card
    that the firmware has started from; ``options`` are those of ``uroot.net=``.
    """

    def __init__(self) -> None:
        self.setups: list[Setup] = []
        self.name_servers: list[str] = []
        self.vlans: list[tuple[str, int, str]] = []
        self.bonds: list[tuple[str, list[str], dict[str, str], int]] = []
        self.routes: list[tuple[str, str, str]] = []
        self.bootif = b""
        self.options: dict[str, str] = {}
        self.faults: list[str] = []

    @property
    def given(self) -> bool:
        """Whether anything is said about a network."""
        said = (self.setups, self.vlans, self.bonds, self.options)
        return any(said) and "off" not in self.options

    def of(self, name: str) -> Setup:
        """What is said of the interface NAME."""
        for setup in self.setups:
            if setup.name == name:
                return setup
        everywhere = [setup for setup in self.setups if not setup.name]
        if everywhere:
            return everywhere[-1]
        return Setup(name, () if self.setups else ANY)


class _WrongError(Exception):
    """(expected, found) of a word."""


def parse(line: str) -> Words:
    """The words of LINE; what is wrong is a fault, and as if it were not there."""
    words = Words()
    readers = {
        "ip": _ip, "nameserver": _name_server, "vlan": _vlan, "bond": _bond, "BOOTIF": _bootif,
        "rd.route": _route, "uroot.net": _options,
    }  # fmt: skip
    found = [word for word in cmdline.split(line) if cmdline.key(word) in readers]
    for word in found[:_MAX_WORDS]:
        try:
            readers[cmdline.key(word)](words, cmdline.value(word))
        except _WrongError as error:
            expected, text = error.args
            words.faults.append(
                f"{printable(word)}: expected {expected}, found {printable(text)!r}"
            )
    if len(found) > _MAX_WORDS:
        words.faults.append(f"more than {_MAX_WORDS} words about the network, the rest is left out")
    return words


def _fields(text: str) -> list[str]:
    """TEXT at its colons, but for those in square brackets, which are taken away."""
    fields, inside = [""], False
    for char in text:
        if char in "[]":
            inside = char == "["
        elif char == ":" and not inside:
            fields.append("")
        else:
            fields[-1] += char
    return fields


def _ip(words: Words, text: str) -> None:
    fields = _fields(text)
    if len(fields) == 1 and fields[0] in METHODS:
        words.setups.append(Setup("", METHODS[fields[0]]))
        return
    if len(fields) > 1 and fields[1] in METHODS and fields[1] and not is_address(fields[0]):
        setup = Setup(_interface(fields[0]), METHODS[fields[1]])
        _tail(setup, fields[2:])
        words.setups.append(setup)
        return
    client, server, gateway, mask, host, name, method, *rest = [*fields, *[""] * 7][
        : max(7, len(fields))
    ]
    if method not in METHODS:
        raise _WrongError(f"one of {', '.join(filter(None, METHODS))}", method)
    setup = Setup(_interface(name) if name else "", METHODS[method])
    if client:
        setup.address = f"{_address(client)}/{_length(client, mask)}"
        setup.methods = ()
    elif not method:
        setup.methods = ("dhcp",)  # as the kernel: what is not said is asked for
    setup.server = _address(server) if server else ""
    setup.gateway = _address(gateway) if gateway else ""
    setup.hostname = host
    _tail(setup, rest)
    words.setups.append(setup)


def _tail(setup: Setup, fields: list[str]) -> None:
    """``MTU:MAC``, as dracut has it, or ``DNS:DNS:NTP``, as the kernel."""
    servers = [field for field in fields[:2] if is_address(field)]
    setup.name_servers = servers
    if servers or not fields:
        return
    if fields[0]:
        setup.mtu = _number(fields[0], 68, 65535)
    if any(fields[1:]):
        setup.mac = _mac(":".join(fields[1:7]))


def _interface(text: str) -> str:
    if not 0 < len(text) < 16 or set(text) & set("/ \t") or text in (".", ".."):
        raise _WrongError("the name of an interface", text)
    return text


def _address(text: str) -> str:
    if not is_address(text):
        raise _WrongError("an address", text)
    return text


def _number(text: str, least: int, most: int) -> int:
    if not (text.isascii() and text.isdigit()) or not least <= int(text[:9]) <= most:
        raise _WrongError(f"a number from {least} to {most}", text)
    return int(text)


def _length(address: str, mask: str) -> int:
    """How long the network's part of ADDRESS is: by a length or a MASK, else by its class."""
    six = is_address(address) == _IP6
    if not mask:
        first = address_bytes(address)[0]
        old = next(size for most, size in _CLASSES if first < most)
        return 64 if six else old
    if is_address(mask) == _IP4 and not six:
        number = number_at(address_bytes(mask), 0, 4, "big")
        length = number.bit_count()
        if number == 0xFFFFFFFF << 32 - length & 0xFFFFFFFF:
            return length
        raise _WrongError("a network mask", mask)
    return _number(mask, 0, 128 if six else 32)


def _mac(text: str) -> bytes:
    parts = text.replace("-", ":").split(":")
    if len(parts) != 6 or any(len(part) != 2 or set(part) - _HEX for part in parts):
        raise _WrongError("a hardware address", text)
    return bytes.fromhex("".join(parts))


_HEX = frozenset("0123456789abcdefABCDEF")


def _name_server(words: Words, text: str) -> None:
    words.name_servers.append(_address(text.strip("[]")))


def _bootif(words: Words, text: str) -> None:
    """``01-52-54-00-12-34-56``, the kind of hardware in front; or the address alone."""
    words.bootif = _mac(text[3:] if len(text) == 20 else text)


def _vlan(words: Words, text: str) -> None:
    name, _, lower = text.partition(":")
    digits = name[len(name.rstrip("0123456789")) :]
    _interface(name)
    words.vlans.append((name, _number(digits, 1, 4094), _interface(lower)))


def _bond(words: Words, text: str) -> None:
    name, slaves, options, mtu = [*_fields(text), "", "", "", ""][:4]
    name = _interface(name or "bond0")
    below = [_interface(each) for each in (slaves or "eth0,eth1").split(",")]
    told = dict(each.partition("=")[::2] for each in (options or "mode=balance-rr").split(","))
    for key in told:
        if not key.replace("_", "").isalnum():
            raise _WrongError("options of a bond", options)
    words.bonds.append((name, below, told, _number(mtu, 68, 65535) if mtu else 0))


def _route(words: Words, text: str) -> None:
    network, gateway, name = [*_fields(text), "", "", ""][:3]
    address, slash, length = network.partition("/")
    most = 8 * len(address_bytes(_address(address)))
    size = _length(address, length) if slash else most
    words.routes.append((f"{address}/{size}", _address(gateway), _interface(name) if name else ""))


def _options(words: Words, text: str) -> None:
    for word in text.split(","):
        name, _, value = word.partition("=")
        if name not in OPTIONS:
            raise _WrongError(f"some of {', '.join(OPTIONS)}", name)
        if name == "arch":
            _number(value, 0, 0xFFFF)
        elif name == "wait":
            _number(value, 1, 3600)
        words.options[name] = value
