"""LZO1X in lzop's files, decoding only.

Ref: Documentation/staging/lzo.rst; lib/decompress_unlzo.c.
"""

from __future__ import annotations

from uroot_py.base.reader import number_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from uroot_py.formats.compress.feed import Feed

MAGIC = b"\x89LZO\x00\r\n\x1a\n"
_BLOCK_MAX = 64 << 20
_EXTRA_MAX = 1 << 20
_ADLER32_D, _ADLER32_C, _CRC32_D, _CRC32_C = 0x1, 0x2, 0x100, 0x200
_EXTRA_FIELD, _FILTER = 0x40, 0x800


class _Block:
    """One compressed block, the last that FEED gave, while it is decoded."""

    def __init__(self, feed: Feed, data: bytes, size: int) -> None:
        self.feed = feed
        self.data = data
        self.size = size
        self.at = 0
        self.out = bytearray()

    def byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

    def place(self) -> int:
        """The offset in the file of the byte that is next."""
        return self.feed.at - len(self.data) + self.at

    def length(self, bits: int, base: int) -> int:
        """BITS, or where they are 0, BASE plus 255 for every zero byte plus the byte behind."""
        if bits:
            return bits
        while not (last := self.byte()):
            base += 255
            if base > self.size:
                break
        return base + last

    def literals(self, count: int) -> None:
        if self.at + count > len(self.data) or len(self.out) + count > self.size:
            raise self.feed.fault(f"{count} literals", "the end", self.place())
        self.out += self.data[self.at : self.at + count]
        self.at += count

    def match(self, distance: int, length: int) -> None:
        start = len(self.out) - distance
        if start < 0 or len(self.out) + length > self.size:
            found = f"offset {distance}, length {length}"
            raise self.feed.fault("a match inside the window", found, self.place())
        if distance >= length:
            self.out += self.out[start : start + length]
        else:
            self.out += (self.out[start:] * (length // distance + 1))[:length]

    def run(self) -> bytes:
        """The contents; FormatError or IndexError when they are wrong."""
        state = 0  # literals since the last match, 4: more than three
        if self.data[0] > 17:
            state = min(self.byte() - 17, 4)
            self.literals(self.data[0] - 17)
        while True:
            code = self.byte()
            if code < 16 and not state:
                self.literals(self.length(code, 15) + 3)
                state = 4
                continue
            if code < 16:
                distance = (self.byte() << 2) + (code >> 2) + (2049 if state == 4 else 1)
                state = code & 3
                self.match(distance, 3 if distance > 2048 else 2)
            elif code < 64:
                state = self._far(code)
                if state < 0:
                    return bytes(self.out)
            else:
                distance = (self.byte() << 3) + (code >> 2 & 7) + 1
                self.match(distance, (code >> 5) + 1)
                state = code & 3
            self.literals(state)

    def _far(self, code: int) -> int:
        """A match with a distance of 14 bits or more; the literals behind it, -1 at the end."""
        if code < 32:
            length = self.length(code & 7, 7) + 2
            word = self.byte() | self.byte() << 8
            distance = ((code & 8) << 11) + (word >> 2) + 16384
            if distance == 16384:
                return -1
        else:
            length = self.length(code & 31, 31) + 2
            word = self.byte() | self.byte() << 8
            distance = (word >> 2) + 1
        self.match(distance, length)
        return word & 3


def unpacked(feed: Feed) -> Iterator[bytes]:
    """The contents of the lzop file that is next, block by block; FormatError when it is wrong."""
    magic = feed.take(len(MAGIC))
    if magic != MAGIC:
        raise feed.fault(MAGIC.hex(" "), magic.hex(" "), feed.at - len(MAGIC))
    flags = _header(feed)
    while size := feed.number(4, "big"):
        yield _read_block(feed, size, flags)


def _header(feed: Feed) -> int:
    """Read the rest of a file's header; its flags."""
    new = feed.number(2, "big") >= 0x0940
    feed.take(4 if new else 2)
    method = feed.number(1)
    if method not in (1, 2, 3):
        raise feed.fault("LZO1X", f"method {method}", feed.at - 1)
    if new:
        feed.take(1)
    flags = feed.number(4, "big")
    feed.take((4 if flags & _FILTER else 0) + (12 if new else 8))
    feed.take(feed.number(1) + 4)
    if flags & _EXTRA_FIELD:
        size = feed.number(4, "big")
        if size > _EXTRA_MAX:
            raise feed.fault(f"an extra field of at most {_EXTRA_MAX} bytes", f"{size}")
        feed.take(size + 4)
    return flags


def _read_block(feed: Feed, size: int, flags: int) -> bytes:
    from zlib import adler32, crc32

    packed = feed.number(4, "big")
    if not packed <= size <= _BLOCK_MAX:
        raise feed.fault(
            f"a block of at most {_BLOCK_MAX} bytes", f"{packed} for {size}", feed.at - 4
        )
    # A checksum of the contents for each of two kinds, then, where it is packed, of the packed.
    sums = [feed.take(4) for flag in (_ADLER32_D, _CRC32_D) if flags & flag]
    if packed < size:
        for flag in (_ADLER32_C, _CRC32_C):
            if flags & flag:
                feed.take(4)
    at = feed.at
    block = feed.take(packed)
    if packed < size:
        try:
            block = _Block(feed, block, size).run()
        except IndexError:
            raise feed.fault("a whole block", f"an end at {feed.at:#x}", at) from None
    if len(block) != size:
        raise feed.fault(f"a block of {size} bytes", f"{len(block)}", at)
    if sums:
        check = adler32(block) if flags & _ADLER32_D else crc32(block)
        if check != number_at(sums[0], 0, 4, "big"):
            raise feed.fault(f"the checksum {sums[0].hex()}", f"{check:08x}", at)
    return block
