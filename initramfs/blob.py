"""The file that holds the program's code: ``lib.img``.

    u32 header size | u32 count | count x (u32 name, u32 offset, u32 size, u32 kind) | names | code

Little-endian; ``name`` is the offset of a NUL-terminated dotted name, ``kind`` 0 a module, 1 a
package, 2 an extension module (offset and size give the text of its path instead of code).
initramfs/runtime/bootstrap.py and the lean runtime read it; the code is in the marshal format of
the interpreter that runs it.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from uroot_py.base.errors import FormatError

MODULE, PACKAGE, EXTENSION = 0, 1, 2


class Part(NamedTuple):
    """One module: its code as marshalled bytes, or the path of its shared object."""

    name: str
    kind: int
    data: bytes


def build(parts: list[Part]) -> bytes:
    """The blob of PARTS, sorted by name: equal parts give equal bytes."""
    parts = sorted(parts)
    names_at = 8 + 16 * len(parts)
    names = bytearray()
    name_offsets = []
    for part in parts:
        name_offsets.append(names_at + len(names))
        names += part.name.encode() + b"\0"
    names += bytes(-len(names) % 4)
    offset = header_size = names_at + len(names)
    rows = []
    for part, name in zip(parts, name_offsets, strict=True):
        rows.append(struct.pack("<4I", name, offset, len(part.data), part.kind))
        offset += len(part.data)
    head = struct.pack("<2I", header_size, len(parts)) + b"".join(rows) + bytes(names)
    return head + b"".join(part.data for part in parts)


def parse(blob: bytes, *, source: str = "lib.img") -> list[Part]:
    """The parts of a blob. Raises FormatError."""
    parts = []
    try:
        header_size, count = struct.unpack_from("<2I", blob)
        for index in range(count):
            name, offset, size, kind = struct.unpack_from("<4I", blob, 8 + 16 * index)
            end = blob.index(b"\0", name, header_size)
            data = blob[offset : offset + size]
            if len(data) != size or kind > EXTENSION:
                raise ValueError
            parts.append(Part(blob[name:end].decode(), kind, data))
    except (struct.error, ValueError):
        at = 8 + 16 * len(parts)
        raise FormatError("module table", at, "an entry", "none", source=source) from None
    return parts
