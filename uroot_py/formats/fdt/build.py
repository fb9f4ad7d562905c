"""The writer of flattened device trees: version 17, which every reader since 2007 takes.

Ref: Devicetree Specification v0.4, chapter 5.
"""

from __future__ import annotations

from struct import pack

from uroot_py.base.errors import FormatError
from uroot_py.formats.fdt import tree as fdt
from uroot_py.formats.fdt.tree import BEGIN_NODE, END, END_NODE, PROP, Header

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.formats.fdt.tree import DeviceTree, Node

_LAST_COMPATIBLE = 16


class _Writer:
    """The structure and strings blocks as they grow."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.strings = bytearray()
        self.offsets: dict[str, int] = {}

    def name_offset(self, name: str, node: Node) -> int:
        """Where NAME is in the strings block."""
        offset = self.offsets.get(name)
        if offset is None:
            _check(name, fdt.PROPERTY_CHARACTERS, f"property name in {node.path}", blanks=True)
            offset = self.offsets[name] = len(self.strings)
            self.strings += name.encode("ascii") + b"\0"
        return offset

    def begin(self, node: Node) -> None:
        """The tokens of NODE up to its first child."""
        if node.parent is not None:
            _check(node.name, fdt.NODE_CHARACTERS, f"node name in {node.parent.path}")
        name = node.name.encode("ascii") + b"\0"
        self.parts.append(pack(">I", BEGIN_NODE) + name + bytes(-len(name) % 4))
        for key, value in node.properties.items():
            size = len(value)
            self.parts.append(pack(">III", PROP, size, self.name_offset(key, node)))
            self.parts.append(value + bytes(-size % 4))

    def write(self, root: Node) -> bytes:
        """The structure block."""
        todo: list[Node | None] = [root]  # None: the end of a node
        while todo:
            node = todo.pop()
            if node is None:
                self.parts.append(pack(">I", END_NODE))
                continue
            self.begin(node)
            todo.append(None)
            todo += reversed(node.children)
        self.parts.append(pack(">I", END))
        return b"".join(self.parts)


def _check(name: str, allowed: bytes, what: str, *, blanks: bool = False) -> None:
    whole = name.encode("utf-8", "surrogateescape")
    raw = fdt.without_blanks(whole) if blanks else whole
    if not raw or raw.translate(None, allowed) or len(whole) > fdt.MAX_NAME:
        expected = f"1 to {fdt.MAX_NAME} letters, digits and ,._+*#?-"
        raise FormatError(f"device tree: {what}", 0, expected, repr(name))


def build(tree: DeviceTree, *, padding: int = 0) -> bytes:
    """The blob of TREE, with PADDING bytes of room behind it that belong to it.

    FormatError for a name or a reservation that no reader would understand.
    """
    for address, size in tree.reservations:
        if not 0 < size < 1 << 64 or not 0 <= address < 1 << 64:
            expected = "an address and a size of 64 bits, the size not 0"
            found = f"{address:#x} and {size:#x}"
            raise FormatError("device tree: reservation", 0, expected, found)
    writer = _Writer()
    structure = writer.write(tree.root)
    entries = [*tree.reservations, (0, 0)]
    start = Header.size + 16 * len(entries)
    header = Header.new(
        magic=fdt.MAGIC,
        totalsize=start + len(structure) + len(writer.strings) + padding,
        off_dt_struct=start,
        off_dt_strings=start + len(structure),
        off_mem_rsvmap=Header.size,
        version=fdt.LAST_VERSION,
        last_comp_version=_LAST_COMPATIBLE,
        boot_cpuid_phys=tree.boot_cpuid,
        size_dt_strings=len(writer.strings),
        size_dt_struct=len(structure),
    )
    map_ = b"".join([pack(">QQ", *entry) for entry in entries])
    return b"".join((bytes(header), map_, structure, writer.strings, bytes(padding)))
