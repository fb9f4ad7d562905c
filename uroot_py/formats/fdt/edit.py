"""Changes to a device tree: what a boot loader tells the next kernel.

Ref: Devicetree Specification v0.4, sections 3.4 (memory) and 3.6 (chosen);
Documentation/arch/arm64/booting.rst and drivers/of/fdt.c (initrd, seeds).
"""

from __future__ import annotations

from uroot_py.base.errors import RefusedError
from uroot_py.base.reader import as_bytes
from uroot_py.formats.fdt.access import cells_of
from uroot_py.formats.fdt.tree import DeviceTree, Node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def cells(*numbers: int) -> bytes:
    """NUMBERS as 32-bit cells."""
    return b"".join([as_bytes(number, 4, "big") for number in numbers])


def text(*strings: str) -> bytes:
    """STRINGS with a NUL behind each."""
    return b"".join([string.encode("utf-8", "surrogateescape") + b"\0" for string in strings])


def add(parent: Node, name: str) -> Node:
    """A new, empty node NAME at the end of PARENT's children."""
    node = Node(name, parent)
    parent.children.append(node)
    return node


def remove(node: Node) -> None:
    """Take NODE and everything below it out of its tree."""
    if node.parent is None:
        raise RefusedError("the root node cannot be removed")
    siblings = node.parent.children
    siblings[:] = [other for other in siblings if other is not node]
    node.parent = None


def ensure(tree: DeviceTree, path: str) -> Node:
    """The node at the full PATH, made where it is missing."""
    node = tree.root
    for name in path.split("/"):
        if name:
            node = node.child(name) or add(node, name)
    return node


def copied(tree: DeviceTree, *, sort: bool = False) -> DeviceTree:
    """A tree of its own that is like TREE; with SORT, all of it in the order of names."""

    def properties(node: Node) -> dict[str, bytes]:
        return dict(sorted(node.properties.items()) if sort else node.properties)

    new = DeviceTree(Node(tree.root.name))
    new.header, new.boot_cpuid = tree.header, tree.boot_cpuid
    new.reservations = sorted(tree.reservations) if sort else list(tree.reservations)
    new.root.properties = properties(tree.root)
    todo = [(tree.root, new.root)]
    while todo:
        old, node = todo.pop()
        for child in sorted(old.children, key=lambda n: n.name) if sort else old.children:
            inner = add(node, child.name)
            inner.properties = properties(child)
            todo.append((child, inner))
    return new


def _put(node: Node, name: str, value: bytes | None) -> None:
    """Set property NAME, or drop it when VALUE is None."""
    if value is None:
        node.properties.pop(name, None)
    else:
        node.properties[name] = value


def set_bootargs(tree: DeviceTree, command_line: str) -> None:
    """Give the next kernel its command line."""
    ensure(tree, "/chosen").properties["bootargs"] = text(command_line)


def set_initrd(tree: DeviceTree, start: int | None, end: int = 0) -> None:
    """Say where the initrd is, [START, END); None: there is none."""
    chosen = ensure(tree, "/chosen")
    for name, address in (("linux,initrd-start", start), ("linux,initrd-end", end)):
        _put(chosen, name, None if start is None else as_bytes(address or 0, 8, "big"))


def set_seeds(tree: DeviceTree, kaslr: int | None, rng: bytes | None) -> None:
    """Give the kernel randomness: 64 bits for its address, and bytes for its pool; None drops."""
    chosen = ensure(tree, "/chosen")
    _put(chosen, "kaslr-seed", None if kaslr is None else as_bytes(kaslr, 8, "big"))
    _put(chosen, "rng-seed", rng)


def reserve(tree: DeviceTree, address: int, size: int) -> None:
    """Reserve SIZE bytes at ADDRESS, unless an entry already covers them."""
    for start, length in tree.reservations:
        if start <= address and address + size <= start + length:
            return
    tree.reservations.append((address, size))


def unreserve(tree: DeviceTree, address: int) -> bool:
    """Drop the entries of the reservation map that begin at ADDRESS; returns whether any did."""
    kept = [entry for entry in tree.reservations if entry[0] != address]
    dropped = len(kept) < len(tree.reservations)
    tree.reservations[:] = kept
    return dropped


def memory_nodes(tree: DeviceTree) -> list[Node]:
    """The nodes that say where memory is: Linux looks at the root's children only."""
    return [n for n in tree.root.children if n.properties.get("device_type") == b"memory\0"]


def set_memory(tree: DeviceTree, ranges: Sequence[tuple[int, int]]) -> None:
    """Put one memory node with RANGES, (address, size) in bytes, in place of all there are."""
    value = reg(tree, ranges)
    old: Iterable[Node] = memory_nodes(tree)
    kept: dict[str, bytes] = {}
    for node in old:
        kept = kept or node.properties
        remove(node)
    if ranges:
        node = add(tree.root, f"memory@{ranges[0][0]:x}")
        node.properties = {**kept, "device_type": b"memory\0", "reg": value}


def reg(tree: DeviceTree, ranges: Sequence[tuple[int, int]]) -> bytes:
    """RANGES, (address, size) in bytes, as the children of the root say them."""
    return b"".join(
        _cells_for(tree.root, "#address-cells", address)
        + _cells_for(tree.root, "#size-cells", size)
        for address, size in ranges
    )


def _cells_for(root: Node, name: str, number: int) -> bytes:
    width = 4 * cells_of(root, name)
    if number >> (8 * width):
        raise RefusedError(f"device tree: {number:#x} does not fit into the root's {name}")
    return as_bytes(number, width, "big")
