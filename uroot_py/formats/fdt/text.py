"""Device trees as text: as ``fdtdump`` prints them, and as ``dtc -O dts`` does.

Ref: the output of fdtdump and dtc 1.6.1, which is compared over Debian's blobs by
`make test-reference`.
"""

from __future__ import annotations

from uroot_py.base.errors import UsageError
from uroot_py.base.reader import numbers
from uroot_py.formats.fdt.salvage import PROBLEM
from uroot_py.formats.fdt.tree import BEGIN_NODE, END, END_NODE, NOP, PROP, DeviceTree, Header, Node

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from uroot_py.formats.fdt.salvage import Salvage, Token

_PRINTED = bytes(range(32, 127))
_TEXT = _PRINTED + b"\0\a\b\t\n\v\f\r"
_ESCAPES = {
    ord(char): f"\\{letter}"
    for char, letter in zip('\a\b\t\n\v\f\r\\"\0', 'abtnvfr\\"0', strict=True)
}
_TAGS = {BEGIN_NODE: "BEGIN_NODE", END_NODE: "END_NODE", PROP: "PROP", NOP: "NOP", END: "END"}


def is_strings(value: bytes) -> bool:
    """Whether VALUE is printable strings, none of them empty, each with its NUL."""
    return (
        value[-1:] == b"\0"
        and value[0] != 0
        and b"\0\0" not in value
        and not value.translate(None, _PRINTED + b"\0")
    )


def _words(value: bytes) -> list[int]:
    return numbers(value, 4, "big")


def dump_value(value: bytes) -> str:
    """VALUE with `` = `` before it as fdtdump prints it; empty for an empty one."""
    if not value:
        return ""
    if is_strings(value):
        return ' = "' + value[:-1].decode("ascii").replace("\0", '", "') + '"'
    if len(value) % 4 == 0:
        return " = <" + " ".join([f"0x{word:08x}" for word in _words(value)]) + ">"
    return f" = [{value.hex(' ')}]"


def dump_header(header: Header, reservations: Iterable[tuple[int, int]]) -> Iterator[str]:
    """The lines before the tree."""
    yield "/dts-v1/;"
    yield f"// magic:\t\t{header.magic:#x}"
    yield f"// totalsize:\t\t{header.totalsize:#x} ({header.totalsize})"
    yield f"// off_dt_struct:\t{header.off_dt_struct:#x}"
    yield f"// off_dt_strings:\t{header.off_dt_strings:#x}"
    yield f"// off_mem_rsvmap:\t{header.off_mem_rsvmap:#x}"
    yield f"// version:\t\t{header.version}"
    yield f"// last_comp_version:\t{header.last_comp_version}"
    if header.version >= 2:
        yield f"// boot_cpuid_phys:\t{header.boot_cpuid_phys:#x}"
    if header.version >= 3:
        yield f"// size_dt_strings:\t{header.size_dt_strings:#x}"
    if header.version >= 17:
        yield f"// size_dt_struct:\t{header.size_dt_struct:#x}"
    yield ""
    for entry in reservations:
        address, size = (f"{number:#x}" if number else "0" for number in entry)
        yield f"/memreserve/ {address} {size};"


def dump(blob: Salvage, *, debug: bool = False) -> Iterator[str]:
    """The lines that fdtdump prints; DEBUG adds offsets and tags; problems become comments."""
    yield from dump_header(blob.header, blob.tree.reservations)
    for token in blob.tokens:
        if debug and token.tag not in (PROBLEM, END):
            yield f"// {token.offset:04x}: tag: 0x{token.tag:08x} (FDT_{_TAGS[token.tag]})"
            if token.tag == PROP:
                yield f"// {token.name_offset:04x}: string: {token.name}"
                yield f"// {token.value_offset:04x}: value"
        if token.tag != END:
            yield "    " * token.depth + _dump_token(token)


def _dump_token(token: Token) -> str:
    if token.tag == PROP:
        return f"{token.name}{dump_value(token.value)};"
    if token.tag == BEGIN_NODE:
        return f"{token.name or '/'} {{"
    if token.tag == END_NODE:
        return "};"
    return "// [NOP]" if token.tag == NOP else f"// damaged: {token.name}"


def dts_value(value: bytes) -> str:
    """VALUE with `` = `` before it as dtc prints it; empty for an empty one."""
    if not value:
        return ""
    if not value[-1] and not value.translate(None, _TEXT) and 2 * value.count(0) <= len(value):
        return f' = "{value[:-1].decode("ascii").translate(_ESCAPES)}"'
    if len(value) % 4 == 0:
        return " = <" + " ".join([f"0x{word:02x}" for word in _words(value)]) + ">"
    return f" = [{value.hex(' ')}]"


def dts_node(node: Node, level: int = 0) -> Iterator[str]:
    """The lines of NODE and everything below it, its braces indented by LEVEL tabs."""
    tabs = "\t" * level
    yield f"{tabs}{node.name or '/'} {{"
    todo = [(node, 0)]  # the open nodes, and which child is next
    yield from _dts_properties(node, tabs + "\t")
    while todo:
        node, index = todo.pop()
        tabs = "\t" * (level + len(todo))
        if index == len(node.children):
            yield f"{tabs}}};"
            continue
        child = node.children[index]
        todo += [(node, index + 1), (child, 0)]
        yield ""
        yield f"{tabs}\t{child.name} {{"
        yield from _dts_properties(child, tabs + "\t\t")


def _dts_properties(node: Node, tabs: str) -> Iterator[str]:
    for name, value in node.properties.items():
        # dtc leaves out a `name` that says what the node's own name says.
        if name != "name" or value != node.name.partition("@")[0].encode() + b"\0":
            yield f"{tabs}{name}{dts_value(value)};"


def dts(tree: DeviceTree) -> Iterator[str]:
    """The lines that ``dtc -I dtb -O dts`` prints."""
    yield "/dts-v1/;"
    yield ""
    for address, size in tree.reservations:
        yield f"/memreserve/\t0x{address:016x} 0x{size:016x};"
    yield from dts_node(tree.root)


def typed(node: Node, name: str, kind: str) -> str:
    """The value of a property as ``fdtget -t KIND`` prints it; an empty KIND guesses.

    KIND is ``s`` for strings, or ``i`` (signed), ``u``, ``x`` after the size of the numbers: ``b``
    or ``hh`` 1 byte, ``h`` 2, ``l`` 4, nothing 4 where that divides the value, else 1. UsageError
    for another KIND.
    """
    value = node.properties[name]
    if kind == "s" or (not kind and value and is_strings(value)):
        return " ".join(node.strings(name))
    size = {"": 1 if len(value) % 4 else 4, "b": 1, "hh": 1, "h": 2, "l": 4}.get(kind[:-1])
    letter = kind[-1:] or "i"
    if size is None or letter not in "iux":
        raise UsageError(f"--type: expected s, r, or i, u, x after b, h or l; found {kind!r}")
    if len(value) % size:
        raise node.wrong(name, 0, f"numbers of {size} bytes", f"{len(value)} bytes")
    numbers = [value[i : i + size] for i in range(0, len(value), size)]
    # As in C, what is shorter than an int has no sign.
    signed = letter == "i" and size == 4
    shown = [int.from_bytes(number, "big", signed=signed) for number in numbers]
    return " ".join([f"{number:x}" if letter == "x" else str(number) for number in shown])
