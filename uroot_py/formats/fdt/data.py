"""Device trees as JSON and YAML for other programs; docs/fdtdump.md describes both."""

from __future__ import annotations

from binascii import b2a_base64

from uroot_py.base.reader import numbers
from uroot_py.formats.fdt.text import is_strings
from uroot_py.formats.fdt.tree import Header

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from uroot_py.formats.fdt.tree import DeviceTree, Node

# The keys of the header, in the order of its fields.
_KEYS = (
    "Magic",
    "TotalSize",
    "OffDtStruct",
    "OffDtStrings",
    "OffMemRsvmap",
    "Version",
    "LastCompVersion",
    "BootCpuidPhys",
    "SizeDtStrings",
    "SizeDtStruct",
)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _base64(value: bytes) -> str:
    return b2a_base64(value, newline=False).decode()


def _json_objects(rows: list[dict[str, str]], space: str) -> str:
    """A list of objects whose values are JSON already, indented below SPACE."""
    shown = []
    for row in rows:
        fields = ",\n".join([f'{space}        "{key}": {value}' for key, value in row.items()])
        shown.append(f"{space}    {{\n{fields}\n{space}    }}")
    return "[\n" + ",\n".join(shown) + f"\n{space}]" if rows else "[]"


def _json_open(node: Node, space: str) -> str:
    """The object of NODE up to its children."""
    parts = [f'{space}    "Name": {_quoted(node.name)}']
    rows = [
        {"Name": _quoted(name), "Value": _quoted(_base64(value))}
        for name, value in node.properties.items()
    ]
    if rows:
        parts.append(f'{space}    "Properties": {_json_objects(rows, space + "    ")}')
    if node.children:
        parts.append(f'{space}    "Children": [')
    return "{\n" + ",\n".join(parts)


def _json_nodes(root: Node) -> Iterator[str]:
    """The object of ROOT, which begins after a key of the document."""
    todo = [(root, 0)]  # the open nodes, and which child is next
    yield _json_open(root, "    ")
    while todo:
        node, index = todo.pop()
        space = "    " + "        " * len(todo)
        if index == len(node.children):
            yield f"\n{space}    ]\n{space}}}" if index else f"\n{space}}}"
            continue
        inner = space + "        "
        todo += [(node, index + 1), (node.children[index], 0)]
        yield (",\n" if index else "\n") + inner + _json_open(node.children[index], inner)


def json_text(tree: DeviceTree) -> Iterator[str]:
    """TREE as pieces of JSON: header, reservations, and the nodes with values in base64."""
    yield '{\n    "Header": {'
    if tree.header:
        values = [getattr(tree.header, field.name) for field in Header.fields]
        yield "\n" + ",\n".join(
            [f'        "{key}": {value}' for key, value in zip(_KEYS, values, strict=True)]
        )
    rows = [{"Address": str(address), "Size": str(size)} for address, size in tree.reservations]
    yield f'\n    }},\n    "ReserveEntries": {_json_objects(rows, "    ")},\n    "RootNode": '
    yield from _json_nodes(tree.root)
    yield "\n}\n"


def by_path(tree: DeviceTree) -> dict[str, Node]:
    """Every node by its path; a second one of the same path gets ``~2`` after its name."""
    found: dict[str, Node] = {}
    paths: dict[int, str] = {}
    seen: dict[str, int] = {}
    for node in tree.root.walk():
        path = f"{paths.get(id(node.parent), '').rstrip('/')}/{node.name}"
        seen[path] = count = seen.get(path, 0) + 1
        if count > 1:
            path = f"{path}~{count}"
        found[path] = node
        paths[id(node)] = path
    return found


def _yaml_value(value: bytes) -> str:
    if not value:
        return "true"
    if is_strings(value):
        return "[" + ", ".join([_quoted(part) for part in value[:-1].decode().split("\0")]) + "]"
    if len(value) % 4 == 0:
        return "[" + ", ".join([f"{n:#x}" for n in numbers(value, 4, "big")]) + "]"
    return f'!!binary "{_base64(value)}"'


def yaml_lines(tree: DeviceTree) -> Iterator[str]:
    """TREE as YAML: every node by its full path, values as strings, cells or binary."""
    yield f"version: {tree.version}"
    yield f"boot_cpuid: {tree.boot_cpuid}"
    yield "reservations:" + ("" if tree.reservations else " []")
    for address, size in tree.reservations:
        yield f"- {{address: {address:#x}, size: {size:#x}}}"
    yield "nodes:"
    for path, node in by_path(tree).items():
        yield f"  {_quoted(path)}:" + ("" if node.properties else " {}")
        for name, value in node.properties.items():
            yield f"    {_quoted(name)}: {_yaml_value(value)}"
