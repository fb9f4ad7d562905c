"""Our trees to pyfdt's object model and back, for callers who want that model.

pyfdt trusts its input: it is given trees that ``fdt.parse`` accepted, never bytes.
Nothing in the image imports this module.
"""

from __future__ import annotations

from pyfdt.pyfdt import (
    Fdt,
    FdtNode,
    FdtProperty,
    FdtPropertyBytes,
    FdtPropertyStrings,
    FdtPropertyWords,
)

from uroot_py.base.errors import FormatError
from uroot_py.base.reader import as_bytes
from uroot_py.formats.fdt.edit import add
from uroot_py.formats.fdt.tree import DeviceTree, Node


def _converted(node: Node) -> FdtNode:
    """NODE without its children."""
    new = FdtNode(node.name or "/")
    for name, value in node.properties.items():
        new.append(FdtProperty.new_raw_property(name, value))
    taken = set(node.properties)
    for child in node.children:
        # pyfdt has one name space for both, and one node of a name.
        if child.name in taken:
            raise FormatError(f"device tree: {child.path}", 0, "a name used once in pyfdt", "twice")
        taken.add(child.name)
    return new


def to_pyfdt(tree: DeviceTree) -> Fdt:
    """TREE as a pyfdt.Fdt. FormatError where a node and a property have one name."""
    fdt = Fdt(version=17, last_comp_version=16, boot_cpuid_phys=tree.boot_cpuid)
    root = _converted(tree.root)
    todo = [(tree.root, root)]
    while todo:
        node, new = todo.pop()
        for child in node.children:
            inner = _converted(child)
            inner.set_parent_node(new)
            new.append(inner)
            todo.append((child, inner))
    fdt.add_rootnode(root)
    entries = [{"address": address, "size": size} for address, size in tree.reservations]
    fdt.add_reserve_entries(entries)
    return fdt


def _value(item: FdtProperty) -> bytes:
    if isinstance(item, FdtPropertyStrings):
        return "".join(f"{string}\0" for string in item.strings).encode("ascii")
    if isinstance(item, FdtPropertyWords):
        return b"".join([as_bytes(word, 4, "big") for word in item.words])
    if isinstance(item, FdtPropertyBytes):
        return bytes(byte & 0xFF for byte in item.bytes)
    return b""


def from_pyfdt(fdt: Fdt) -> DeviceTree:
    """A pyfdt.Fdt as a tree; NOPs are left out."""
    tree = DeviceTree()
    tree.boot_cpuid = fdt.header["boot_cpuid_phys"]
    tree.reservations = [(entry["address"], entry["size"]) for entry in fdt.reserve_entries or ()]
    todo = [(fdt.get_rootnode(), tree.root)]
    while todo:
        old, node = todo.pop()
        for item in old:
            if isinstance(item, FdtNode):
                todo.append((item, add(node, item.get_name())))
            elif isinstance(item, FdtProperty):
                node.properties[item.get_name()] = _value(item)
    return tree
