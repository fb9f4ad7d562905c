"""LZO1X in lzop's files, decoding only.

Ref: Documentation/staging/lzo.rst; lib/decompress_unlzo.c.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.base.watch import Watch

MAGIC = b"\x89LZO\x00\r\n\x1a\n"
_BLOCK_MAX = 64 << 20
_ADLER32_D, _ADLER32_C, _CRC32_D, _CRC32_C = 0x1, 0x2, 0x100, 0x200
_EXTRA_FIELD, _FILTER = 0x40, 0x800


def _wrong(offset: int, expected: str, found: str) -> FormatError:
    return FormatError("lzo", offset, expected, found)


class _Block:
    """One compressed block while it is decoded."""

    def __init__(self, data: bytes, size: int) -> None:
        self.data = data
        self.size = size
        self.at = 0
        self.out = bytearray()

    def byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

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
            raise _wrong(self.at, f"{count} literals", "the end")
        self.out += self.data[self.at : self.at + count]
        self.at += count

    def match(self, distance: int, length: int) -> None:
        start = len(self.out) - distance
        if start < 0 or len(self.out) + length > self.size:
            raise _wrong(self.at, "a match inside the window", f"{distance}, length {length}")
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


def _header(data: bytes) -> tuple[int, int]:
    """The flags of an lzop file and the offset of its first block."""
    version = int.from_bytes(data[9:11], "big")
    new = version >= 0x0940
    at = 9 + (6 if new else 4)
    method = data[at]
    if method not in (1, 2, 3):
        raise _wrong(at, "LZO1X", f"method {method}")
    at += 2 if new else 1
    flags = int.from_bytes(data[at : at + 4], "big")
    at += 4 + (4 if flags & _FILTER else 0) + (12 if new else 8)
    at += 1 + data[at] + 4
    if flags & _EXTRA_FIELD:
        at += 8 + int.from_bytes(data[at : at + 4], "big")
    return flags, at


def unpack(data: bytes, limit: int, watch: Watch | None = None) -> bytes:
    """The contents of an lzop file; FormatError when they are wrong or larger than LIMIT.

    WATCH is told after each block how much of DATA is through.
    """
    if data[: len(MAGIC)] != MAGIC:
        raise _wrong(0, MAGIC.hex(" "), data[: len(MAGIC)].hex(" "))
    out = bytearray()
    at = 9
    try:
        flags, at = _header(data)
        while True:
            size = int.from_bytes(data[at : at + 4], "big")
            if not size:
                break
            at = _read_block(data, at + 4, size, flags, out)
            if len(out) > limit:
                raise _wrong(at, f"at most {limit} bytes of contents", "more")
            if watch:
                watch(at)
    except IndexError:
        raise _wrong(at, "a whole block", f"an end at {len(data):#x}") from None
    return bytes(out)


def _read_block(data: bytes, at: int, size: int, flags: int, out: bytearray) -> int:
    from zlib import adler32, crc32

    packed = int.from_bytes(data[at : at + 4], "big")
    if not packed <= size <= _BLOCK_MAX:
        raise _wrong(at, f"a block of at most {_BLOCK_MAX} bytes", f"{packed} for {size}")
    sums = data[at + 4 : at + 12]
    at += 4 + 4 * sum(bool(flags & flag) for flag in (_ADLER32_D, _CRC32_D))
    if packed < size:
        at += 4 * sum(bool(flags & flag) for flag in (_ADLER32_C, _CRC32_C))
    part = data[at : at + packed]
    if len(part) < packed:
        raise IndexError
    block = _Block(part, size).run() if packed < size else part
    if len(block) != size:
        raise _wrong(at, f"a block of {size} bytes", f"{len(block)}")
    check = adler32 if flags & _ADLER32_D else crc32 if flags & _CRC32_D else None
    if check and check(block) != int.from_bytes(sums[:4], "big"):
        raise _wrong(at, f"the checksum {sums[:4].hex()}", f"{check(block):08x}")
    out += block
    return at + packed
