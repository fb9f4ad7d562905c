"""What reads boot configurations, as find.scan meets them on a volume."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts.builders.pe import by_struct
from uroot_py.base.errors import RefusedError
from uroot_py.bootconfig import loader, syslinux
from uroot_py.bootconfig.entry import Listing
from uroot_py.bootconfig.find import scan
from uroot_py.bootconfig.grub import blscfg, envblock, menu
from uroot_py.bootconfig.ipxe import menu as ipxe
from uroot_py.bootconfig.ipxe.host import Facts, Interface, Nobody
from uroot_py.bootconfig.tree import MemoryTree
from uroot_py.bootconfig.versions import compare
from uroot_py.bootconfig.volumes import Volume, Volumes
from uroot_py.terminal.keys import Keys
from uroot_py.terminal.line import Line

if TYPE_CHECKING:
    from collections.abc import Callable

    from uroot_py.bootconfig.ipxe.host import Download, Request

    Target = Callable[[bytes], object]

ENV = b"# GRUB Environment Block\na=b\n"
FILES = {
    **dict.fromkeys(("/k", "/i"), b"file"),
    "/boot/grub/grubenv": ENV,
    "/boot/grub2/grub.cfg": b"load_env\nset root=hd0,gpt1\nblscfg\n",
    "/boot/loader/entries/f.conf": b"title F\nlinux /k\noptions $kernelopts\n",
    "/live.iso": b"",
}
# Where scan() finds the input; that of live.iso is inside of it.
PATHS = {
    "grub": "/boot/grub/grub.cfg",
    "grubenv": "/boot/grub2/grubenv",
    "blscfg": "/boot/loader/entries/a.conf",
    "loopback": "/live.iso",
    "syslinux": "/syslinux/syslinux.cfg",
    "bls": "/loader/entries/a+3.conf",
    "loader": "/loader/loader.conf",
    "uki": "/EFI/Linux/a.efi",
    "addon": "/EFI/Linux/whole.efi.extra.d/a.addon.efi",
}


def found_by_scan(path: str) -> Target:
    """Look for boot configurations where the file PATH is the input."""
    # scan() imports these on use; here they are wanted before, to be instrumented.
    assert all((blscfg, loader, menu, syslinux))
    whole = {"/EFI/Linux/whole.efi": by_struct([(".linux", b"kernel"), (".cmdline", b"a")])}

    def run(data: bytes) -> object:
        tree = MemoryTree({**FILES, **whole, path: data}, uuid="u", label="l")
        home = Volume(tree, "hd0,gpt1")
        inside = MemoryTree({"/boot/grub/loopback.cfg": data, "/k": b"kernel"})
        return scan(home, Volumes([home], lambda volume, image: inside))

    return run


def block(data: bytes) -> object:
    """An environment block that can be read can be written."""
    return envblock.build(data, {"a": envblock.parse(data).get("b", "c")})


def versions(data: bytes) -> None:
    """The order of two versions is the other way round for the other two."""
    one, _, other = data[:512].decode("utf-8", "surrogateescape").partition("\n")
    if compare(one, other) != -compare(other, one):
        raise AssertionError("the order of versions is not symmetric")


def typed(data: bytes) -> None:
    """Whatever is typed, the cursor stays on the line."""
    keys, line = Keys(), Line("root=/dev/sda1 ro")
    for byte in data:
        line.press(keys.feed(byte) or "left")
        if not 0 <= line.cursor <= len(line.text):
            raise AssertionError("the cursor left the line")


class Anything:
    """A web server whose every file is DATA; half of the names are absent."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.size: int | None = len(data)
        self.url = ""

    def open(self, request: Request) -> Download:
        """A file again, from its beginning."""
        if len(request.url) % 2:
            raise RefusedError("absent")
        again = Anything(self.data)
        again.url = request.url
        return again

    def read(self, limit: int) -> bytes:
        """The next piece."""
        piece, self.data = self.data[:limit], self.data[limit:]
        return piece

    def close(self) -> None:
        """Nothing is kept."""

    def now(self) -> int:
        """A moment in the year 2026."""
        return 1796074973


def ipxe_script(data: bytes) -> object:
    """A script for iPXE, which finds itself under every second name, and its menus."""
    facts = Facts()
    net = Interface("eth0", data[:6])
    net.options, net.filename = {175: data[:60], 67: data[:9]}, "f"
    facts.interfaces = [net]
    host = Nobody(Anything(data))  # type: ignore[arg-type]
    return ipxe.read(data, "http://10.0.2.2/a", facts, host, Listing())
