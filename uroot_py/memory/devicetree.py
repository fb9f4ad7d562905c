"""The memory map in a flattened device tree.

Ref: Devicetree Specification v0.4, sections 3.4 (/memory), 3.5 (/reserved-memory),
5.3 (memory reservation block); Linux, drivers/of/fdt.c, early_init_dt_scan_memory().
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.base.ranges import MAX_ADDRESS, Range
from uroot_py.base.reader import number_at
from uroot_py.formats.fdt.access import regions, translate
from uroot_py.formats.fdt.tree import parse
from uroot_py.memory.map import RAM, RESERVED, MemoryMap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from uroot_py.formats.fdt.tree import DeviceTree, Node
    from uroot_py.memory.map import Entry


def from_fdt(blob: bytes, source: str = "/sys/firmware/fdt") -> MemoryMap:
    """The map of a device tree: its memory nodes, without everything that it reserves.

    What has no fixed place, or must not even be mapped, becomes a note. FormatError for a blob
    that is none, and for a ``reg`` that does not fit the cells of its parent.
    """
    try:
        return from_tree(parse(blob))
    except FormatError as error:
        raise error.within(source) from None


def from_tree(tree: DeviceTree) -> MemoryMap:
    """As ``from_fdt``, of a tree that has been read."""
    notes: list[str] = []
    entries: list[Entry] = []
    for node in tree.root.walk():
        if node.string("device_type") == "memory" and _available(node, notes):
            # A kdump kernel is told by the other name that it has only a part of the memory.
            usable = "linux,usable-memory"
            entries += _regions(node, usable if usable in node.properties else "reg", RAM, notes)
    reserved = tree.root.child("reserved-memory")
    for node in reserved.walk() if reserved else ():
        if _available(node, notes):
            entries += _reserved(node, notes)
    for start, size in tree.reservations:
        if start + size > MAX_ADDRESS + 1:
            found = f"{start:#x}+{size:#x}"
            raise FormatError("device tree: reservation", 0, "a range inside 64 bits", found)
        entries.append((start, start + size, RESERVED))
    return MemoryMap.from_entries(entries, notes).merge()


def _available(node: Node, notes: list[str]) -> bool:
    status = node.string("status") or "okay"
    if status not in ("ok", "okay"):
        notes.append(f"{node.path}: status is {status!r}, left out")
    return status in ("ok", "okay")


def _reserved(node: Node, notes: list[str]) -> Iterator[Entry]:
    if "reg" in node.properties:
        for entry in _regions(node, "reg", RESERVED, notes):
            if "no-map" in node.properties:
                notes.append(f"{node.path}: no-map {Range(*entry[:2])}")
            yield entry
    elif "size" in node.properties:
        size = number_at(node.properties["size"], 0, len(node.properties["size"]), "big")
        notes.append(f"{node.path}: {size:#x} bytes, to be placed by the kernel that is started")


def _regions(node: Node, name: str, kind: str, notes: list[str]) -> Iterator[Entry]:
    for address, size in regions(node, name):
        start = translate(node.parent or node, address)
        if start is None:
            taken = "taken as it is" if kind == RESERVED else "left out"
            notes.append(f"{node.path}: no bus maps {address:#x} for the processor, {taken}")
            if kind != RESERVED:
                continue
            start = address
        if start + size > MAX_ADDRESS + 1:
            raise node.wrong(name, 0, "ranges inside 64 bits", f"{start:#x}+{size:#x}")
        if size:
            yield start, start + size, kind
        else:
            notes.append(f"{node.path}: size 0 at {start:#x}, to be filled in by the firmware")
