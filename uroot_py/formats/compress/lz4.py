"""LZ4, decoding only: the legacy frames that kernels use, and today's frames.

Checksums are not verified.
Ref: lz4_Block_format.md, lz4_Frame_format.md (lz4 1.9); lib/decompress_unlz4.c.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.base.watch import Watch

LEGACY_MAGIC = b"\x02\x21\x4c\x18"
FRAME_MAGIC = b"\x04\x22\x4d\x18"
_LEGACY_BLOCK = 8 << 20


def _wrong(offset: int, expected: str, found: str) -> FormatError:
    return FormatError("lz4", offset, expected, found)


def _block(data: bytes, at: int, end: int, out: bytearray, most: int) -> None:
    """Append the contents of the block [AT, END), at most up to MOST bytes of OUT."""
    begin = at
    while at < end:
        token = data[at]
        at += 1
        literal, length = token >> 4, token & 15
        if literal == 15:
            literal, at = _more(data, at, end, literal)
        out += data[at : min(at + literal, end)]
        at += literal
        if at >= end:
            break
        offset = data[at] | (data[at + 1] << 8 if at + 1 < end else 0)
        at += 2
        if length == 15:
            length, at = _more(data, at, end, length)
        length += 4
        start = len(out) - offset
        if not offset or start < 0 or len(out) + length > most:
            raise _wrong(at, "a match inside the window", f"offset {offset}, length {length}")
        if offset >= length:
            out += out[start : start + length]
        else:
            out += (out[start:] * (length // offset + 1))[:length]
    if at != end or len(out) > most:
        raise _wrong(begin, "a block that ends with literals", f"{at - end} bytes too many")


def _more(data: bytes, at: int, end: int, length: int) -> tuple[int, int]:
    while at < end:
        byte = data[at]
        at += 1
        length += byte
        if byte != 255:
            return length, at
    raise _wrong(at, "the rest of a length", "the end of the block")


def _legacy(data: bytes, at: int, out: bytearray, limit: int, watch: Watch | None) -> int:
    """Blocks up to the end of the data; what a kernel build appends (its size) is passed over."""
    while len(data) - at > 4:
        size = int.from_bytes(data[at : at + 4], "little")
        if data[at : at + 4] in (LEGACY_MAGIC, FRAME_MAGIC):
            break
        at += 4
        if not 0 < size <= len(data) - at:
            raise _wrong(at - 4, f"a block of at most {len(data) - at} bytes", f"{size}")
        _block(data, at, at + size, out, min(limit, len(out) + _LEGACY_BLOCK))
        at += size
        if watch:
            watch(at)
    return at


def _frame(data: bytes, at: int, out: bytearray, limit: int, watch: Watch | None) -> int:
    """One frame, its header at AT; the offset behind it."""
    flags = data[at] if at < len(data) else 0
    if flags >> 6 != 1 or flags & 1:
        raise _wrong(at, "a frame of version 1 without a dictionary", f"{flags:#x}")
    at += 3 + (8 if flags & 8 else 0)
    while True:
        size = int.from_bytes(data[at : at + 4], "little")
        stored, size = size >> 31, size & 0x7FFFFFFF
        at += 4
        if at + size > len(data):
            raise _wrong(at - 4, f"a block of at most {len(data) - at} bytes", f"{size}")
        if not size:
            return at + (4 if flags & 4 else 0)
        if stored:
            out += data[at : at + size]
        else:
            _block(data, at, at + size, out, limit)
        at += size + (4 if flags & 16 else 0)
        if watch:
            watch(at)


def unpack(data: bytes, limit: int, watch: Watch | None = None) -> bytes:
    """The contents of the frames in DATA; FormatError when they are wrong or larger than LIMIT.

    WATCH is told after each block how much of DATA is through.
    """
    out = bytearray()
    at = 0
    while data[at : at + 4] in (LEGACY_MAGIC, FRAME_MAGIC):
        read = _legacy if data[at : at + 4] == LEGACY_MAGIC else _frame
        at = read(data, at + 4, out, limit, watch)
        if len(out) > limit:
            raise _wrong(at, f"at most {limit} bytes of contents", "more")
    if not at:
        raise _wrong(0, f"{LEGACY_MAGIC.hex(' ')} or {FRAME_MAGIC.hex(' ')}", data[:4].hex(" "))
    return bytes(out)
