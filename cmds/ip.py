"""ip - show and change links, addresses and routes.

Ref: ip(8) of iproute2, whose words and output these are.
"""

from __future__ import annotations

from uroot_py.abi import netlink
from uroot_py.abi.netlink import AF_INET, AF_INET6, AF_UNSPEC, Prefix, address_text
from uroot_py.base.errors import UsageError
from uroot_py.base.options import Command, Ignored, Option
from uroot_py.net import show

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from uroot_py.abi.netlink import Link

COMMAND = Command(
    "ip",
    "ip [-4 | -6] [-br] link | address | route | neighbour [COMMAND] [ARGUMENT]...",
    IPV4 := Option("-4", help="only IPv4"),
    IPV6 := Option("-6", help="only IPv6"),
    BRIEF := Option("-b", "--brief", help="a line for each interface"),
    ONELINE := Option("-o", "--oneline", help="what belongs together in one line"),
    Ignored("-c", "--color", value="WHEN", optional=True),
    example="ip addr add 10.0.2.15/24 dev eth0; ip link set eth0 up",
    notes="""link [show [dev] DEV] | link set DEV [up | down] [mtu N] [address MAC] [name NAME]
address [show [dev] DEV] | address add | del PREFIX [brd ADDRESS] dev DEV | address flush dev DEV
route [show] | route add | replace | del PREFIX | default [via ADDRESS] [dev DEV] [src A] [metric N]
neighbour""",
    posix=True,
)
OBJECTS = ("link", "address", "route", "neighbour")


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Do what the words say; every word may be shortened."""
    given = COMMAND.parse(["--brief" if word in ("-br", "-brief") else word for word in args])
    family = AF_INET6 if given.flag(IPV6) else AF_UNSPEC
    if given.flag(IPV4):
        family = AF_INET
    words = given.operands or ["address"]
    if words[-1] == "help":
        COMMAND.parse(["--help"])
    subject = full(words[0], OBJECTS)
    verbs = VERBS[subject]
    verb = full(words[1], tuple(verbs)) if len(words) > 1 else "show"
    ip = Ip(family, stdout, brief=given.flag(BRIEF), oneline=given.flag(ONELINE))
    verbs[verb](ip, words[2:])
    return 0


def full(word: str, known: tuple[str, ...]) -> str:
    """The first of the words KNOWN that WORD begins."""
    for other in known:
        if word and other.startswith("add" if word == "addr" and "address" in known else word):
            return other
    raise COMMAND.usage_error(f"{word!r}: expected one of {', '.join(known)}")


def pairs(words: list[str], keys: str, first: str = "") -> dict[str, str]:
    """``KEY VALUE`` words as a dictionary; a word that is no key is the value of FIRST."""
    found: dict[str, str] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word in keys.split():
            if not rest:
                raise UsageError(f"{word!r} needs a value")
            found[word] = rest.pop(0)
        elif first and first not in found:
            found[first] = word
        else:
            raise UsageError(f"unexpected word {word!r}", hint="ip --help lists them")
    return found


def wanted(found: dict[str, str], key: str, what: str) -> str:
    """The value of KEY; UsageError about WHAT when it is missing."""
    if key not in found:
        raise UsageError(f"{what} is missing", hint="ip --help shows how it is called")
    return found[key]


def joined(text: str) -> str:
    """The lines of TEXT as one, as ``ip -o`` prints them."""
    return text.removesuffix("\n").replace("\n", "\\") + "\n"


class Ip:
    """What was asked for, and where it goes."""

    def __init__(self, family: int, stdout: TextIO, *, brief: bool, oneline: bool) -> None:
        self.family = family
        self.stdout = stdout
        self.brief = brief
        self.oneline = oneline

    def chosen(self, words: list[str]) -> list[Link]:
        """The interfaces that a ``show`` names: one, or all."""
        name = pairs(words, "dev", "dev").get("dev")
        return [netlink.link_named(name)] if name else netlink.links()

    def link_show(self, words: list[str]) -> None:
        """List interfaces."""
        known = {link.index: link for link in netlink.links()}
        for link in self.chosen(words):
            text = show.brief_link(link, known) if self.brief else show.link(link, known, mode=True)
            self.stdout.write(joined(text) if self.oneline else text)

    def link_set(self, words: list[str]) -> None:
        """Change an interface."""
        states = [word for word in words if word in ("up", "down")]
        found = pairs([w for w in words if w not in states], "dev mtu address name", "dev")
        link = netlink.link_named(wanted(found, "dev", "the interface"))
        netlink.set_link(
            link,
            up=None if not states else states[-1] == "up",
            mtu=int(found["mtu"]) if found.get("mtu", "").isdecimal() else 0,
            mac=bytes.fromhex(found["address"].replace(":", "")) if "address" in found else b"",
            name=found.get("name", ""),
        )

    def address_show(self, words: list[str]) -> None:
        """List interfaces with their addresses."""
        known = {link.index: link for link in netlink.links()}
        every = netlink.addresses(self.family)
        for link in self.chosen(words):
            own = [address for address in every if address.index == link.index]
            if self.brief:
                self.stdout.write(show.brief_addresses(link, own, known))
            elif self.oneline:
                for address in own:
                    line = joined(show.address(address))
                    self.stdout.write(f"{link.index}: {link.name}{line}")
            elif own or not self.family:
                self.stdout.write(show.link(link, known, hardware=not self.family))
                self.stdout.writelines(map(show.address, own))

    def _address(self, words: list[str], *, add: bool) -> None:
        keys = "dev brd broadcast label scope local"
        found = pairs(words, keys, "local")
        prefix = Prefix(wanted(found, "local", "the address"))
        link = netlink.link_named(wanted(found, "dev", "dev and the interface"))
        far = found.get("brd", found.get("broadcast", ""))
        scopes = {text: number for number, text in show.SCOPES.items()}
        if "scope" in found and found["scope"] not in scopes:
            raise UsageError(f"scope: expected one of {', '.join(scopes)}")
        broadcast = Prefix(far).data if far not in ("", "+") else b""
        if far == "+":
            broadcast = prefix.highest()
        netlink.change_address(
            link,
            prefix,
            add=add,
            broadcast=broadcast,
            label=found.get("label", ""),
            scope=scopes[found["scope"]] if "scope" in found else 0,
        )

    def address_add(self, words: list[str]) -> None:
        """Give an interface an address."""
        self._address(words, add=True)

    def address_del(self, words: list[str]) -> None:
        """Take an address away."""
        self._address(words, add=False)

    def address_flush(self, words: list[str]) -> None:
        """Take all addresses of an interface away."""
        link = netlink.link_named(wanted(pairs(words, "dev", "dev"), "dev", "the interface"))
        for address in netlink.addresses(self.family):
            if address.index == link.index:
                prefix = Prefix(f"{address_text(address.data)}/{address.prefix}")
                netlink.change_address(link, prefix, add=False)

    def route_show(self, words: list[str]) -> None:
        """List the routes of the main table."""
        known = {link.index: link for link in netlink.links()}
        for route in netlink.routes(self.family or AF_INET):
            shown = route.family == AF_INET or route.kind == netlink.RTN_UNICAST
            if shown and route.table == netlink.RT_TABLE_MAIN:
                self.stdout.write(show.route(route, known))

    def _route(self, words: list[str], *, add: bool, replace: bool = False) -> None:
        found = pairs(words, "via dev src metric to", "to")
        gateway = Prefix(found["via"]).data if "via" in found else b""
        target = wanted(found, "to", "the network")
        if target == "default":
            six = self.family == AF_INET6 or len(gateway) == 16
            target = "::/0" if six else "0.0.0.0/0"
        metric = found.get("metric", "0")
        if not metric.isdecimal():
            raise UsageError(f"metric: expected a number, found {metric!r}")
        netlink.change_route(
            Prefix(target),
            add=add,
            link=netlink.link_named(found["dev"]) if "dev" in found else None,
            gateway=gateway,
            source=Prefix(found["src"]).data if "src" in found else b"",
            metric=int(metric),
            replace=replace,
        )

    def route_add(self, words: list[str]) -> None:
        """Add a route."""
        self._route(words, add=True)

    def route_replace(self, words: list[str]) -> None:
        """Add a route, in place of the one that is there."""
        self._route(words, add=True, replace=True)

    def route_del(self, words: list[str]) -> None:
        """Remove a route."""
        self._route(words, add=False)

    def neighbour_show(self, words: list[str]) -> None:
        """List the neighbours."""
        known = {link.index: link for link in netlink.links()}
        for neighbour in netlink.neighbours():
            shown = self.family in (AF_UNSPEC, neighbour.family)
            if shown and neighbour.state not in (0, netlink.NUD_NOARP):
                self.stdout.write(show.neighbour(neighbour, known))


VERBS: dict[str, dict[str, Callable[[Ip, list[str]], None]]] = {
    "link": {"show": Ip.link_show, "list": Ip.link_show, "set": Ip.link_set},
    "address": {
        "show": Ip.address_show,
        "list": Ip.address_show,
        "add": Ip.address_add,
        "del": Ip.address_del,
        "delete": Ip.address_del,
        "flush": Ip.address_flush,
    },
    "route": {
        "show": Ip.route_show,
        "list": Ip.route_show,
        "add": Ip.route_add,
        "replace": Ip.route_replace,
        "del": Ip.route_del,
        "delete": Ip.route_del,
    },
    "neighbour": {"show": Ip.neighbour_show, "list": Ip.neighbour_show},
}
