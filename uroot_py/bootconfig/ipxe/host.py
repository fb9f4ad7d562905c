"""What a script of iPXE's asks of the machine it runs on: values, files by URL, people.

``Facts`` is what is known beforehand; ``Host`` is what happens on the way. ``Nobody`` answers as if
nobody was there: what needs a person ends the interpretation with the menu or the question, so that
a script can be looked at before it is run.
"""

from __future__ import annotations

from uroot_py.bootconfig.ipxe.faults import Leave
from uroot_py.bootconfig.ipxe.settings import Block, Settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Protocol

    from uroot_py.bootconfig.ipxe.outcome import Menu
    from uroot_py.formats.smbios import Structure

    class Download(Protocol):
        """A file on its way; ``url`` is where it was found after all redirects.

        ``size`` is None where nobody says it.
        """

        url: str
        size: int | None

        def read(self, limit: int) -> bytes:
            """The next bytes, LIMIT at most; empty at the end. UrootError, OSError."""

        def close(self) -> None:
            """What is left is not wanted."""

    class Host(Protocol):
        """What a script may ask for while it runs."""

        def open(self, request: Request) -> Download:
            """Begin to fetch a file; UrootError or OSError when there is none."""

        def choose(self, menu: Menu, selected: int, timeout: float | None) -> int | None:
            """The index of the row that was chosen in MENU, where SELECTED is marked at first.

            It is chosen after TIMEOUT seconds without a key; None: nobody wanted any.
            """

        def prompt(self, text: str, timeout: float | None) -> int | None:
            """The code of the key that is pressed after TEXT; None when none is in time."""

        def read(self, name: str, value: str, *, hidden: bool = False) -> str | None:
            """The line that is typed for the setting NAME, which has VALUE; None: given up."""

        def sleep(self, seconds: int) -> bool:
            """Wait; false when somebody does not want to."""

        def echo(self, text: str) -> None:
            """Show TEXT, which ends with a line feed unless the line goes on."""

        def network(self, command: str, names: Sequence[str]) -> None:
            """Do what dhcp, ifopen, ifconf or ifclose says with the interfaces NAMES.

            None of them named: all. UrootError says why it did not work.
            """

        def now(self) -> int:
            """Seconds since 1970."""

        def shell(self) -> bool:
            """Let a person type commands; true when that is over, false where it cannot be."""


class Request:
    """What is asked of a server: a whole URL, and what is posted there (None: nothing is)."""

    __slots__ = ("form", "headers", "url")

    def __init__(
        self, url: str, form: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        self.url = url
        self.form = form
        self.headers = dict(headers or {})

    def key(self) -> tuple[object, ...]:
        """The same for two requests that ask the same."""
        return self.url, self.form, tuple(self.headers.items())


class Interface:
    """A network card, ``net0`` and so on in their order, and what DHCP said of it.

    ``options`` are those of the offer that was taken, as bytes by their numbers; ``proxy`` those of
    a proxy. ``values`` are further settings of the card as texts: ``busid``, ``chip``, ``ip6``.
    """

    def __init__(self, name: str, mac: bytes) -> None:
        self.name = name
        self.mac = mac
        self.values: dict[str, str] = {}
        self.ip = ""
        self.next_server = ""
        self.filename = ""
        self.options: dict[int, bytes] = {}
        self.proxy: dict[int, bytes] = {}
        self.proxy_server = ""
        self.proxy_filename = ""


class Facts:
    """What is known of the machine before a script runs."""

    def __init__(self) -> None:
        self.interfaces: list[Interface] = []
        self.values: dict[str, str] = {}  # of SMBIOS: uuid, manufacturer, product, serial, asset
        self.structures: list[Structure] = []  # SMBIOS', for ${smbios/1.4.0}
        self.arch = "x86_64"
        self.platform = "efi"
        self.version = "1.21.1"
        self.memory = 0  # MiB
        self.cpu_vendor = ""
        self.cpu_model = ""
        self.cpu_features: frozenset[tuple[int, str, int]] = frozenset()  # (leaf, register, bit)

    def settings(self) -> Settings:
        """The tree of settings that a script begins with."""
        tree = Settings()
        _builtin(self, tree.root)
        smbios = tree.root.add(Block("smbios", scope="smbios", fixed=True))
        smbios.numbers = lambda tag: _field(self.structures, tag)
        for name, text in self.values.items():
            _put(smbios, name, text)
        for number, interface in enumerate(self.interfaces):
            net = Block(f"net{number}")
            net.put("mac", interface.mac)
            _put(net, "ifname", f"net{number}")
            for name, text in interface.values.items():
                _put(net, name, text)
            if interface.ip or interface.options:
                lease = Block("dhcp")
                _offer(lease, interface.options, interface.next_server, interface.filename)
                _put(lease, "ip", interface.ip)
                net.add(lease)
            tree.root.add(net)
            if interface.proxy:
                proxy = Block("proxydhcp")
                _offer(proxy, interface.proxy, interface.proxy_server, interface.proxy_filename)
                tree.root.add(proxy)
        return tree


def _put(block: Block, name: str, text: str) -> None:
    """Set NAME to what TEXT means for its type; what does not fit is left out."""
    from uroot_py.bootconfig.ipxe import values
    from uroot_py.bootconfig.ipxe.faults import Failure
    from uroot_py.bootconfig.ipxe.settings import TYPES

    try:
        block.put(name, values.parse(TYPES.get(name, "string"), text) if text else b"")
    except Failure:
        block.put(name, values.raw(text), "string")


def _builtin(facts: Facts, root: Block) -> None:
    builtin = root.add(Block("builtin", scope="builtin", fixed=True))
    for name, text in (
        ("buildarch", facts.arch),
        ("platform", facts.platform),
        ("version", facts.version),
        ("memsize", str(facts.memory) if facts.memory else ""),
        ("cpuvendor", facts.cpu_vendor),
        ("cpumodel", facts.cpu_model),
    ):
        _put(builtin, name, text)


def _offer(block: Block, options: Mapping[int, bytes], server: str, filename: str) -> None:
    """What a DHCP server said, option by option; those inside of option 175 as well."""
    for number, data in options.items():
        if 0 < number < 255:
            block.put(str(number), data)
    inside = options.get(175, b"")
    while len(inside) > 1 and inside[0] != 255:
        if inside[0] == 0:
            inside = inside[1:]
            continue
        block.put(f"175.{inside[0]}", inside[2 : 2 + inside[1]])
        inside = inside[2 + inside[1] :]
    _put(block, "next-server", server)
    _put(block, "filename", filename)


def _field(structures: list[Structure], tag: int) -> bytes | None:
    """SMBIOS' field TYPE.OFFSET.LENGTH; a length of 0 is the string whose number is there."""
    from uroot_py.base.errors import FormatError

    kind, offset, length = tag >> 16 & 0xFF, tag >> 8 & 0xFF, tag & 0xFF
    structure = next((each for each in structures if each.kind == kind), None)
    if structure is None:
        return None
    try:
        text = structure.string(offset) if not length else ""
    except FormatError:
        return None
    if length and offset + length <= len(structure.area):
        return structure.area[offset : offset + length]
    return text.encode("latin-1", "replace") or None


class Nobody:
    """A host without people: DOWNLOADS fetches, whatever asks a person ends the interpretation.

    ANSWERS are what is chosen in the first menus, by the labels of the rows. What is posted to a
    server is not: that is said to somebody, and looking at a script shall tell nobody anything.
    """

    def __init__(self, downloads: Host, answers: Sequence[str] = ()) -> None:
        self.downloads = downloads
        self.answers = list(answers)

    def open(self, request: Request) -> Download:
        """See Host.open."""
        if request.form is not None:
            raise Leave("input", f"{request.url}: posts what it knows about this machine")
        return self.downloads.open(request)

    def choose(self, menu: Menu, selected: int, timeout: float | None) -> int | None:
        """See Host.choose."""
        if not self.answers:
            raise Leave("menu")
        label = self.answers.pop(0)
        return next((i for i, row in enumerate(menu.rows) if row.label == label), None)

    def prompt(self, text: str, timeout: float | None) -> int | None:
        """See Host.prompt: with a timeout nobody has pressed a key."""
        if timeout is None:
            raise Leave("input", "prompt: waits for a key")
        return None

    def read(self, name: str, value: str, *, hidden: bool = False) -> str | None:
        """See Host.read."""
        raise Leave("input", f"asks for {name}")

    def sleep(self, seconds: int) -> bool:
        """See Host.sleep: nothing is waited for."""
        return True

    def echo(self, text: str) -> None:
        """See Host.echo: the outcome has the lines."""

    def network(self, command: str, names: Sequence[str]) -> None:
        """See Host.network: what is configured stays so."""

    def now(self) -> int:
        """See Host.now."""
        return self.downloads.now()

    def shell(self) -> bool:
        """See Host.shell."""
        return False
