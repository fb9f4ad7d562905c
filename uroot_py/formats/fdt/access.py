"""Lookups in a device tree: by phandle, by compatible, and addresses through buses.

Ref: Devicetree Specification v0.4, sections 2.3.1 (compatible), 2.3.5 (cells), 2.3.6 (reg),
2.3.8 (ranges); drivers/of/base.c (cells are looked for upwards until a node has them).
"""

from __future__ import annotations

from uroot_py.base.reader import number_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from uroot_py.formats.fdt.tree import DeviceTree, Node

_DEFAULTS = {"#address-cells": 2, "#size-cells": 1}
MAX_CELLS = 8  # 32-bit words of one address or size


def by_phandle(tree: DeviceTree, phandle: int) -> Node | None:
    """The first node that is called PHANDLE, or None."""
    return next((node for node in tree.root.walk() if node.phandle == phandle), None)


def compatible(tree: DeviceTree, name: str) -> Iterator[Node]:
    """Every node that says it is compatible with NAME, in file order."""
    return (node for node in tree.root.walk() if name in node.strings("compatible"))


def cells_of(bus: Node | None, name: str) -> int:
    """The ``#address-cells`` or ``#size-cells`` that hold for the children of BUS.

    The nearest node upwards that has the property decides, then the specification's default.
    """
    node = bus
    while node is not None:
        cells = node.u32(name)
        if cells is not None:
            if cells > MAX_CELLS:
                raise node.wrong(name, 0, f"at most {MAX_CELLS}", str(cells))
            return cells
        node = node.parent
    return _DEFAULTS[name]


def _rows(node: Node, name: str, *widths: int) -> Iterator[tuple[int, ...]]:
    """The value as rows of big numbers of WIDTHS cells each."""
    value = node.properties.get(name, b"")
    row = 4 * sum(widths)
    if value and (not row or len(value) % row):
        found = f"{len(value)} bytes"
        raise node.wrong(
            name, 0, f"rows of {row} bytes ({'+'.join(map(str, widths))} cells)", found
        )
    for start in range(0, len(value), row or 1):
        numbers = []
        for width in widths:
            numbers.append(number_at(value, start, 4 * width, "big"))
            start += 4 * width
        yield tuple(numbers)


def regions(node: Node, name: str = "reg") -> list[tuple[int, int]]:
    """The (address, size) pairs of NODE's property, as addresses of the bus that it is on."""
    bus = node.parent
    rows = _rows(node, name, cells_of(bus, "#address-cells"), cells_of(bus, "#size-cells"))
    return [(address, size) for address, size in rows]


def translate(bus: Node, address: int) -> int | None:
    """ADDRESS on BUS as the CPU sees it; None where a bus on the way does not map it."""
    while bus.parent is not None:
        if "ranges" not in bus.properties:
            return None
        above = bus.parent
        rows = _rows(
            bus,
            "ranges",
            cells_of(bus, "#address-cells"),
            cells_of(above, "#address-cells"),
            cells_of(bus, "#size-cells"),
        )
        if bus.properties["ranges"]:
            for child, parent, size in rows:
                if child <= address < child + size:
                    address += parent - child
                    break
            else:
                return None
        bus = above
    return address


def cpu_regions(node: Node, name: str = "reg") -> list[tuple[int, int]]:
    """The regions of NODE that the CPU can reach, as (address, size) that the CPU uses."""
    if node.parent is None:
        return []
    found = []
    for address, size in regions(node, name):
        seen = translate(node.parent, address)
        if seen is not None:
            found.append((seen, size))
    return found
