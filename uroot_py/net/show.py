"""Links, addresses and routes as lines, in the words of iproute2."""

from __future__ import annotations

from uroot_py.abi import netlink
from uroot_py.abi.netlink import AF_INET, address_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from uroot_py.abi.netlink import Address, Link, Neighbour, Route

    Known = dict[int, Link]

# Ref: include/uapi/linux/if.h, net_device_flags and IF_OPER_ in their order.
_FLAGS = {
    3: "LOOPBACK", 1: "BROADCAST", 4: "POINTOPOINT", 12: "MULTICAST", 7: "NOARP", 9: "ALLMULTI",
    8: "PROMISC", 10: "MASTER", 11: "SLAVE", 2: "DEBUG", 15: "DYNAMIC", 0: "UP", 16: "LOWER_UP",
    17: "DORMANT",
}  # fmt: skip
_STATES = ("UNKNOWN", "NOTPRESENT", "DOWN", "LOWERLAYERDOWN", "TESTING", "DORMANT", "UP")
_HARDWARE = {1: "ether", 772: "loopback", 512: "ppp", 65534: "none", 32: "infiniband"}
SCOPES = {0: "global", 200: "site", 253: "link", 254: "host", 255: "nowhere"}
_PROTOCOLS = {1: "redirect", 2: "kernel", 3: "boot", 4: "static", 9: "ra", 16: "dhcp"}
_KINDS = {2: "local", 3: "broadcast", 6: "blackhole", 7: "unreachable", 8: "prohibit"}
_PREFERENCES = {0: "medium", 1: "high", 3: "low"}
_NEIGHBOURS = {
    1: "INCOMPLETE", 2: "REACHABLE", 4: "STALE", 8: "DELAY", 16: "PROBE", 32: "FAILED",
    64: "NOARP", 128: "PERMANENT",
}  # fmt: skip
FOREVER = 0xFFFFFFFF


def _name(index: int, known: Known) -> str:
    return known[index].name if index in known else f"if{index}"


def _label(link: Link, known: Known) -> str:
    if link.lower and link.lower != link.index:
        return f"{link.name}@{_name(link.lower, known)}"
    return link.name


def _state(link: Link) -> str:
    return _STATES[link.state] if link.state < len(_STATES) else str(link.state)


def _flags(link: Link, known: Known) -> str:
    words = [word for bit, word in _FLAGS.items() if link.flags >> bit & 1]
    if link.is_up and not link.has_carrier:
        words.insert(0, "NO-CARRIER")
    if link.lower in known and not known[link.lower].is_up:
        words.append("M-DOWN")  # the other end of the pair, or what a VLAN lies on
    return f"<{','.join(words)}>"


def _mac(data: bytes) -> str:
    return data.hex(":")


def link(link: Link, known: Known, *, mode: bool = False, hardware: bool = True) -> str:
    """The lines of ``ip link`` (with MODE) and ``ip address`` about one interface."""
    words = [f"{link.index}: {_label(link, known)}: {_flags(link, known)} mtu {link.mtu}"]
    words.append(f"qdisc {link.qdisc}" if link.qdisc else "")
    words.append(f"master {_name(link.master, known)}" if link.master else "")
    words.append(f"state {_state(link)}")
    words.append("mode DEFAULT" if mode else "")
    words.append("group default")
    words.append(f"qlen {link.queue}" if link.queue else "")
    text = " ".join(filter(None, words)) + "\n"
    if not hardware:
        return text
    text += f"    link/{_HARDWARE.get(link.hardware, f'[{link.hardware}]')}"
    return text + (f" {_mac(link.mac)} brd {_mac(link.broadcast)}\n" if link.mac else "\n")


def brief_link(link: Link, known: Known) -> str:
    """The line of ``ip -br link``."""
    mac = _mac(link.mac)
    return f"{_label(link, known):<16} {_state(link):<14} {mac} {_flags(link, known)} \n"


def brief_addresses(link: Link, own: Iterable[Address], known: Known) -> str:
    """The line of ``ip -br address``."""
    words = "".join(f"{address_text(a.data)}/{a.prefix} " for a in own)
    return f"{_label(link, known):<16} {_state(link):<14} {words}\n"


def _lifetime(seconds: int) -> str:
    return "forever" if seconds == FOREVER else f"{seconds}sec"


def address(address: Address) -> str:
    """The two lines of ``ip address`` about one address."""
    kind = "inet" if address.family == AF_INET else "inet6"
    text = f"    {kind} {address_text(address.data)}"
    if address.peer and address.peer != address.data:
        text += f" peer {address_text(address.peer)}"
    text += f"/{address.prefix}"
    if address.broadcast:
        text += f" brd {address_text(address.broadcast)}"
    text += f" scope {SCOPES.get(address.scope, address.scope)} "
    words = {0x40: "tentative ", 0x08: "dadfailed ", 0x20: "deprecated ", 0x100: "mngtmpaddr "}
    text += "".join(word for bit, word in words.items() if address.flags & bit)
    if not address.flags & 0x80:
        text += "dynamic "
    if address.flags & 0x200:
        text += "noprefixroute "
    valid, preferred = _lifetime(address.valid), _lifetime(address.preferred)
    return f"{text}{address.label}\n       valid_lft {valid} preferred_lft {preferred}\n"


def route(route: Route, known: Known) -> str:
    """The line of ``ip route`` about one route."""
    words = [_KINDS.get(route.kind, "")]
    whole = 32 if route.family == AF_INET else 128
    if route.data:
        size = "" if route.prefix == whole else f"/{route.prefix}"
        words.append(f"{address_text(route.data)}{size}")
    else:
        words.append("default")
    words.append(f"via {address_text(route.gateway)}" if route.gateway else "")
    words.append(f"dev {_name(route.index, known)}" if route.index else "")
    if route.protocol != netlink.RTPROT_BOOT:
        words.append(f"proto {_PROTOCOLS.get(route.protocol, route.protocol)}")
    if route.scope != netlink.RT_SCOPE_UNIVERSE:
        words.append(f"scope {SCOPES.get(route.scope, route.scope)}")
    words.append(f"src {address_text(route.source)}" if route.source else "")
    words.append(f"metric {route.metric}" if route.metric else "")
    words.append("linkdown" if route.flags & 16 else "")
    if route.pref:
        words.append(f"pref {_PREFERENCES.get(route.pref[0], route.pref[0])}")
    gap = "" if route.pref else " "
    return " ".join(filter(None, words)) + f"{gap}\n"


def neighbour(neighbour: Neighbour, known: Known) -> str:
    """The line of ``ip neighbour`` about one neighbour."""
    state = _NEIGHBOURS.get(neighbour.state, str(neighbour.state))
    mac = f" lladdr {_mac(neighbour.mac)}" if neighbour.mac else ""
    device = _name(neighbour.index, known)
    return f"{address_text(neighbour.data)} dev {device}{mac} {state} \n"
