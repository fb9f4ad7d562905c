"""Builds device tree blobs word by word, good and lying ones; shares no code with the reader.

A tree is a list of items: ``("begin", name)``, ``("prop", name, value)``, ``("end",)``,
``("nop",)``, ``("word", number)`` and ``("stop",)`` (FDT_END). A property may lie:
``("prop", name, value, {"size": 9, "nameoff": 5})``.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Item = tuple[Any, ...]

BEGIN, END, PROP, NOP, STOP = 1, 2, 3, 4, 9


def begin(name: str) -> Item:
    """FDT_BEGIN_NODE."""
    return ("begin", name)


def prop(name: str, value: bytes = b"", **lies: int) -> Item:
    """FDT_PROP."""
    return ("prop", name, value, lies)


def cell(name: str, *numbers: int) -> Item:
    """FDT_PROP whose value is NUMBERS of 32 bits."""
    return prop(name, b"".join(struct.pack(">I", number) for number in numbers))


END_NODE, NO_OP, FDT_END = ("end",), ("nop",), ("stop",)


def node(name: str, *items: Item | list[Item]) -> list[Item]:
    """The items of a node around ITEMS; an item may be the list of another node."""
    inner: list[Item] = []
    for item in items:
        inner += item if isinstance(item, list) else [item]
    return [begin(name), *inner, END_NODE]


SMALL = node(
    "",
    cell("#address-cells", 1),
    cell("#size-cells", 1),
    prop("compatible", b"acme,board\0acme,family\0"),
    node("memory@1000", prop("device_type", b"memory\0"), cell("reg", 0x1000, 0x2000)),
    node("chosen", prop("bootargs", b"quiet\0"), prop("flag")),
)

ORDERS = ("msd", "mds", "smd", "sdm", "dms", "dsm")  # m: reservations, s: strings, d: structure


def _align(block: bytearray, size: int) -> None:
    block += bytes(-len(block) % size)


def _string_offset(strings: bytearray, name: str) -> int:
    entry = name.encode("latin-1") + b"\0"
    found = (b"\0" + bytes(strings)).find(b"\0" + entry)
    if found < 0:
        found = len(strings)
        strings += entry
    return found


def structure(items: Iterable[Item], strings: bytearray, version: int = 17) -> bytes:
    """The structure block of ITEMS; adds the property names to STRINGS."""
    block = bytearray()
    for item in items:
        kind = item[0]
        if kind == "begin":
            block += struct.pack(">I", BEGIN) + item[1].encode("latin-1") + b"\0"
        elif kind == "prop":
            lies = item[3] if len(item) > 3 else {}
            offset = lies.get("nameoff", None)
            if offset is None:
                offset = _string_offset(strings, item[1])
            block += struct.pack(">III", PROP, lies.get("size", len(item[2])), offset)
            if version < 16 and len(item[2]) >= 8:
                _align(block, 8)
            block += item[2]
        else:
            word = {"end": END, "nop": NOP, "stop": STOP}.get(kind) or item[1]
            block += struct.pack(">I", word)
        _align(block, 4)
    return bytes(block)


def make_fdt(
    items: Iterable[Item] = SMALL,
    *,
    version: int = 17,
    reservations: Sequence[tuple[int, int]] = (),
    order: str = "mds",
    stop: bool = True,
    terminator: bool = True,
    padding: int = 0,
    strings_tail: bytes = b"",
    **lies: int,
) -> bytes:
    """A blob of ITEMS. LIES replace header fields after all is laid out (``totalsize=5``)."""
    strings = bytearray()
    block = structure([*items, FDT_END] if stop else items, strings, version)
    strings += strings_tail
    header_size = {1: 28, 2: 32}.get(version, 40 if version >= 17 else 36)
    entries = [*reservations, (0, 0)] if terminator else reservations
    blocks = {
        "m": b"".join(struct.pack(">QQ", *entry) for entry in entries),
        "s": bytes(strings),
        "d": block,
    }
    body, places = b"", {}
    for letter in order:
        body += bytes(-(header_size + len(body)) % 8)
        places[letter] = header_size + len(body)
        body += blocks[letter]
    body += bytes(padding)
    fields = {
        "magic": 0xD00DFEED,
        "totalsize": header_size + len(body),
        "off_dt_struct": places["d"],
        "off_dt_strings": places["s"],
        "off_mem_rsvmap": places["m"],
        "version": version,
        "last_comp_version": 16 if version >= 16 else min(version, 2),
        "boot_cpuid_phys": 0,
        "size_dt_strings": len(strings),
        "size_dt_struct": len(block),
    }
    assert set(lies) <= set(fields), lies
    fields.update(lies)
    header = b"".join(struct.pack(">I", value & 0xFFFFFFFF) for value in fields.values())
    return header[:header_size] + body


def old_items(version_items: Iterable[Item] = SMALL) -> list[Item]:
    """ITEMS with full paths as node names, as the versions before 16 have them."""
    path: list[str] = []
    found: list[Item] = []
    for item in version_items:
        if item[0] == "begin":
            path.append(item[1])
            found.append(begin("/".join(path) or "/"))
        else:
            if item[0] == "end":
                path.pop()
            found.append(item)
    return found
