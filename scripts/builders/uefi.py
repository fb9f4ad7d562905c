"""Firmware volumes as the PI specification draws them, for tests; nothing of the reader is used."""

from __future__ import annotations

import lzma
import struct
import uuid

from scripts.builders.fdt import make_fdt, node, prop

FFS2 = uuid.UUID("8c8ce578-8a3d-4f1c-9935-896185c32dd3")
FFS3 = uuid.UUID("5473c07a-3dcb-4dca-bd6f-1e9689e7349a")
LZMA = uuid.UUID("ee4e5898-3914-4259-9d6e-dc7bd79403cf")
CORE = uuid.UUID("d4bee217-e968-49b3-99b2-91014b2fdf55")
SECURITY_CORE, DXE_CORE, DRIVER, FV_IMAGE = 3, 5, 7, 11


def pe(
    base: int, entry: int = 0x300, *, size: int = 0x400, relocated: tuple[int, ...] = ()
) -> bytes:
    """An x86-64 PE32+ image of SIZE bytes linked for BASE; words at RELOCATED move with it."""
    image = bytearray(size)
    image[:2] = b"MZ"
    struct.pack_into("<I", image, 0x3C, 0x80)
    struct.pack_into("<4sHHIIIHH", image, 0x80, b"PE\0\0", 0x8664, 0, 0, 0, 0, 0xF0, 0x22)
    struct.pack_into("<H", image, 0x98, 0x20B)
    struct.pack_into("<I", image, 0xA8, entry)
    struct.pack_into("<Q", image, 0xB0, base)
    struct.pack_into("<II", image, 0xD0, size, 0x200)
    struct.pack_into("<I", image, 0x104, 16)
    if relocated:
        block = b"".join(struct.pack("<H", 10 << 12 | place) for place in relocated)
        block += struct.pack("<H", 0) * (len(relocated) % 2)
        struct.pack_into("<II", image, 0x130, 0x200, 8 + len(block))
        image[0x200 : 0x208 + len(block)] = struct.pack("<II", 0, 8 + len(block)) + block
    return bytes(image)


def section(kind: int, body: bytes, *, large: bool = False) -> bytes:
    """A section, padded to 4 bytes."""
    if large:
        head = struct.pack("<3sBI", b"\xff\xff\xff", kind, 8 + len(body))
    else:
        head = struct.pack("<I", 4 + len(body) | kind << 24)
    whole = head + body
    return whole + bytes(-len(whole) % 4)


def packed(body: bytes) -> bytes:
    """A GUID-defined section with BODY packed by LZMA."""
    data = lzma.compress(body, lzma.FORMAT_ALONE)
    return section(2, LZMA.bytes_le + struct.pack("<HH", 24, 1) + data)


def file(kind: int, body: bytes, *, large: bool = False, name: uuid.UUID = CORE) -> bytes:
    """A file, padded to 8 bytes with what an erased flash holds."""
    size = (32 if large else 24) + len(body)
    field = b"\0\0\0" if large else size.to_bytes(3, "little")
    head = name.bytes_le + struct.pack("<BBBB3sB", 0, 0xAA, kind, int(large), field, 0)
    head += struct.pack("<Q", size) if large else b""
    total = (sum(head) - 0xAA) & 0xFF
    head = head[:16] + bytes([-total & 0xFF]) + head[17:23] + b"\xf8" + head[24:]
    whole = head + body
    return whole + b"\xff" * (-len(whole) % 8)


def volume(*files: bytes, system: uuid.UUID = FFS2, room: int = 64, named: bool = False) -> bytes:
    """A volume with FILES and ROOM bytes that are free; NAMED: with an extended header."""
    extended = uuid.UUID(int=7).bytes_le + struct.pack("<I", 20) + bytes(4) if named else b""
    body = extended + b"".join(files) + b"\xff" * room
    length = 0x48 + len(body)
    head = bytearray(
        bytes(16)
        + system.bytes_le
        + struct.pack("<Q4sIHHHBB", length, b"_FVH", 0x800, 0x48, 0, 0x48 if named else 0, 0, 2)
        + struct.pack("<IIII", length, 1, 0, 0)
    )
    total = sum(struct.unpack("<36H", head)) & 0xFFFF
    struct.pack_into("<H", head, 0x32, -total & 0xFFFF)
    return bytes(head) + body


CORE_AT = 0x48 + 24 + 4  # where the PE image of the first file is in a volume


def payload(base: int = 0x800000) -> bytes:
    """A volume as a payload is one: a SEC core, and drivers inside of what is packed."""
    inner = volume(
        file(DXE_CORE, section(0x10, pe(0))), file(DRIVER, section(0x10, pe(0))), named=True
    )
    core = file(SECURITY_CORE, section(0x10, pe(base + CORE_AT)))
    return volume(core, file(FV_IMAGE, packed(section(0x17, inner))))


ENTRY = pe(0x801000, relocated=(0x308, 0x310))


def universal(data: bytes | None = None, entry: int = 0x801300, arch: bytes = b"x86_64\0") -> bytes:
    """A Universal Payload as EDK2 lays one out, names with blanks and all."""
    behind = volume(file(7, section(0x10, b"x"))) if data is None else data

    def tree(start: int) -> bytes:
        return make_fdt(
            node(
                "",
                node(
                    "images",
                    node(
                        "tianocore",
                        prop("arch ", arch),
                        prop("data-offset", struct.pack(">I", 0x1000)),
                        prop("data-size", struct.pack(">I", len(ENTRY))),
                        prop("entry-start", struct.pack(">Q", entry)),
                        prop("load", struct.pack(">Q", 0x800000)),
                    ),
                    node(
                        "uefi-fv",
                        prop("data-offset", struct.pack(">I", start)),
                        prop("data-size", struct.pack(">I", len(behind))),
                    ),
                ),
                node("configurations", prop("default ", b"conf-1\0")),
            )
        )

    return tree(0x2000).ljust(0x1000, b"\0") + ENTRY.ljust(0x1000, b"\0") + behind
