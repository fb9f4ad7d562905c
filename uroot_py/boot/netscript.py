"""What a script for iPXE at a URL offers: ``bootconfig.ipxe`` with files from the network."""

from __future__ import annotations

from uroot_py.base.errors import FormatError, RefusedError
from uroot_py.bootconfig.ipxe import menu
from uroot_py.bootconfig.ipxe.host import Facts, Interface, Nobody
from uroot_py.bootconfig.ipxe.shell import MAX_SCRIPT
from uroot_py.bootconfig.ipxe.uri import Uri
from uroot_py.formats import smbios
from uroot_py.machine.sysroot import HERE
from uroot_py.net.inet import address_bytes, is_address
from uroot_py.net.urltree import UrlTree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uroot_py.bootconfig.entry import BootEntry, Listing
    from uroot_py.bootconfig.ipxe.host import Download, Request
    from uroot_py.bootconfig.tree import Tree
    from uroot_py.net.acquire import Found

    OpenDevice = Callable[[str], Tree | None]

_DMI = "/sys/firmware/dmi/tables/DMI"
_ASKS = "the script asks something when it is started, which this menu cannot pass on yet"
# SMBIOS' strings: name, type of the structure, offset of the string's number
_TEXTS = (("manufacturer", 1, 4), ("product", 1, 5), ("serial", 1, 7), ("asset", 3, 8))


class _Part:
    """A file on a server, read from its beginning as far as somebody wants it."""

    def __init__(self, tree: UrlTree, path: str, url: str) -> None:
        self.tree = tree
        self.path = path
        self.url = url
        self.at = 0
        size = tree.size(path)
        if size is None:
            why = tree.fault or tree.asked.get(path, "too many files were asked for")
            raise RefusedError(f"{url}: {why}")
        self.size: int | None = size or None

    def read(self, limit: int) -> bytes:
        """See Download.read."""
        data = self.tree.read(self.path, limit, self.at) or b""
        self.at += len(data)
        return data

    def close(self) -> None:
        """See Download.close."""


class _Servers:
    """Files by URL from the servers that OPEN_DEVICE knows, the first from TREE at BASE."""

    def __init__(self, base: str, tree: UrlTree, open_device: OpenDevice) -> None:
        self.trees: dict[str, Tree | None] = {base: tree}
        self.open_device = open_device

    def open(self, request: Request) -> Download:
        """See Host.open; RefusedError."""
        uri = Uri(request.url)
        if request.headers:
            raise RefusedError(f"{request.url}: a request with headers is not sent from here")
        if uri.place not in self.trees:
            self.trees[uri.place] = self.open_device(f"{uri.scheme},{uri.authority}")
        tree = self.trees[uri.place]
        if not isinstance(tree, UrlTree):
            raise RefusedError(f"{uri.place}: no server, or one too many")
        return _Part(tree, uri.target, request.url)

    def now(self) -> int:
        """See Host.now."""
        import time

        return int(time.time())


def facts(found: Found | None, cpu: str, uuid: str) -> Facts:
    """What a script may know of this machine, of which FOUND is how it is on the network."""
    known = Facts()
    known.arch = cpu
    known.values = {**_texts(), **({"uuid": uuid} if uuid else {})}
    if found is not None:
        net = Interface(found.name, found.mac or b"")
        address = found.address.partition("/")[0]
        if is_address(address) == 2:
            net.ip = address
        elif address:
            net.values["ip6"] = address
        rows = (1, found.mask), (3, found.gateway), (54, found.server)
        net.options = {number: address_bytes(text) for number, text in rows if _is_four(text)}
        if found.root_path:
            net.options[17] = found.root_path.encode()
        net.next_server = found.server if _is_four(found.server) else ""
        net.filename = found.boot
        known.interfaces = [net]
    return known


def _is_four(text: str) -> bool:
    return bool(text) and is_address(text) == 2


def _texts() -> dict[str, str]:
    """The firmware's names for this machine; none where it gives none."""
    try:
        structures = smbios.parse(HERE.bytes(_DMI))
        return {
            name: structure.string(offset).strip()
            for name, kind, offset in _TEXTS
            for structure in structures
            if structure.kind == kind
        }
    except (OSError, FormatError):
        return {}


def entries(
    path: str, base: str, tree: UrlTree, open_device: OpenDevice, known: Facts, listing: Listing
) -> list[BootEntry]:
    """The entries of the script PATH on TREE, which is the server BASE (``http://10.0.2.2``)."""
    data = tree.read(path, MAX_SCRIPT) or b""
    servers = Nobody(_Servers(base, tree, open_device))  # type: ignore[arg-type]
    found = menu.read(data, base + path, known, servers, listing)
    for entry in found:
        if entry.kind == "ipxe":
            entry.why_not = f"{_ASKS}: {entry.remark.partition(': ')[2]}"
            entry.default, entry.remark = False, ""
    return found
