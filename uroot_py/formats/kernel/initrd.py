"""Whether an initrd is whole: its archives and compressed streams, followed to their ends.

Linux goes on without what it cannot unpack and panics for want of a root: an initrd that was cut
off by a full disk or a lost cache, or that needs more memory than the machine has, is better not
started.

Ref: Documentation/driver-api/early-userspace/buffer-format.rst; RFC 1952 (gzip), RFC 8878 3.1.1
(zstd), the .xz file format 1.1.0 2.1.2, 3.1, 4 and 5.3.1, the .lzma file format 1.1;
lib/decompress_unlz4.c.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.base.reader import number_at
from uroot_py.base.text import format_size
from uroot_py.formats.archive.cpio import HEADER_SIZE, is_cpio
from uroot_py.formats.compress.detect import kind

_STEP = 1 << 18
_XZ_HEAD, _XZ_FOOTER = b"\xfd7zXZ\0", b"YZ"
_XZ_EDGE = 12  # bytes of the header, and of the footer, of a stream
_XZ_MORE = 1 << 20  # bytes that its decoder needs beside a dictionary
_LZMA2 = 0x21  # the filter that has one
_EVERYTHING = 1 << 64


def _cut(what: str, offset: int, expected: str) -> FormatError:
    return FormatError(what, offset, expected, "the end of the file", hint="it was cut off")


class _Room:
    """The memory of the machine in bytes, and what the parts of an initrd may take of it."""

    def __init__(self, memory: int) -> None:
        self.memory = memory
        self.window = memory // 2  # the rest is for the kernel, and for what is unpacked

    def needs(self, what: str, offset: int, size: int) -> None:
        """FormatError when a decoder has to keep SIZE bytes, and that is too much."""
        if size > self.window:
            raise self.refused(what, offset, format_size(size))

    def refused(self, what: str, offset: int, found: str) -> FormatError:
        """What is said of a window that is FOUND to be too large."""
        half, whole = format_size(self.window), format_size(self.memory)
        return FormatError(what, offset, f"at most {half}, half of this machine's {whole}", found)

    def unpacks(self, what: str, offset: int, size: int) -> None:
        """FormatError when SIZE bytes of files have come, and that is too much."""
        if size > self.memory:
            most = f"at most this machine's {format_size(self.memory)}"
            raise FormatError(what, offset, most, "more")


def check(data: memoryview, memory: int = _EVERYTHING) -> None:
    """FormatError when DATA ends inside of one of its archives, or has nothing but zeros in it.

    Also when unpacking it takes more than the MEMORY of the machine, in bytes: a decoder's window
    (dictionary) of more than half of it, or more files. What is unknown, or damaged in another way,
    is left for the kernel to judge.
    """
    offset = first = _skip_zeros(data, 0)
    if first == len(data):
        raise FormatError("initrd", 0, "an archive", "nothing but zeros")
    room = _Room(memory)
    while offset < len(data):
        head = bytes(data[offset : offset + 8])
        follow = _cpio if is_cpio(head) else _FOLLOW.get(kind(head))
        after = follow(data, offset, room) if follow else 0
        if not after:
            return
        offset = _skip_zeros(data, after)


def _skip_zeros(data: memoryview, offset: int) -> int:
    """The offset of the first byte from OFFSET on that is not 0, or the end of DATA."""
    while offset < len(data):
        step = bytes(data[offset : offset + _STEP])
        rest = step.lstrip(b"\0")
        offset += len(step) - len(rest)
        if rest:
            break
    return offset


def _cpio(data: memoryview, offset: int, room: _Room) -> int:
    """The offset behind the archive's trailer; 0 where it is damaged."""
    while True:
        head = bytes(data[offset : offset + HEADER_SIZE])
        if len(head) < HEADER_SIZE:
            raise _cut("cpio header", offset, f"{HEADER_SIZE} bytes")
        try:
            size, name_size = int(head[54:62], 16), int(head[94:102], 16)
        except ValueError:
            return 0
        if not is_cpio(head):
            return 0
        start = (offset + HEADER_SIZE + name_size + 3) & ~3
        if start + size > len(data):
            raise _cut("cpio member", offset, f"{start - offset + size} bytes")
        if bytes(data[offset + HEADER_SIZE : offset + HEADER_SIZE + name_size]) == b"TRAILER!!!\0":
            return start + size
        offset = (start + size + 3) & ~3


def _zstd(data: memoryview, offset: int, room: _Room) -> int:
    """The same for a frame of zstd, by the sizes of its blocks."""
    at = offset + 4
    flags = data[at] if at < len(data) else 0
    single = flags >> 5 & 1
    at += 1
    window = 0
    if not single:
        code = data[at] if at < len(data) else 0
        window = (1 << 10 + (code >> 3)) // 8 * (8 + (code & 7))
        at += 1
    at += (0, 1, 2, 4)[flags & 3]
    width = (single, 2, 4, 8)[flags >> 6]
    if single:
        window = number_at(data, at, width) if at + width <= len(data) else 0
    room.needs("zstd window", offset, window)
    at += width
    while True:
        if at + 3 > len(data):
            raise _cut("zstd frame", offset, "its last block")
        header = number_at(data, at, 3)
        at += 3 + (1 if header >> 1 & 3 == 1 else header >> 3)
        if at > len(data):
            raise _cut("zstd frame", offset, "its last block")
        if header >> 1 & 3 == 3:
            return 0
        if header & 1:
            return min(at + (flags >> 2 & 1) * 4, len(data))


def _lz4(data: memoryview, offset: int, room: _Room) -> int:
    """The same for the legacy frames of kernels: sizes of blocks up to the end of the file."""
    if data[offset] != 0x02:
        return 0
    at = offset + 4
    while at + 4 <= len(data):
        size = number_at(data, at, 4)
        if not 0 < size <= 16 << 20:  # the uncompressed size that some tools append, or padding
            return 0
        at += 4 + size
    if at > len(data):
        raise _cut("lz4 block", offset, "all of it")
    return 0


def _gzip(data: memoryview, offset: int, room: _Room) -> int:
    """The same for gzip, which has to be unpacked to know."""
    import zlib

    unpacker = zlib.decompressobj(31)
    at, size = offset, 0
    while at < len(data) and not unpacker.eof:
        part = data[at : at + _STEP]
        at += len(part)
        try:
            while part and not unpacker.eof:
                size += len(unpacker.decompress(part, 4 * _STEP))
                room.unpacks("unpacked gzip data", offset, size)
                part = memoryview(unpacker.unconsumed_tail)
        except zlib.error:
            return 0
    if not unpacker.eof:
        raise _cut("gzip data", offset, "the end of its stream")
    return at - len(unpacker.unused_data)


def _lzma(data: memoryview, offset: int, room: _Room) -> int:
    """Only whether there is memory for its dictionary; what follows is not looked at."""
    if offset + 13 <= len(data):
        dictionary, unpacked = number_at(data, offset + 1, 4), number_at(data, offset + 5, 8)
        room.needs("lzma dictionary", offset, min(dictionary, unpacked))
    return 0


def _xz(data: memoryview, offset: int, room: _Room) -> int:
    """The same for xz: a footer ends the file, or it has to be unpacked to know."""
    end = len(data)
    while end > offset:
        step = bytes(data[max(end - _STEP, offset) : end])
        rest = step.rstrip(b"\0")
        end -= len(step) - len(rest)
        if rest:
            break
    blocks, unpacked = _xz_blocks(data, offset, end)
    room.unpacks("unpacked xz data", offset, unpacked)
    for block in blocks or [offset + _XZ_EDGE]:
        room.needs("xz dictionary", block, _xz_dictionary(data, block))
    if blocks or bytes(data[end - 2 : end]) == _XZ_FOOTER:
        return 0
    import lzma

    unpacker = lzma.LZMADecompressor(lzma.FORMAT_XZ, room.window + _XZ_MORE)
    at, size = offset, 0
    try:
        while not unpacker.eof and (at < len(data) or not unpacker.needs_input):
            part = data[at : at + _STEP] if unpacker.needs_input else b""
            at += len(part)
            size += len(unpacker.decompress(part, 4 * _STEP))
            room.unpacks("unpacked xz data", offset, size)
    except lzma.LZMAError as error:
        if "limit" in str(error):  # of a later block
            raise room.refused("xz dictionary", offset, "more") from None
        return 0
    except MemoryError:
        return 0
    if not unpacker.eof:
        raise _cut("xz data", offset, "the end of its stream")
    return 0


def _xz_blocks(data: memoryview, offset: int, end: int) -> tuple[list[int], int]:
    """Where the blocks of the streams from OFFSET to END begin, and the bytes they unpack to.

    By their indexes, read backwards; none where they do not lead to OFFSET.
    """
    blocks: list[int] = []
    unpacked = 0
    while end > offset:
        foot = end - _XZ_EDGE
        index = foot - 4 * (number_at(data, foot + 4, 4) + 1) if foot >= offset else offset
        if bytes(data[end - 2 : end]) != _XZ_FOOTER or index < offset + _XZ_EDGE:
            return [], 0
        count, at = _xz_number(data, index + 1, foot)
        sizes: list[int] = []
        while len(sizes) < count and at < foot:
            size, at = _xz_number(data, at, foot)
            sizes.append(size + 3 & ~3)
            size, at = _xz_number(data, at, foot)
            unpacked += size
        start = index - sum(sizes)
        head = start - _XZ_EDGE
        if head < offset or bytes(data[head : head + len(_XZ_HEAD)]) != _XZ_HEAD:
            return [], 0
        for size in sizes:
            blocks.append(start)
            start += size
        end = head
        while end > offset and bytes(data[end - 4 : end]) == bytes(4):  # between streams
            end -= 4
    return blocks, unpacked


def _xz_number(data: memoryview, at: int, end: int) -> tuple[int, int]:
    """The number of seven bits a byte at AT, and the offset behind it."""
    value = shift = 0
    while at < end and shift < 63:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    return value, at


def _xz_dictionary(data: memoryview, block: int) -> int:
    """The bytes of memory that the dictionary of the BLOCK takes; 0 where it has none."""
    if block + 2 > len(data):
        return 0
    end = min(block + 4 * (data[block] + 1), len(data))
    flags, at = data[block + 1], block + 2
    for bit in (0x40, 0x80):  # its sizes
        if flags & bit:
            _, at = _xz_number(data, at, end)
    for _ in range((flags & 3) + 1):
        name, at = _xz_number(data, at, end)
        size, at = _xz_number(data, at, end)
        if name == _LZMA2 and at < end:
            code = min(data[at], 40)
            return (1 << 32) - 1 if code == 40 else (2 | code & 1) << code // 2 + 11
        at += size
    return 0


_FOLLOW = {"zstd": _zstd, "lz4": _lz4, "gzip": _gzip, "lzma": _lzma, "xz": _xz}
