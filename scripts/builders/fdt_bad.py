"""Damaged device tree blobs: dtc's bad trees, header mangles, and what C tools crash on."""

from __future__ import annotations

import struct
from functools import partial
from typing import TYPE_CHECKING

from scripts.builders.fdt import (
    END_NODE,
    FDT_END,
    NO_OP,
    SMALL,
    begin,
    cell,
    make_fdt,
    node,
    old_items,
    prop,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from scripts.builders.fdt import Item


def _deep(levels: int) -> list[Item]:
    return [begin("")] + [begin("n")] * (levels - 1) + [END_NODE] * levels


def _patched(blob: bytes, offset: int, data: bytes) -> bytes:
    return blob[:offset] + data + blob[offset + len(data) :]


def _short(whole: Callable[..., bytes], size: int) -> bytes:
    """The blob without its last SIZE bytes, and with a totalsize that knows it."""
    return whole(totalsize=len(whole()) - size)[:-size]


GOOD = make_fdt()
_STRUCT = struct.unpack_from(">I", GOOD, 8)[0]
_ONE = [cell("reg", 1)]
_UNTERMINATED = partial(make_fdt, order="dsm", reservations=[(1, 2)], terminator=False)

BAD = {
    # Header.
    "empty": b"",
    "3 bytes": GOOD[:3],
    "bad magic": make_fdt(magic=0xD00DFEEE),
    "20 bytes": GOOD[:20],
    "half": GOOD[: len(GOOD) // 2],
    "one byte short": GOOD[:-1],
    "version 0": _patched(GOOD, 0x14, bytes(8)),
    "version 99": _patched(GOOD, 0x14, struct.pack(">I", 99)),
    "last_comp above version": make_fdt(last_comp_version=18),
    "totalsize below header": make_fdt(totalsize=39),
    "totalsize above data": make_fdt(totalsize=0x10000),
    "totalsize INT_MAX + 1": make_fdt(totalsize=0x80000000),
    "struct offset out of range": make_fdt(off_dt_struct=0x7FFFFFF0),
    "struct offset in header": make_fdt(off_dt_struct=0x20),
    "struct offset unaligned": make_fdt(off_dt_struct=_STRUCT + 2),
    "strings offset out of range": make_fdt(off_dt_strings=0x7FFFFFF0),
    "reservations offset out of range": make_fdt(off_mem_rsvmap=0x7FFFFFF0),
    "reservations offset unaligned": make_fdt(off_mem_rsvmap=0x2C),
    "struct size -1": make_fdt(size_dt_struct=-1),
    "strings size -1": make_fdt(size_dt_strings=-1),
    "strings size INT_MIN": make_fdt(size_dt_strings=-(1 << 31)),
    "struct runs into strings": make_fdt(size_dt_struct=0x1000, padding=0x2000),
    "totalsize inside strings": _short(make_fdt, 3),
    # Reservation map.
    "unterminated reservations": _UNTERMINATED(),
    "truncated reservation": _short(_UNTERMINATED, 3),
    "reservation of size 0": make_fdt(reservations=[(0x1000, 0), (0x2000, 1)]),
    # Names.
    "bad node name character": make_fdt(node("", node("sub$node"))),
    "two unit addresses": make_fdt(node("", node("a@1@2"))),
    "only a unit address": make_fdt(node("", node("@1"))),
    "empty node name": make_fdt(node("", node(""))),
    "bad property name character": make_fdt(node("", prop("prop$erty"))),
    "empty property name": make_fdt(node("", prop(""))),
    "control character in name": make_fdt(node("", node("a\x1b[2J"))),
    "named root": make_fdt(node("fake", node("sub"))),
    "name of 300 characters": make_fdt(node("", node("n" * 300))),
    "property name of 300 characters": make_fdt(node("", prop("p" * 300))),
    "old: path not below parent": make_fdt(
        [begin("/"), begin("elsewhere"), END_NODE, END_NODE], version=3
    ),
    # Structure.
    "no root": make_fdt([]),
    "property before root": make_fdt([*_ONE, *SMALL]),
    "two roots": make_fdt([*node(""), *node("")]),
    "truncated property": make_fdt([begin(""), prop("prop", b"1234", size=0x100)], stop=False),
    "truncated string": make_fdt(node("", prop("x", nameoff=0)), strings_tail=b"bad"),
    "name offset out of range": make_fdt(node("", prop("x", nameoff=0x10000))),
    "name offset -1": make_fdt(node("", prop("x", nameoff=0xFFFFFFFF))),
    "property size 0xfffffff0": make_fdt(node("", prop("prop", b"1234", size=0xFFFFFFF0))),
    "unknown tag": make_fdt([begin(""), ("word", 7), END_NODE]),
    "no FDT_END": make_fdt(stop=False),
    "extra FDT_END_NODE": make_fdt([*SMALL, END_NODE]),
    "missing FDT_END_NODE": make_fdt(SMALL[:-1]),
    "FDT_END in a node": make_fdt([begin(""), FDT_END, END_NODE]),
    "node name without end": make_fdt([begin(""), ("word", 1), ("word", 0x61616161)], stop=False),
    "only NOPs": make_fdt([NO_OP] * 100, stop=False),
    "duplicate property": make_fdt(node("", cell("a", 1), cell("b", 2), cell("a", 3))),
    "property after subnode": make_fdt(node("", node("a"), cell("b", 1))),
    "property after its namesake": make_fdt(node("", node("a"), cell("a", 1))),
    "depth 65": make_fdt(_deep(65)),
    "depth 5000": make_fdt(_deep(5000)),
    "depth 200000": make_fdt(_deep(200_000)),
    "old: depth 65": make_fdt(old_items(_deep(65)), version=3),
}
