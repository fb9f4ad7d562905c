"""The network as a source of entries: every card at once, in a child, so that no menu waits.

Each interface gets its addresses (``net.acquire``) and asks for a boot file; what that leads to
(``netboot``) comes as it is known. Files are fetched when an entry is loaded.
"""

from __future__ import annotations

import os
import select

from uroot_py.abi import netlink
from uroot_py.base.errors import FormatError, RefusedError, UrootError
from uroot_py.boot.netboot import Place, base_of, discover
from uroot_py.bootconfig.entry import Listing
from uroot_py.formats import smbios
from uroot_py.machine.child import Child, gather
from uroot_py.machine.sysroot import HERE
from uroot_py.net import acquire, configure, networds, tls, transport
from uroot_py.net.urltree import UrlTree

TYPE_CHECKING = False
if TYPE_CHECKING:
    import _socket
    from collections.abc import Callable, Sequence
    from typing import Any

    from uroot_py.abi.netlink import Link
    from uroot_py.boot.survey import Survey
    from uroot_py.bootconfig.entry import BootEntry
    from uroot_py.machine.child import Send
    from uroot_py.net.networds import Setup

_DMI = "/sys/firmware/dmi/tables/DMI"
_NEVER = 1e9  # seconds: who waits for a server does nothing meanwhile, and has limits of his own
MAX_LINES = 2000
_NO_CABLE = netlink.IFF_LOOPBACK | netlink.IFF_NOARP


class Network:
    """The network of this machine until ``close``, which gives every address back.

    LINE is the kernel's command line, whose words set the network up. With URLS those are looked
    at, and no server is asked for a boot file; INITRDS and CMDLINE go with a kernel among them.
    """

    nothing = "the network has nothing to boot"
    own_limits = True

    def __init__(
        self,
        line: str,
        *,
        urls: Sequence[str] = (),
        initrds: Sequence[str] = (),
        cmdline: str = "",
        note: Callable[[str], object] = str,
    ) -> None:
        self.words = networds.parse(line)
        self.urls = list(urls)
        self.initrds = list(initrds)
        self.cmdline = cmdline
        self.note = note
        self.offers_only = False  # what boot files lead to is not looked at
        self.child: Child | None = None
        self.doing = ""
        self.found: list[acquire.Found] = []
        self.trees: dict[str, UrlTree] = {}
        self.known: set[tuple[object, ...]] = set()
        if "proxy" in self.words.options:
            os.environ["http_proxy"] = self.words.options["proxy"]
        transport.SECURE = self._secured

    def _secured(self, socket: _socket.socket, host: str) -> _socket.socket:
        """See transport.SECURE: whom to believe is looked up when a server asks for it."""
        told = self.words.options
        try:
            trust = tls.chosen(
                told.get("ca", ""), told.get("pin", ""), how="uroot.net=ca=FILE or pin=SHA256"
            )
        except OSError as error:
            raise RefusedError(f"uroot.net=ca={told.get('ca')}: {error.strerror}") from None
        return trust(socket, host)

    def look(self, survey: Survey) -> None:
        """See Source.look: it begins here, and comes with ``more``."""
        survey.faults += self.words.faults
        self.words.faults = []
        if self.child is None:
            self.child = Child(self._work)

    def wanted(self) -> bool:
        """Whether there is a card, and nobody has said that it is to be left alone."""
        cards = [link for link in netlink.links() if link.mac and not link.flags & _NO_CABLE]
        return bool(cards) and "off" not in self.words.options

    def fileno(self) -> int:
        """See Source.fileno."""
        return self.child.reader if self.child else -1

    def more(self, survey: Survey) -> bool:
        """See Source.more."""
        before = len(survey.entries), len(survey.looked), len(survey.faults)
        while self.child and select.select([self.child.reader], [], [], 0)[0]:
            for kind, *values in self.child.receive():
                self._take(survey, kind, values)
            if self.child.done:
                if self.child.fault:
                    _add(survey.faults, f"network: {self.child.fault}")
                self.child.end()
                self.child = None
                self.note("the network is done")
        return before != (len(survey.entries), len(survey.looked), len(survey.faults))

    def waiting(self) -> str:
        """See Source.waiting."""
        if self.child is None:
            return ""
        return f"the network ({self.doing})" if self.doing else "the network"

    def again(self) -> None:
        """See Source.again: what has an address keeps it; servers are asked again."""
        if self.child is None:
            self.child = Child(self._work)

    def finish(self, survey: Survey) -> None:
        """Wait for all that comes; each part of it is bounded."""
        while self.child:
            select.select([self.child.reader], [], [])
            self.more(survey)

    def close(self) -> None:
        """See Source.close: what was given is given back."""
        if self.child:
            self.child.end()
            self.child = None
        for found in self.found:
            acquire.give_back(found)
        self.found.clear()

    def _take(self, survey: Survey, kind: str, values: list[Any]) -> None:
        """Put what the child has sent into SURVEY."""
        if kind == "say":
            self.doing = values[0]
        elif kind == "found":
            found = acquire.Found.of(values[0])
            self.found.append(found)
            _add(survey.looked, found.describe())
            for line in found.lines:
                _add(survey.looked, f"{found.name}: {line}")
            self.note(found.describe())
        elif kind == "offered":
            self._offered(survey, *values)
        else:
            _add(survey.faults if kind == "fault" else survey.looked, values[0])
            self.note(values[0])

    def _offered(
        self, survey: Survey, name: str, plain: dict[str, Any], servers: list[tuple[str, str]]
    ) -> None:
        listing = Listing.of(plain)
        for device, base in servers:
            self.trees.setdefault(device, UrlTree(base))
        for path, what in listing.looked:
            _add(survey.looked, f"{path}: {what}")
        for fault in listing.faults:
            _add(survey.faults, fault)
        for entry in listing.entries:
            entry.device, entry.editable = name, listing.editable
            for ref in entry.files():
                device = ref.volume.removeprefix("device=")
                if device not in self.trees and base_of(device):
                    self.trees[device] = UrlTree(base_of(device))
                ref.tree = self.trees.get(device)
        new = [entry for entry in listing.entries if self._is_new(entry)]
        if survey.timeout is None and any(entry.default for entry in new):
            survey.timeout = listing.timeout
        survey.entries += new

    def _is_new(self, entry: BootEntry) -> bool:
        """Whether no other card or server has brought the same."""
        what = entry.title, entry.kernel, tuple(entry.initrds), entry.cmdline, entry.kind
        new = what not in self.known
        self.known.add(what)
        return new

    # -- in the child -------------------------------------------------------------------------

    def _work(self, send: Send) -> None:
        """Set the network up, ask for boot files, look at what they lead to."""
        place = self._place(None)
        if self.urls and _has_address():
            self._look(place, send)
            return
        for fault in configure.make(self.words):
            send("fault", fault)
        configure.add_resolv(self.words.name_servers)
        rows = []
        for link in configure.usable(self.words):
            setup = self.words.of(link.name)
            methods = ["static"] if setup.address else list(setup.methods)
            rows += [(link, setup, method) for method in methods]

        def job(link: Link, setup: Setup, method: str) -> Callable[[Send], None]:
            return lambda tell: self._connect(link, setup, method, tell)

        looked = False
        for number, record in gather([job(*row) for row in rows], None, _NEVER):
            if isinstance(record, RefusedError):
                link, setup, method = rows[number]
                tried = method == "auto6" and not self.words.setups
                send("looked" if tried else "fault", _about(link.name, str(record)))
                continue
            send(*record)
            if record[0] == "found" and self.urls and not looked:
                looked = self._look(self._place(acquire.Found.of(record[1])), send)

    def _place(self, found: acquire.Found | None) -> Place:
        place = Place(found, uuid=machine_uuid()[1], uname=os.uname().machine)
        place.initrds = self.initrds
        place.by_hand = bool(self.urls)
        root = f"root={found.root_path}" if found and found.root_path else ""
        place.cmdline = " ".join(filter(None, (self.cmdline, root)))
        return place

    def _look(self, place: Place, send: Send) -> bool:
        """Send what the URLs offer; whether that is anything."""
        some = False
        for url in self.urls:
            send("say", url)
            offered = discover(url, place)
            some = some or bool(offered.listing.entries)
            send("offered", url, offered.listing.values(), offered.servers)
        return some

    def _connect(self, link: Link, setup: Setup, method: str, send: Send) -> None:
        """One way for one interface: a cable, an address, a boot file."""
        send("say", f"{link.name}: waiting for a link")
        configure.switch_on(link, setup)
        if not configure.carriers([link], configure.CARRIER):
            raise RefusedError(f"{link.name}: no link after {configure.CARRIER:g} s")
        limit = float(self.words.options.get("wait") or acquire.LIMIT)
        machine = acquire.Machine(os.uname().machine, machine_uuid()[0], self.words)
        machine.asks_for_boot_file = not self.urls

        def say(text: str) -> None:
            send("say", text)

        if method == "static":
            found = acquire.fixed(link, setup)
        elif method == "dhcp":
            found = acquire.by_dhcp(link, machine, limit, say)
        else:
            found = acquire.by_six(link, machine, limit, say, forced=method == "dhcp6")
        for network, gateway, name in self.words.routes:
            if name in ("", link.name):
                self._route(link, network, gateway, send)
        send("found", found.values())
        if self.urls or self.offers_only:
            return
        if found.boot:
            send("say", found.boot)
            offered = discover(found.boot, self._place(found))
            send("offered", found.boot, offered.listing.values(), offered.servers)
        elif method != "static":
            send("looked", f"{link.name}: the {method} server names no boot file")

    def _route(self, link: Link, network: str, gateway: str, send: Send) -> None:
        try:
            prefix, by = netlink.Prefix(network), netlink.Prefix(gateway)
            netlink.change_route(prefix, add=True, link=link, gateway=by.data, replace=True)
        except UrootError as error:
            send("fault", f"rd.route={network}:{gateway}: {error}")


def _about(name: str, text: str) -> str:
    return text if text.startswith(f"{name}:") else f"{name}: {text}"


def _add(lines: list[str], text: str) -> None:
    """A line that is not there yet."""
    if text not in lines and len(lines) < MAX_LINES:
        lines.append(text)


def _has_address() -> bool:
    """Whether somebody has set the network up already."""
    return any(each.scope < netlink.RT_SCOPE_LINK for each in netlink.addresses())


def machine_uuid() -> tuple[bytes, str]:
    """The UUID of this machine's SMBIOS as PXE sends it and as text; (b'', '') without one."""
    try:
        structures = smbios.parse(HERE.bytes(_DMI))
        text = next((each.uuid(8) for each in structures if each.kind == 1), "")
    except (OSError, FormatError):
        return b"", ""  # a machine without one boots all the same
    digits = text.replace("-", "")
    if len(set(digits)) < 2:  # zeros and ones are what nobody has filled in
        return b"", ""
    return bytes.fromhex(digits), text
