"""What differs between two device trees, whatever the order of their nodes and properties."""

from __future__ import annotations

from uroot_py.formats.fdt.data import by_path
from uroot_py.formats.fdt.text import dts_value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from uroot_py.formats.fdt.tree import DeviceTree


def _facts(tree: DeviceTree) -> dict[str, dict[str, str]]:
    """What TREE says, as lines: the header's part first, then each node's path and properties."""
    facts = {"": {"cpu": f"boot_cpuid {tree.boot_cpuid:#x}"}}
    for address, size in tree.reservations:
        entry = f"/memreserve/ {address:#x} {size:#x};"
        facts[""][entry] = entry
    for path, node in by_path(tree).items():
        facts[path] = {"": path}
        for name, value in node.properties.items():
            facts[path][name] = f"{path}:{name}{dts_value(value)};"
    return facts


def diff(old: DeviceTree, new: DeviceTree) -> Iterator[str]:
    """A line for everything that only OLD has (``-``) or only NEW has (``+``), in OLD's order."""
    before, after = _facts(old), _facts(new)
    for place in dict.fromkeys([*before, *after]):
        mine, theirs = before.get(place, {}), after.get(place, {})
        for key in dict.fromkeys([*mine, *theirs]):
            if mine.get(key) != theirs.get(key):
                if key in mine:
                    yield f"- {mine[key]}"
                if key in theirs:
                    yield f"+ {theirs[key]}"
