"""LZ4, decoding only: the legacy frames that kernels use, and today's frames.

Checksums are not verified.
Ref: lz4_Block_format.md, lz4_Frame_format.md (lz4 1.9); lib/decompress_unlz4.c.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from uroot_py.formats.compress.feed import Feed

LEGACY_MAGIC = b"\x02\x21\x4c\x18"
FRAME_MAGIC = b"\x04\x22\x4d\x18"
_LEGACY_BLOCK = 8 << 20
_LEGACY_PACKED = _LEGACY_BLOCK + _LEGACY_BLOCK // 255 + 16  # LZ4_COMPRESSBOUND
_WINDOW = 64 << 10


def _block(feed: Feed, data: bytes, out: bytearray, most: int) -> None:
    """Append the contents of the block DATA, the last that FEED gave; OUT may hold MOST bytes."""
    at, end = 0, len(data)
    base = feed.at - end  # the block's offset, for faults
    while at < end:
        token = data[at]
        at += 1
        literal, length = token >> 4, token & 15
        if literal == 15:
            literal, at = _more(feed, data, at, literal)
        out += data[at : min(at + literal, end)]
        at += literal
        if at >= end:
            break
        offset = data[at] | (data[at + 1] << 8 if at + 1 < end else 0)
        at += 2
        if length == 15:
            length, at = _more(feed, data, at, length)
        length += 4
        start = len(out) - offset
        if not offset or start < 0 or len(out) + length > most:
            found = f"offset {offset}, length {length}"
            raise feed.fault("a match inside the window", found, base + at)
        if offset >= length:
            out += out[start : start + length]
        else:
            out += (out[start:] * (length // offset + 1))[:length]
    if at != end or len(out) > most:
        raise feed.fault("a block that ends with literals", f"{at - end} bytes too many", base)


def _more(feed: Feed, data: bytes, at: int, length: int) -> tuple[int, int]:
    while at < len(data):
        byte = data[at]
        at += 1
        length += byte
        if byte != 255:
            return length, at
    raise feed.fault("the rest of a length", "the end of the block")


def unpacked(feed: Feed) -> Iterator[bytes]:
    """The contents of the frame that is next, block by block; FormatError when they are wrong."""
    magic = feed.take(4)
    if magic == LEGACY_MAGIC:
        return _legacy(feed)
    if magic == FRAME_MAGIC:
        return _frame(feed)
    raise feed.fault(
        f"{LEGACY_MAGIC.hex(' ')} or {FRAME_MAGIC.hex(' ')}", magic.hex(" "), feed.at - 4
    )


def _legacy(feed: Feed) -> Iterator[bytes]:
    """Blocks up to the end of the data; what a kernel build appends (its size) is passed over."""
    while True:
        head = feed.head(5)
        if len(head) < 5:
            feed.take(len(head))
            return
        if head[:4] in (LEGACY_MAGIC, FRAME_MAGIC):
            return
        size = feed.number(4)
        if not 0 < size <= _LEGACY_PACKED:
            raise feed.fault(f"a block of at most {_LEGACY_PACKED} bytes", f"{size}", feed.at - 4)
        out = bytearray()
        _block(feed, feed.take(size), out, _LEGACY_BLOCK)
        yield bytes(out)


def _frame(feed: Feed) -> Iterator[bytes]:
    """The blocks of one frame behind its magic."""
    flags, sizes = feed.take(2)
    if flags >> 6 != 1 or flags & 1:
        raise feed.fault("a frame of version 1 without a dictionary", f"{flags:#x}", feed.at - 2)
    most = 1 << (8 + 2 * (sizes >> 4 & 7))  # 64 KiB (4) to 4 MiB (7)
    feed.take(9 if flags & 8 else 1)
    out = bytearray()
    while size := feed.number(4):
        stored, size = size >> 31, size & 0x7FFFFFFF
        if size > most:
            raise feed.fault(f"a block of at most {most} bytes", f"{size}", feed.at - 4)
        part = feed.take(size)
        start = len(out)
        if stored:
            out += part
        else:
            _block(feed, part, out, start + most)
        yield bytes(out[start:])
        if flags & 16:
            feed.take(4)
        del out[:-_WINDOW]
    if flags & 4:
        feed.take(4)
