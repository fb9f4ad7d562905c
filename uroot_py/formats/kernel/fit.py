"""FIT images: kernels, device trees and initial file systems in one device tree, with digests.

Ref: Flat Image Tree Specification 0.8 (U-Boot: doc/usage/fit/source_file_format.rst), sections
"/images node", "Hash nodes", "/configurations node", "External data".

``parse`` checks what is said about the parts, ``contents`` a part's digests. Nothing is taken from
a part that is signed or encrypted: RefusedError, because neither can be checked here.
"""

from __future__ import annotations

from uroot_py.base import digest
from uroot_py.base.errors import FormatError, RefusedError
from uroot_py.base.reader import as_bytes
from uroot_py.base.text import printable
from uroot_py.formats.compress import stream as compression
from uroot_py.formats.fdt import tree as fdt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from uroot_py.base.layout import Buffer
    from uroot_py.formats.fdt.tree import Node

MAX_UNPACKED = 1 << 30  # bytes of one part
MAX_TREES = 64  # device trees of one configuration
KERNELS = ("kernel", "kernel_noload")


class Configuration:
    """What belongs together: a kernel, device trees (the first, then overlays), a ramdisk.

    These are names of parts. ``compatible`` are the machines that it is for.
    """

    def __init__(self, node: Node) -> None:
        self.node = node
        self.name = node.name
        self.description = node.string("description") or ""
        self.kernel = node.string("kernel") or ""
        self.trees = node.strings("fdt")
        self.ramdisk = node.string("ramdisk") or ""
        self.others = node.strings("loadables") + node.strings("firmware")
        self.compatible = node.strings("compatible")


class Fit:
    """A parsed image: its parts and configurations by name, and the default configuration's."""

    def __init__(self, data: Buffer, tree: fdt.DeviceTree) -> None:
        self.data = data
        size = tree.header.totalsize if tree.header else len(data)
        self.external = (size + 3) & ~3  # where data-offset counts from
        self.parts = _children(tree, "images")
        nodes = reversed(_children(tree, "configurations").values())
        self.configurations = {node.name: Configuration(node) for node in nodes}
        root = tree.root.child("configurations") or tree.root
        self.default = root.string("default") or ""

    def choose(self, name: str = "", machine: Sequence[str] = ()) -> tuple[Configuration, str]:
        """The configuration NAME, or the one for MACHINE, or the default; and why it is that one.

        MACHINE is what the running device tree is compatible with, the best word first. NAME may go
        on with ``#OTHER``, whose device trees are put on top. FormatError, or RefusedError.
        """
        first, *more = name.split("#")
        chosen, why = self._first(first, machine)
        for other in more:
            chosen.trees = [*chosen.trees, *self._named(other).trees]
        if not chosen.kernel:
            raise _wrong(chosen.node, "kernel", "the name of a part", "none")
        if len(chosen.trees) > MAX_TREES:
            raise _wrong(chosen.node, "fdt", f"at most {MAX_TREES} names", str(len(chosen.trees)))
        if chosen.others:
            others = ", ".join(map(printable, chosen.others))
            raise RefusedError(f"configuration {chosen.name}: no place is known for {others}")
        return chosen, why

    def _first(self, name: str, machine: Sequence[str]) -> tuple[Configuration, str]:
        if name:
            return self._named(name), "as asked"
        for word in machine:
            fitting = [each for each in self.configurations.values() if word in each.compatible]
            fitting.sort(key=lambda each: each.name != self.default)
            if fitting:
                return fitting[0], f"this machine is a {word}"
        if not self.default and len(self.configurations) == 1:
            return next(iter(self.configurations.values())), "the only one"
        found = self.configurations.get(self.default)
        if found is None:
            name = printable(self.default) or "none"
            raise FormatError("FIT image: default", 0, self._known(), name)
        return found, "the default"

    def _named(self, name: str) -> Configuration:
        found = self.configurations.get(name)
        if found is None:
            raise RefusedError(f"no configuration {printable(name)!r} in it", hint=self._known())
        return found

    def _known(self) -> str:
        return f"one of {', '.join(map(printable, self.configurations)) or 'none'}"

    def contents(self, name: str, *types: str) -> bytes:
        """The part NAME, which has to be of one of TYPES, its digests checked, unpacked.

        A ramdisk stays packed: the kernel unpacks it. FormatError, or RefusedError.
        """
        node = self.parts.get(name)
        if node is None:
            raise FormatError("FIT image: /images", 0, f"a part {printable(name)!r}", "none")
        found = node.string("type") or "no type"
        if found not in types:
            raise _wrong(node, "type", " or ".join(types), found)
        data = self._data(node)
        check_unsigned(node)
        for child in node.children:
            if child.name.startswith("hash"):
                _check_hash(child, data)
        named = node.string("compression") or "none"
        if named == "none" or found == "ramdisk":
            return data
        return compression.unpack_named(data, named, MAX_UNPACKED, f"{node.path}: data")

    def _data(self, node: Node) -> bytes:
        """The bytes of a part, inside the tree or behind it."""
        inside = node.properties.get("data")
        if inside is not None:
            return inside
        start = node.u32("data-position")
        if start is None:
            offset = node.u32("data-offset")
            start = None if offset is None else self.external + offset
        size = node.u32("data-size")
        if start is None or size is None:
            raise _wrong(node, "data", "the bytes, or where they are", "none")
        if start + size > len(self.data):
            found = f"{start:#x}+{size:#x}"
            raise _wrong(node, "data-size", f"data inside {len(self.data):#x} bytes", found)
        return bytes(self.data[start : start + size])


def check_unsigned(node: Node) -> None:
    """RefusedError when NODE, a part or a configuration, is signed or encrypted."""
    for child in node.children:
        if child.name.startswith("signature"):
            key = printable(child.string("key-name-hint") or "")
            raise RefusedError(
                f"{node.path} is signed{f' with the key {key}' if key else ''}",
                hint="signatures of FIT images cannot be checked here",
            )
        if child.name.startswith("cipher"):
            raise RefusedError(f"{node.path} is encrypted")


def _children(tree: fdt.DeviceTree, name: str) -> dict[str, Node]:
    node = tree.root.child(name)
    if node is None:
        raise FormatError(f"FIT image: /{name}", 0, "a node", "none")
    # Of two with the same name the first counts, as it does for U-Boot.
    return {child.name: child for child in reversed(node.children)}


def _wrong(node: Node, name: str, expected: str, found: str) -> FormatError:
    return node.wrong(name, 0, expected, printable(found))


def _check_hash(node: Node, data: bytes) -> None:
    name = node.string("algo") or ""
    value = node.properties.get("value", b"")
    if name == "crc32":
        from zlib import crc32

        found = as_bytes(crc32(data), 4, "big")
    elif name == "crc16-ccitt":
        from binascii import crc_hqx

        found = as_bytes(crc_hqx(data, 0), 2, "big")
    elif name in digest.KINDS:
        found = digest.digest(name, data)
    else:
        known = ", ".join(("crc16-ccitt", "crc32", *digest.KINDS))
        raise _wrong(node, "algo", f"one of {known}", name or "none")
    if found != value:
        raise _wrong(node, "value", value.hex() or "a digest", found.hex())


def parse(data: Buffer) -> Fit:
    """The image that DATA begins with. Raises FormatError."""
    return Fit(data, fdt.parse(bytes(data)))
