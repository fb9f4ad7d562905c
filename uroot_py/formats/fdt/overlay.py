"""Device tree overlays (.dtbo): their fragments put into a tree.

Ref: Documentation/devicetree/overlay-notes.rst and dt-object-internal.txt of dtc; compared with
fdtoverlay by `make test-reference`.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.base.reader import number_at
from uroot_py.formats.fdt.access import by_phandle
from uroot_py.formats.fdt.edit import add, cells, copied, text
from uroot_py.formats.fdt.tree import MAX_DEPTH, DeviceTree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from uroot_py.formats.fdt.tree import Node

MAX_FRAGMENTS = 256
MAX_FIXUPS = 4096  # places that refer to a node of the base tree
_LAST_PHANDLE = 0xFFFFFFFE


def _wrong(what: str, expected: str, found: str, offset: int = 0) -> NoReturn:
    raise FormatError(f"device tree overlay: {what}", offset, expected, found)


def apply(base: DeviceTree, overlay: DeviceTree) -> DeviceTree:
    """A new tree: BASE with OVERLAY put in. Neither of them changes. Raises FormatError."""
    new, overlay = copied(base), copied(overlay)
    _shift_phandles(new, overlay)
    _fix_references(new, overlay)
    targets: dict[str, str] = {}  # fragment name -> path of its target
    if len(overlay.root.children) > MAX_FRAGMENTS:
        _wrong("fragments", f"at most {MAX_FRAGMENTS}", str(len(overlay.root.children)))
    for fragment in overlay.root.children:
        content = fragment.child("__overlay__")
        if content is not None:
            target = _target(new, fragment)
            targets[fragment.name] = target.path
            _merge(target, content)
    _add_symbols(new, overlay, targets)
    return new


def _shift_phandles(base: DeviceTree, overlay: DeviceTree) -> None:
    """Make room: move the overlay's own phandles above all of BASE, and what refers to them."""
    delta = max((node.phandle or 0 for node in base.root.walk()), default=0)
    for node in overlay.root.walk():
        for name in ("phandle", "linux,phandle"):
            phandle = node.u32(name)
            if phandle is not None:
                if not 0 < phandle <= _LAST_PHANDLE - delta:
                    limit = f"1 to {_LAST_PHANDLE - delta:#x}"
                    _wrong(f"{name} of {node.path}", limit, f"{phandle:#x}")
                node.properties[name] = cells(phandle + delta)
    fixups = overlay.root.child("__local_fixups__")
    todo = [(fixups, overlay.root)] if fixups else []
    while todo:
        fixup, node = todo.pop()
        for name in fixup.properties:
            for offset in fixup.cells(name):
                old = number_at(_slot(node, name, offset), 0, 4, "big")
                _patch(node, name, offset, old + delta & 0xFFFFFFFF)
        for child in fixup.children:
            inner = node.child(child.name)
            if inner is None:
                _wrong(f"{child.path}", f"a node {child.name} in {node.path}", "none")
            todo.append((child, inner))


def _slot(node: Node, name: str, offset: int) -> bytes:
    """The 4 bytes at OFFSET of the property that a fixup names."""
    value = node.properties.get(name, b"")
    if offset + 4 > len(value):
        found = f"offset {offset:#x}" if name in node.properties else "no such property"
        _wrong(f"fixup of {node.path}:{name}", f"4 bytes in its {len(value)}", found)
    return value[offset : offset + 4]


def _patch(node: Node, name: str, offset: int, number: int) -> None:
    _slot(node, name, offset)
    value = node.properties[name]
    node.properties[name] = value[:offset] + cells(number) + value[offset + 4 :]


def _fix_references(base: DeviceTree, overlay: DeviceTree) -> None:
    """Fill in the phandles of the nodes of BASE that the overlay refers to by their labels."""
    fixups = overlay.root.child("__fixups__")
    if fixups is None:
        return
    symbols = base.root.child("__symbols__")
    count = 0
    for label in fixups.properties:
        count += fixups.properties[label].count(0)
        if count > MAX_FIXUPS:
            _wrong("__fixups__", f"at most {MAX_FIXUPS} places", "more")
        path = symbols.string(label) if symbols else None
        node = base.find(path) if path else None
        if node is None or not node.phandle:
            found = "none" if symbols else "no __symbols__ (build the tree with dtc -@)"
            _wrong(f"label {label}", "a node of the base tree with a phandle", found)
        for place in fixups.strings(label):
            _fix_place(overlay, place, node.phandle)


def _fix_place(overlay: DeviceTree, place: str, phandle: int) -> None:
    path, _, rest = place.partition(":")
    name, _, offset = rest.partition(":")
    node = overlay.find(path) if path.startswith("/") else None
    if node is None or not name or not (offset.isascii() and offset.isdigit()) or len(offset) > 9:
        _wrong("__fixups__", "PATH:PROPERTY:OFFSET of the overlay", repr(place))
    _patch(node, name, int(offset), phandle)


def _target(base: DeviceTree, fragment: Node) -> Node:
    phandle = fragment.u32("target")
    if phandle is not None:
        node = by_phandle(base, phandle)
        wanted = f"phandle {phandle:#x}"
    else:
        wanted = fragment.string("target-path") or ""
        node = base.find(wanted) if wanted else None
    if node is None:
        _wrong(f"target of {fragment.path}", "a node of the base tree", wanted or "none")
    return node


def _merge(target: Node, content: Node) -> None:
    todo = [(target, content, target.path.count("/") + 1)]
    while todo:
        node, source, depth = todo.pop()
        if depth > MAX_DEPTH:
            _wrong(node.path, f"at most {MAX_DEPTH} levels", "one more")
        node.properties.update(source.properties)
        present = {child.name: child for child in node.children}
        for child in source.children:
            same = present.get(child.name) or add(node, child.name)
            todo.append((same, child, depth + 1))


def _add_symbols(base: DeviceTree, overlay: DeviceTree, targets: dict[str, str]) -> None:
    """Give BASE the overlay's labels, with the paths that their nodes have there."""
    labels = overlay.root.child("__symbols__")
    if labels is None or not labels.properties:
        return
    symbols = base.root.child("__symbols__") or add(base.root, "__symbols__")
    for label in labels.properties:
        path = labels.string(label) or ""
        _, fragment, inside, *below = [*path.split("/"), "", ""]
        if path.startswith("/") and fragment in targets and inside == "__overlay__":
            parts = [targets[fragment].rstrip("/"), *filter(None, below)]
            symbols.properties[label] = text("/".join(parts) or "/")
