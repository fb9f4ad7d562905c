"""From a boot file's URL to entries: what is fetched is known by what it is, not by its name.

A kernel, a unified kernel image or a configuration is that; a boot loader's program is where its
configuration is looked for, as that loader would.

Ref: SYSLINUX doc/pxelinux.txt, "How do I configure PXELINUX?"; GNU GRUB Manual 2.06, 9 "Booting
GRUB from the network".
"""

from __future__ import annotations

from uroot_py.base.errors import UrootError
from uroot_py.base.text import printable
from uroot_py.boot import netscript
from uroot_py.bootconfig import syslinux, uki
from uroot_py.bootconfig.entry import BootEntry, FileRef, Listing
from uroot_py.bootconfig.find import is_linux_entry
from uroot_py.bootconfig.grub import menu as grub
from uroot_py.bootconfig.ipxe.syntax import is_script
from uroot_py.bootconfig.tree import normalise
from uroot_py.bootconfig.volumes import Volume, Volumes
from uroot_py.net.inet import address_bytes, is_address
from uroot_py.net.url import PORTS, Url
from uroot_py.net.urltree import UrlTree
from uroot_py.payload.request import HEAD_SIZE, identify

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.bootconfig.tree import Tree
    from uroot_py.net.acquire import Found
    from uroot_py.payload.request import Kind

_CPUS = {"aarch64": "arm64", "i686": "i386"}
_TEXTS = ("text", "script")
_SYSLINUX = {"label", "default", "ui", "include", "prompt"}
_GRUB = {"menuentry", "configfile", "source", "linux", "if", "submenu", "set", "load_env"}
_GRUB_FOLDERS = ("", "/grub", "/grub2", "/boot/grub", "/boot/grub2")


class Place:
    """What is looked at: the interface it was FOUND by, and what it says of this machine.

    ``uuid`` is text; ``uname`` as the system call says it; ``initrds`` and ``cmdline`` are for a
    kernel that comes without a configuration.
    """

    def __init__(self, found: Found | None, *, uuid: str, uname: str) -> None:
        self.found = found
        self.uuid = uuid
        self.uname = uname
        self.cpu = _CPUS.get(uname, uname)
        self.initrds: list[str] = []
        self.cmdline = ""
        self.by_hand = False  # somebody has named the URL: nothing else is meant

    @property
    def mac(self) -> str:
        """The hardware address as PXELINUX and GRUB write it, with the kind in front; or ''."""
        return f"01-{self.found.mac.hex('-')}" if self.found and self.found.mac else ""

    @property
    def address(self) -> str:
        """The address of IPv4, without its length; or ''."""
        text = self.found.address.partition("/")[0] if self.found else ""
        return text if is_address(text) == 2 else ""

    def sysappend(self, server: str) -> dict[int, str]:
        """SYSLINUX's additions to command lines, by bit. Ref: doc/sysappend.txt."""
        words = {}
        if self.found and self.address and self.found.mask:
            found = self.found
            boot = server if is_address(server) else found.server
            words[1] = f"ip={self.address}:{boot}:{found.gateway}:{found.mask}"
        if self.mac:
            words[2] = f"BOOTIF={self.mac}"
        if self.uuid:
            words[4] = f"SYSUUID={self.uuid}"
        return words


class Offered:
    """What a URL leads to: a Listing, and the servers that its files are on, as (device, base)."""

    def __init__(self) -> None:
        self.listing = Listing()
        self.servers: list[tuple[str, str]] = []


def device_of(url: Url) -> str:
    """The server of URL as GRUB names it: ``http,10.0.0.1:8080``."""
    return f"{url.scheme},{url.authority}"


def base_of(device: str) -> str:
    """The base of a tree for a server, as ``device_of`` names it; '' for what is none."""
    scheme, _, host = device.partition(",")
    return f"{scheme}://{host}" if scheme in PORTS and host else ""


def discover(text: str, place: Place) -> Offered:
    """What the URL TEXT offers to the machine at PLACE. Raises nothing: a fault is a line."""
    offered = Offered()
    try:
        url = Url(text)
    except UrootError as error:
        offered.listing.faults.append(str(error))
        return offered
    trees: list[UrlTree] = []

    def open_device(name: str) -> UrlTree | None:
        kind, _, host = name.partition(",")
        kind = "tftp" if kind == "pxe" else kind
        base = base_of(f"{kind},{host or url.authority}")
        if not base or len(trees) > 16:
            return None
        trees.append(UrlTree(base))
        return trees[-1]

    volumes = Volumes([])
    volumes.open_device = open_device
    volumes.sysappend = place.sysappend(url.host)
    tree = UrlTree(base_of(device_of(url)))
    trees.append(tree)
    home = volumes.add(tree, device_of(url), url.text)
    _look(url, home, volumes, place, offered.listing)
    for entry in offered.listing.entries:
        entry.linux = is_linux_entry(entry, home, volumes)
        for ref in entry.files():
            ref.volume = ref.volume or f"device={home.device}"
    offered.servers = [
        (volume.device, volume.tree.base)
        for volume in volumes.all
        if isinstance(volume.tree, UrlTree)
    ]
    for each in trees:
        if each.fault:
            offered.listing.faults.append(f"{each.base}: {each.fault}")
        looked = {path: what for path, what in each.asked.items() if what != each.fault}
        offered.listing.looked += [(f"{each.base}{path}", what) for path, what in looked.items()]
    return offered


def _look(url: Url, home: Volume, volumes: Volumes, place: Place, listing: Listing) -> None:
    """Fill LISTING with what is at URL, or beside it."""
    path = url.path
    head = None if path.endswith("/") else home.tree.read(path, HEAD_SIZE)
    if head is None and not path.endswith("/") and (place.by_hand or url.scheme == "https"):
        listing.faults += _why_not(url, path, home.tree)
        if listing.faults or place.by_hand:
            return
    kind = identify(head) if head else None
    if head and is_script(head) and isinstance(home.tree, UrlTree):
        known = netscript.facts(place.found, place.cpu, place.uuid)
        base, servers = base_of(home.device), volumes.open_device
        listing.entries = netscript.entries(path, base, home.tree, servers, known, listing)
    elif kind and kind.name in _TEXTS and (loader := _loader_of(head or b"")):
        if loader == "syslinux":
            listing.entries = syslinux.read(home, path, volumes, listing)
        else:
            _grub(path, home, volumes, place, listing)
    elif kind and kind.name == "uki":
        listing.entries = _image(path, home, place, listing)
    elif kind and kind.kernel and kind.name != "pe":
        listing.entries = [_kernel(url, kind, place)]
    else:
        _beside(url, home, volumes, place, listing)
    if not listing.entries and not listing.faults:
        what = kind.text if kind else "nothing"
        listing.faults.append(
            f"{url.text}: {what}, and no configuration of PXELINUX or GRUB beside it"
        )


def _why_not(url: Url, path: str, tree: Tree) -> list[str]:
    """Why the file PATH cannot be had; nothing of a server that does not answer: that is a line."""
    if not isinstance(tree, UrlTree) or tree.fault:
        return []
    why = tree.asked.get(path, "absent")
    if why == "absent":
        return [f"{url.text}: nothing is there"]
    return [why if why.startswith(url.text) else f"{url.text}: {why}"]


def _kernel(url: Url, kind: Kind, place: Place) -> BootEntry:
    """The entry for a kernel that comes alone; its command line is the image's or the server's."""
    entry = BootEntry(url.text, printable(url.name), source=url.text)
    entry.kernel = FileRef(url.path)
    words = place.found.words if place.found else ""
    entry.cmdline = " ".join(filter(None, (place.cmdline, words)))
    for text in place.initrds:
        initrd = url.join(text)
        entry.initrds.append(FileRef(initrd.path, f"device={device_of(initrd)}"))
    entry.default = True
    if kind.name.startswith("multiboot"):
        entry.kind = "multiboot2" if kind.name == "multiboot2" else "multiboot"
    entry.notes.append(f"{kind.text}, started as it is")
    return entry


def _image(path: str, home: Volume, place: Place, listing: Listing) -> list[BootEntry]:
    """The entries of a unified kernel image; its parts are parts of the file."""
    try:
        rows = uki.load(home.tree, path, place.cpu)
    except UrootError as error:
        listing.faults.append(f"{path}: {error}")
        return []
    entries = [row.entry for row in rows]
    for entry in entries[:1]:
        entry.default = True
    return entries


def _loader_of(head: bytes) -> str:
    """Whose configuration the text HEAD begins: ``syslinux``, ``grub``, '' for nobody's."""
    lines = head.decode("utf-8", "replace").lower().split("\n")
    words = {line.split()[0] for line in lines if line.strip()}
    if words & {"menuentry", "configfile"}:
        return "grub"
    if words & _SYSLINUX:
        return "syslinux"
    return "grub" if words & _GRUB else ""


def _grub(path: str, home: Volume, volumes: Volumes, place: Place, listing: Listing) -> None:
    server = home.device.partition(",")[2]
    exported = {
        "net_default_server": server, "pxe_default_server": server, "net_default_ip": place.address,
        "net_default_mac": place.mac[3:].replace("-", ":"), "net_default_interface": "efinet0",
    }  # fmt: skip
    listing.entries = grub.read(
        home, path, volumes, listing, platform="efi", cpu=place.cpu, exported=exported
    )


def _beside(url: Url, home: Volume, volumes: Volumes, place: Place, listing: Listing) -> None:
    """The configuration that a boot loader at URL would read."""
    found = place.found
    prefix = url.path.rpartition("/")[0]
    if found and found.path_prefix and "://" not in found.path_prefix:
        prefix = normalise(found.path_prefix).rstrip("/")
    first = [normalise(found.config_file, prefix or "/")] if found and found.config_file else []
    searches = [
        (first + pxelinux_names(prefix, place), "syslinux"),
        (grub_names(prefix, place), "grub"),
    ]
    if "grub" in url.name.lower() or url.name.lower().startswith(("shim", "boot", "core")):
        searches.reverse()
    for names, kind in searches:
        for path in names:
            if home.tree.size(path) is None:
                continue
            if kind == "syslinux":
                listing.entries = syslinux.read(home, path, volumes, listing, prefix or "/")
            else:
                _grub(path, home, volumes, place, listing)
            if listing.entries:
                return
            break


def pxelinux_names(prefix: str, place: Place) -> list[str]:
    """The configurations that PXELINUX looks for below PREFIX, in its order."""
    names = [place.uuid, place.mac]
    if place.address:
        number = address_bytes(place.address).hex().upper()
        names += [number[:size] for size in range(8, 0, -1)]
    return [f"{prefix}/pxelinux.cfg/{name}" for name in [*names, "default"] if name]


def grub_names(prefix: str, place: Place) -> list[str]:
    """The configurations that a GRUB may look for that was started from the folder PREFIX."""
    above = prefix.rpartition("/")[0]
    folders = dict.fromkeys([prefix, f"{prefix}/grub", above, *_GRUB_FOLDERS])
    names = []
    for folder in folders:
        names += [f"{folder}/grub.cfg-{place.mac}"] if place.mac else []
        if place.address:
            names.append(f"{folder}/grub.cfg-{address_bytes(place.address).hex().upper()}")
        names.append(f"{folder}/grub.cfg")
    return names
