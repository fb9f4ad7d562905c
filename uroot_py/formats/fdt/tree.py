"""Flattened device trees: the strict reader and the tree it gives.

Ref: Devicetree Specification v0.4, chapter 5 (flattened devicetree format); the versions before 16
(full paths as node names, values of 8 bytes and more aligned to 8) as dtc 1.6.1 writes them.

``parse`` accepts versions 1 to 17 with their blocks in any order, and nothing that two readers
could understand differently: everything else is a FormatError with the offset in the blob.
Lookups, addresses and edits are in ``fdt_access`` and ``fdt_edit``, text in ``fdt_text``, the
writer in ``fdt_build``.
"""

from __future__ import annotations

from itertools import repeat
from struct import Struct

from uroot_py.base.errors import FormatError
from uroot_py.base.layout import Layout, u32
from uroot_py.base.reader import number_at, numbers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import NoReturn

MAGIC = 0xD00DFEED
LAST_VERSION = 17
MAX_SIZE = 1 << 30  # bytes of a blob (a FIT image carries kernels and initial file systems)
MAX_DEPTH = 64  # nodes below each other, the root included; Linux stops there, too
MAX_TOKENS = 1 << 20  # begins, ends, properties and NOPs of one tree
MAX_NAME = 255  # bytes of a node's or a property's name
MAX_PATH = 4095  # bytes of a full path where versions before 16 have a name
MAX_RESERVATIONS = 4096

BEGIN_NODE, END_NODE, PROP, NOP, END = 1, 2, 3, 4, 9

# Ref: section 2.2.1 and 2.2.4, with what dtc takes beyond it (`_` in nodes, upper case anywhere).
_LETTERS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
PROPERTY_CHARACTERS = _LETTERS + b",._+*#?-"
NODE_CHARACTERS = PROPERTY_CHARACTERS + b"@"


class Header(Layout, size=40, order="big", title="device tree header"):
    """The header of version 17; older ones are shorter."""

    magic = u32(0x00)
    totalsize = u32(0x04)
    off_dt_struct = u32(0x08)
    off_dt_strings = u32(0x0C)
    off_mem_rsvmap = u32(0x10)
    version = u32(0x14)
    last_comp_version = u32(0x18)
    boot_cpuid_phys = u32(0x1C)  # since version 2
    size_dt_strings = u32(0x20)  # since version 3
    size_dt_struct = u32(0x24)  # since version 17


def header_size(version: int) -> int:
    """Bytes of the header of VERSION."""
    if version < 2:
        return 28
    if version < 3:
        return 32
    return 36 if version < LAST_VERSION else 40


class Node:
    """A node: its name with unit address (empty for the root), properties and children in order."""

    __slots__ = ("children", "name", "parent", "properties")

    def __init__(self, name: str, parent: Node | None = None) -> None:
        self.name = name
        self.parent = parent
        self.properties: dict[str, bytes] = {}
        self.children: list[Node] = []

    def __repr__(self) -> str:
        return f"<Node {self.path}: {len(self.properties)} properties>"

    @property
    def path(self) -> str:
        """The full path; ``/`` for the root."""
        names = []
        node = self
        while node.parent is not None:
            names.append(node.name)
            node = node.parent
        return "/" + "/".join(reversed(names))

    def walk(self) -> Iterator[Node]:
        """The node and everything below it, in file order."""
        todo = [self]
        while todo:
            node = todo.pop()
            yield node
            todo += reversed(node.children)

    def child(self, name: str) -> Node | None:
        """The child NAME; without a unit address, the first one whose name is NAME before ``@``."""
        for node in self.children:
            if node.name == name or ("@" not in name and node.name.partition("@")[0] == name):
                return node
        return None

    def wrong(self, name: str, offset: int, expected: str, found: str) -> FormatError:
        """The error for the value of property NAME; OFFSET counts from the value's beginning."""
        return FormatError(f"{self.path}: property {name}", offset, expected, found)

    def cells(self, name: str) -> list[int]:
        """The value as 32-bit numbers; empty when there is none."""
        value = self.properties.get(name, b"")
        if len(value) % 4:
            raise self.wrong(name, len(value) & ~3, "cells of 4 bytes", f"{len(value)} bytes")
        return numbers(value, 4, "big")

    def _number(self, name: str, sizes: tuple[int, ...]) -> int | None:
        value = self.properties.get(name)
        if value is None:
            return None
        if len(value) not in sizes:
            expected = " or ".join(map(str, sizes))
            raise self.wrong(name, 0, f"{expected} bytes", f"{len(value)} bytes")
        return number_at(value, 0, len(value), "big")

    def u32(self, name: str) -> int | None:
        """The value as one 32-bit number, or None when there is none."""
        return self._number(name, (4,))

    def u64(self, name: str) -> int | None:
        """The value as one 64-bit number, or None when there is none."""
        return self._number(name, (8,))

    def number(self, name: str) -> int | None:
        """The value as a number of 4 or 8 bytes, as ``linux,initrd-start`` may be, or None."""
        return self._number(name, (4, 8))

    def strings(self, name: str) -> list[str]:
        """The value as NUL-terminated strings; empty when there is none."""
        value = self.properties.get(name, b"")
        if not value:
            return []
        if value[-1]:
            raise self.wrong(name, len(value) - 1, "a string that ends in NUL", f"{value[-1]:#04x}")
        return value[:-1].decode("utf-8", "surrogateescape").split("\0")

    def string(self, name: str) -> str | None:
        """The first string of the value, or None."""
        strings = self.strings(name)
        return strings[0] if strings else None

    @property
    def phandle(self) -> int | None:
        """The number that other nodes call this one by, or None."""
        return self.u32("phandle" if "phandle" in self.properties else "linux,phandle")


class DeviceTree:
    """A device tree: the root node, the reservation map, what else a header carries."""

    def __init__(self, root: Node | None = None) -> None:
        self.root = root or Node("")
        self.reservations: list[tuple[int, int]] = []  # (address, size) in bytes
        self.boot_cpuid = 0
        self.header: Header | None = None  # of the blob that was read

    @property
    def version(self) -> int:
        """The version of the blob that was read, or the one that is written."""
        return self.header.version if self.header else LAST_VERSION

    def find(self, path: str) -> Node | None:
        """The node at PATH, or None; a path that begins with no ``/`` begins with an alias."""
        first, _, rest = path.partition("/")
        node: Node | None = self.root
        if first:
            aliases = self.root.child("aliases")
            target = aliases.string(first) if aliases else None
            if target is None or not target.startswith("/"):
                return None
            rest = f"{target}/{rest}"
        for name in rest.split("/"):
            if name and node is not None:
                node = node.child(name)
        return node


def _wrong(what: str, offset: int, expected: str, found: str) -> NoReturn:
    raise FormatError(f"device tree: {what}", offset, expected, found)


def raw_header(blob: bytes) -> Header:
    """The header as it stands there; fields that its version does not have yet are 0."""
    size = header_size(number_at(blob, 0x14, 4, "big"))
    return Header(blob[:size].ljust(Header.size, b"\0"))


def read_header(blob: bytes) -> Header:
    """The header, with its magic number, sizes and versions checked."""
    if blob[:4] != b"\xd0\x0d\xfe\xed":
        _wrong("magic number", 0, "d00dfeed", blob[:4].hex() or "nothing")
    if len(blob) < header_size(1):
        _wrong("header", 0, f"{header_size(1)} bytes", f"{len(blob)} bytes")
    header = raw_header(blob)
    version = header.version
    if not 1 <= version <= LAST_VERSION:
        _wrong("version", 0x14, f"1 to {LAST_VERSION}", str(version))
    if header.last_comp_version > version:
        _wrong(
            "last_comp_version", 0x18, f"at most version {version}", str(header.last_comp_version)
        )
    if header.totalsize < header_size(version):
        _wrong("totalsize", 4, f"at least {header_size(version):#x}", f"{header.totalsize:#x}")
    if header.totalsize > min(len(blob), MAX_SIZE):
        limit = "the limit" if len(blob) > MAX_SIZE else "the size of the data"
        most = min(len(blob), MAX_SIZE)
        _wrong("totalsize", 4, f"at most {most:#x} ({limit})", f"{header.totalsize:#x}")
    return header


def _read_reservations(blob: bytes, start: int, end: int) -> list[tuple[int, int]]:
    entry = Struct(">QQ")
    found: list[tuple[int, int]] = []
    for offset in range(start, end - 15, 16):
        address, size = entry.unpack_from(blob, offset)
        if not size:
            if address:
                _wrong("reservation size", offset + 8, f"that of {address:#x}", "0")
            return found
        if len(found) == MAX_RESERVATIONS:
            _wrong("reservation map", offset, f"at most {MAX_RESERVATIONS} entries", "more")
        found.append((address, size))
    _wrong("reservation map", start, "an entry of zeros at its end", "none")


class Blocks:
    """Where the blocks of a blob begin and end, checked against each other."""

    def __init__(self, blob: bytes, header: Header) -> None:
        total, version = header.totalsize, header.version
        self.struct = header.off_dt_struct
        self.strings = header.off_dt_strings
        starts = sorted((header.off_mem_rsvmap, self.struct, self.strings, total))
        for name, start, align in (
            ("off_dt_struct", self.struct, 4),
            ("off_dt_strings", self.strings, 1),
            ("off_mem_rsvmap", header.off_mem_rsvmap, 8),
        ):
            if not header_size(version) <= start <= total:
                inside = f"inside [{header_size(version):#x}, {total:#x}]"
                _wrong(name, getattr(Header, name).offset, inside, f"{start:#x}")
            if start % align:
                _wrong(name, getattr(Header, name).offset, f"a multiple of {align}", f"{start:#x}")

        def following(start: int) -> int:
            return min((other for other in starts if other > start), default=total)

        self.struct_end = self.struct + header.size_dt_struct
        if version < LAST_VERSION:
            self.struct_end = following(self.struct)
        self.strings_end = self.strings + header.size_dt_strings
        if version < 3:
            self.strings_end = following(self.strings)
        for name, start, end in (
            ("size_dt_struct", self.struct, self.struct_end),
            ("size_dt_strings", self.strings, self.strings_end),
        ):
            most = following(start) - start
            if end - start > most:
                offset = getattr(Header, name).offset
                _wrong(name, offset, f"at most {most:#x}", f"{end - start:#x}")
        start = header.off_mem_rsvmap
        self.reservations = _read_reservations(blob, start, following(start))


def without_blanks(name: bytes) -> bytes:
    """NAME of a property without the blanks behind it, which dtc's fdtdump takes; EDK2 writes some.

    Ref: edk2, UefiPayloadPkg/Tools/MkFitImage.py ("build-revision ").
    """
    return name.rstrip(b" ") or name


def _name(raw: bytes, allowed: bytes, what: str, offset: int) -> str:
    bad = raw.translate(None, allowed)
    if bad or not raw:
        where = offset + (raw.index(bad[:1]) if bad else 0)
        _wrong(what, where, "letters, digits and ,._+*#?-", repr(raw)[1:])
    return raw.decode("ascii")


class _Closed(dict[str, bytes]):
    """The properties of a node that takes no more of them: every name is in there already."""

    def __contains__(self, name: object) -> bool:
        return True


_CLOSED = _Closed()


class _Reader:
    """The structure block on its way to nodes. Offsets inside it count from its beginning."""

    def __init__(self, blob: bytes, blocks: Blocks, version: int) -> None:
        self.start = blocks.struct
        self.size = blocks.struct_end - blocks.struct
        # Zeros behind the block: every token is read as three words, and a zero is no token.
        self.block = blob[blocks.struct : blocks.struct_end] + bytes(16)
        self.strings = blob[blocks.strings : blocks.strings_end]
        self.strings_start = blocks.strings
        self.old = version < 16
        self.root: Node | None = None

    def wrong(self, what: str, position: int, expected: str, found: str) -> NoReturn:
        """A FormatError at POSITION of the block."""
        _wrong(what, self.start + position, expected, found)

    def property_name(self, offset: int, position: int) -> str:
        """The name at OFFSET of the strings block, for the property at POSITION."""
        if offset >= len(self.strings):
            limit = f"below {len(self.strings):#x}"
            self.wrong("property name offset", position + 8, limit, f"{offset:#x}")
        end = self.strings.find(0, offset, offset + MAX_NAME + 1)
        where = self.strings_start + offset
        if end < 0:
            _wrong("property name", where, f"a NUL within {MAX_NAME} bytes", "none")
        raw = self.strings[offset:end]
        bare = _name(without_blanks(raw), PROPERTY_CHARACTERS, "property name", where)
        return bare + " " * (len(raw) - len(bare))

    def node_name(self, position: int, end: int, parent: Node | None) -> str:
        """The name of the node that begins at POSITION; its bytes end at END. All checks."""
        most = MAX_PATH if self.old else MAX_NAME
        if not position < end <= min(self.size, position + 4 + most):
            self.wrong("node name", position + 4, f"a NUL within {most} bytes", "none")
        raw = self.block[position + 4 : end]
        if self.old:
            raw = self.last_name(raw, position, parent)
        if parent is None:
            if raw:
                self.wrong("name of the root node", position + 4, "none", repr(raw)[1:])
            return ""
        name = _name(raw, NODE_CHARACTERS, "node name", self.start + end - len(raw))
        if name.count("@") > 1 or name[0] == "@":
            self.wrong("node name", position + 4, "NAME or NAME@ADDRESS", repr(name))
        return name

    def last_name(self, raw: bytes, position: int, parent: Node | None) -> bytes:
        """The part of the full path RAW that is below PARENT."""
        above = b"/" if parent is None else parent.path.rstrip("/").encode() + b"/"
        if not raw.startswith(above):
            self.wrong("node path", position + 4, f"{above.decode()!r} first", repr(raw)[1:])
        return raw[len(above) :]

    def bad_property(self, position: int, size: int, name: str, node: Node | None) -> NoReturn:
        """Say what is wrong with the property at POSITION in NODE."""
        if node is None:
            self.bad_token(PROP, position, node)
        what = f"property {name} of {node.path}"
        if name in node.properties:
            self.wrong(what, position, "no second one of that name", "one")
        if node.children:
            self.wrong(what, position, "properties before subnodes", "it after one")
        left = f"at most {max(self.size - position - 12, 0):#x}"
        self.wrong(f"size of {what}", position + 4, left, f"{size:#x}")

    def bad_token(self, tag: int, position: int, node: Node | None) -> NoReturn:
        """Say what is wrong with the token at POSITION in NODE."""
        names = {1: "FDT_BEGIN_NODE", 2: "FDT_END_NODE", 3: "FDT_PROP", 9: "FDT_END"}
        expected = "FDT_PROP, a node or its end"
        if node is None:
            expected = "FDT_END" if self.root else "FDT_BEGIN_NODE"
        place = "after the root node" if self.root else "first"
        if node:
            place = f"in {node.path}"
        found = names.get(tag, f"{tag:#x}")
        if position + 4 > self.size:
            found = "the end of the block"
        self.wrong(f"token {place}", position, expected, found)

    def begin(self, position: int, end: int, parent: Node | None, depth: int) -> Node:
        """A new node below PARENT, whose name is the bytes from POSITION + 4 to END."""
        raw = self.block[position + 4 : end]
        if (
            parent is None
            or self.old
            or not 0 < len(raw) <= MAX_NAME
            or end > self.size
            or raw.translate(None, NODE_CHARACTERS)
            or raw.count(b"@") > 1
            or raw[0] == 0x40
        ):
            if parent is None and self.root:
                self.bad_token(BEGIN_NODE, position, None)
            name = self.node_name(position, end, parent)
        else:
            name = raw.decode()
        if depth > MAX_DEPTH:
            self.wrong("node", position, f"at most {MAX_DEPTH} levels", "one more")
        node = Node(name, parent)
        if parent is None:
            self.root = node
        else:
            parent.children.append(node)
        return node

    def read(self) -> Node:
        """The root node, in one loop that is bounded by MAX_TOKENS.

        What is done for each property is spelled out here: it is most of the time of a boot.
        """
        block, size, old = self.block, self.size, self.old
        token = Struct(">3I").unpack_from
        names: dict[int, str] = {}
        node: Node | None = None
        properties: dict[str, bytes] = _CLOSED
        depth = position = 0
        for _ in repeat(None, MAX_TOKENS):
            tag, length, name_offset = token(block, position)
            if tag == PROP:
                start = position + 12
                if old and length >= 8:
                    start = (start + 7) & ~7
                end = start + length
                try:
                    name = names[name_offset]
                except KeyError:
                    name = names[name_offset] = self.property_name(name_offset, position)
                if end > size or name in properties:
                    self.bad_property(position, length, name, node)
                properties[name] = block[start:end]
                position = (end + 3) & ~3
            elif tag == END_NODE and node:
                node = node.parent
                properties = _CLOSED
                depth -= 1
                position += 4
            elif tag == BEGIN_NODE:
                end = block.find(0, position + 4)
                depth += 1
                node = self.begin(position, end, node, depth)
                properties = node.properties
                position = (end + 4) & ~3
            elif tag == NOP:
                position += 4
            elif tag == END and self.root and not node:
                return self.root
            else:
                self.bad_token(tag, position, node)
        return self.wrong("structure", position, f"at most {MAX_TOKENS} tokens", "more")


def parse(blob: bytes | bytearray | memoryview) -> DeviceTree:
    """The tree in BLOB, which may be longer than the tree. Raises FormatError."""
    data = bytes(blob)
    header = read_header(data)
    blocks = Blocks(data, header)
    tree = DeviceTree(_Reader(data, blocks, header.version).read())
    tree.header = header
    tree.reservations = blocks.reservations
    tree.boot_cpuid = header.boot_cpuid_phys
    return tree
