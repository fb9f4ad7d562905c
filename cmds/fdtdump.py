"""fdtdump - print a flattened device tree.

Ref: fdtdump, fdtget and dtc 1.6.1, whose output this is; docs/fdtdump.md has the JSON and YAML.
Unlike them it reads no further than the blob goes: damage is an error, or marked with --force.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError, RefusedError, UrootError
from uroot_py.base.options import Command, Option
from uroot_py.base.reader import as_bytes
from uroot_py.base.text import printable
from uroot_py.formats.fdt import tree as fdt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TextIO

    from uroot_py.base.options import ParsedArgs
    from uroot_py.formats.fdt.tree import DeviceTree, Node

COMMAND = Command(
    "fdtdump",
    "fdtdump [OPTION]... [FILE]",
    FORMAT := Option("-O", "--format", value="FORMAT", help="fdtdump, dts, json or yaml"),
    SORT := Option("--sort", help="nodes and properties in the order of their names"),
    DEBUG := Option("-d", "--debug", help="with offsets and tags (format fdtdump)"),
    GET := Option("-g", "--get", value="PATH[:PROPERTY]", help="print one value, or one node"),
    TYPE := Option(
        "-t", "--type", value="TYPE", help="for --get: s, r, or [b|h|l]i, u, x as in fdtget"
    ),
    LIST := Option("-l", "--list", value="PATH", help="the properties and children of a node"),
    SCAN := Option("-s", "--scan", help="where FILE has device trees inside: offsets and sizes"),
    OFFSET := Option("--offset", value="N", help="the blob begins N bytes into FILE"),
    DIFF := Option("--diff", help="what differs between two files: fdtdump --diff A B"),
    FORCE := Option("-f", "--force", help="print what is left of a damaged blob"),
    example="fdtdump --get /chosen:bootargs",
    notes="No FILE is the running machine's tree, - the standard input; gzip, xz and zstd unpack.",
)
FORMATS = ("fdtdump", "dts", "json", "yaml")
_UNPACKED = 256 << 20  # bytes that a compressed file may become


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Print the tree, a part of it, or what was found."""
    given = COMMAND.parse(args, max_operands=2)
    shape = given.text(FORMAT) or "fdtdump"
    if shape not in FORMATS:
        raise COMMAND.usage_error(f"--format: expected {', '.join(FORMATS)}, found {shape!r}")
    if given.flag(DIFF):
        return _diff(given, stdin, stdout)
    if len(given.operands) > 1:
        raise COMMAND.usage_error(f"unexpected operand {given.operands[1]!r}")
    blob, name = _read(given, given.operands[0] if given.operands else None, stdin)
    try:
        if given.flag(SCAN):
            return _scan(blob, name, stdout)
        if given.flag(FORCE):
            return _force(given, shape, blob, name, stdout, stderr)
        _print(given, shape, blob, _parse(blob), stdout)
    except FormatError as error:
        raise error.within(name) from None
    return 0


def _parse(blob: bytes) -> DeviceTree:
    try:
        return fdt.parse(blob)
    except FormatError as error:
        here = blob[:4] == as_bytes(fdt.MAGIC, 4, "big")
        hint = "--force prints what is left" if here else "--scan looks for one inside"
        raise error.with_hint(hint) from None


def _read(given: ParsedArgs, path: str | None, stdin: TextIO) -> tuple[bytes, str]:
    """The bytes that are asked for, unpacked, and what errors call them."""
    from uroot_py.formats.compress.stream import unpack

    if path is None:
        from uroot_py.machine.devicetree import running

        return running()
    name = "standard input" if path == "-" else path
    if path == "-":
        data = stdin.buffer.read(fdt.MAX_SIZE + 1)
    else:
        with open(path, "rb") as file:
            data = file.read(fdt.MAX_SIZE + 1)
    try:
        return unpack(data, _UNPACKED)[given.number(OFFSET) or 0 :], name
    except UrootError as error:
        raise error.within(name) from None


def _print(given: ParsedArgs, shape: str, blob: bytes, tree: DeviceTree, stdout: TextIO) -> None:
    """What the options ask for of a sound TREE."""
    if given.flag(GET) or given.flag(LIST):
        for place in given.all(LIST):
            node = _node(tree, place)
            _lines([*node.properties, *(f"{child.name}/" for child in node.children)], stdout)
        for place in given.all(GET):
            _get(tree, place, given.text(TYPE), stdout)
        return
    if given.flag(SORT):
        from uroot_py.formats.fdt.edit import copied

        tree = copied(tree, sort=True)
    if shape != "fdtdump":
        _write(shape, tree, stdout)
        return
    from uroot_py.formats.fdt.build import build
    from uroot_py.formats.fdt.salvage import Salvage
    from uroot_py.formats.fdt.text import dump

    read = Salvage(build(tree) if given.flag(SORT) else blob)
    read.header = tree.header or read.header
    _lines(dump(read, debug=given.flag(DEBUG)), stdout)


def _write(shape: str, tree: DeviceTree, stdout: TextIO) -> None:
    if shape == "dts":
        from uroot_py.formats.fdt.text import dts

        _lines(dts(tree), stdout)
    elif shape == "json":
        from uroot_py.formats.fdt.data import json_text

        stdout.writelines(json_text(tree))
    else:
        from uroot_py.formats.fdt.data import yaml_lines

        _lines(yaml_lines(tree), stdout)


def _lines(lines: Iterable[str], stdout: TextIO) -> None:
    stdout.writelines(f"{line}\n" for line in lines)


def _node(tree: DeviceTree, path: str) -> Node:
    node = tree.find(path)
    if node is None:
        raise RefusedError(f"{path}: no such node")
    return node


def _get(tree: DeviceTree, place: str, kind: str | None, stdout: TextIO) -> None:
    from uroot_py.formats.fdt.text import dts_node, typed

    path, colon, name = place.partition(":")
    node = _node(tree, path)
    if not colon:
        _lines(dts_node(node), stdout)
        return
    value = node.properties.get(name)
    if value is None:
        raise RefusedError(f"{node.path}: no property {name}", hint="--list shows what is there")
    if kind == "r":
        stdout.flush()
        stdout.buffer.write(value)
        return
    stdout.write(f"{typed(node, name, kind or '')}\n")


def _scan(data: bytes, name: str, stdout: TextIO) -> int:
    from uroot_py.formats.fdt.scan import scan

    none = True
    for found in scan(data):
        none = False
        about = f"damaged: {found.error}" if found.error else _model(found.tree)
        place = f"offset {found.offset:#x}, size {found.size:#x}"
        stdout.write(f"{name}: found fdt at {place}: {about}\n")
    if none:
        raise RefusedError(f"{name}: no device tree inside")
    return 0


def _model(tree: DeviceTree | None) -> str:
    """What a tree calls its machine, or a FIT image itself."""
    values = tree.root.properties if tree else {}
    for key in ("model", "compatible", "description"):
        value = values.get(key, b"").partition(b"\0")[0]
        if value:
            return printable(value.decode("utf-8", "replace"))
    return "no model"


def _force(
    given: ParsedArgs, shape: str, blob: bytes, name: str, stdout: TextIO, stderr: TextIO
) -> int:
    """Print what can be read; the faults are comments in the output and the first one is said."""
    from uroot_py.formats.fdt.salvage import Salvage
    from uroot_py.formats.fdt.text import dump

    read = Salvage(blob)
    if shape == "fdtdump" and not (given.flag(GET) or given.flag(LIST) or given.flag(SORT)):
        _lines(dump(read, debug=given.flag(DEBUG)), stdout)
    else:
        comment = "//" if shape in ("dts", "fdtdump") else "#"
        if shape != "json":
            _lines((f"{comment} damaged: {fault}" for fault in read.problems), stdout)
        _print(given, shape, blob, read.tree, stdout)
    if read.problems:
        stderr.write(
            f"fdtdump: {name}: {len(read.problems)} faults, the first: {read.problems[0]}\n"
        )
    return 1 if read.problems else 0


def _diff(given: ParsedArgs, stdin: TextIO, stdout: TextIO) -> int:
    """0: no difference; 1: some; 2: trouble, as diff does."""
    from uroot_py.formats.fdt.diff import diff

    if len(given.operands) != 2:
        raise COMMAND.usage_error("--diff needs two files")
    try:
        old, new = (_parse_file(given, path, stdin) for path in given.operands)
    except UrootError as error:
        raise error.with_status(2) from None
    lines = list(diff(old, new))
    _lines(lines, stdout)
    return 1 if lines else 0


def _parse_file(given: ParsedArgs, path: str, stdin: TextIO) -> DeviceTree:
    blob, name = _read(given, path, stdin)
    try:
        return _parse(blob)
    except FormatError as error:
        raise error.within(name) from None
