"""Whether an initrd is whole: its archives and compressed streams, followed to their ends.

Linux goes on without what it cannot unpack and panics for want of a root: an initrd that was cut
off by a full disk or a lost cache is better not started.

Ref: Documentation/driver-api/early-userspace/buffer-format.rst; RFC 1952 (gzip), RFC 8878 3.1.1
(zstd), the .xz file format 1.1.0 2.1.2; lib/decompress_unlz4.c.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.base.reader import number_at
from uroot_py.formats.archive.cpio import HEADER_SIZE, is_cpio
from uroot_py.formats.compress.detect import kind

_STEP = 1 << 18
_XZ_FOOTER = b"YZ"


def _cut(what: str, offset: int, expected: str) -> FormatError:
    return FormatError(what, offset, expected, "the end of the file", hint="it was cut off")


def check(data: memoryview) -> None:
    """FormatError when DATA ends inside of one of its archives, or has nothing but zeros in it.

    What is unknown, or damaged in another way, is left for the kernel to judge.
    """
    offset = first = _skip_zeros(data, 0)
    if first == len(data):
        raise FormatError("initrd", 0, "an archive", "nothing but zeros")
    while offset < len(data):
        head = bytes(data[offset : offset + 8])
        follow = _cpio if is_cpio(head) else _FOLLOW.get(kind(head))
        after = follow(data, offset) if follow else 0
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


def _cpio(data: memoryview, offset: int) -> int:
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


def _zstd(data: memoryview, offset: int) -> int:
    """The same for a frame of zstd, by the sizes of its blocks."""
    at = offset + 4
    flags = data[at] if at < len(data) else 0
    single = flags >> 5 & 1
    window = 0 if single else 1
    at += 1 + window + (0, 1, 2, 4)[flags & 3] + (single, 2, 4, 8)[flags >> 6]
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


def _lz4(data: memoryview, offset: int) -> int:
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


def _gzip(data: memoryview, offset: int) -> int:
    """The same for gzip, which has to be unpacked to know."""
    import zlib

    unpacker = zlib.decompressobj(31)
    at = offset
    while at < len(data) and not unpacker.eof:
        part = data[at : at + _STEP]
        at += len(part)
        try:
            while part and not unpacker.eof:
                unpacker.decompress(part, 4 * _STEP)
                part = memoryview(unpacker.unconsumed_tail)
        except zlib.error:
            return 0
    if not unpacker.eof:
        raise _cut("gzip data", offset, "the end of its stream")
    return at - len(unpacker.unused_data)


def _xz(data: memoryview, offset: int) -> int:
    """The same for xz: a footer ends the file, or it has to be unpacked to know."""
    end = len(data)
    while end > offset:
        step = bytes(data[max(end - _STEP, offset) : end])
        rest = step.rstrip(b"\0")
        end -= len(step) - len(rest)
        if rest:
            break
    if bytes(data[end - 2 : end]) == _XZ_FOOTER:
        return 0
    import lzma

    unpacker = lzma.LZMADecompressor(lzma.FORMAT_XZ)
    at = offset
    try:
        while not unpacker.eof and (at < len(data) or not unpacker.needs_input):
            part = data[at : at + _STEP] if unpacker.needs_input else b""
            at += len(part)
            unpacker.decompress(part, 4 * _STEP)
    except (lzma.LZMAError, MemoryError):
        return 0
    if not unpacker.eof:
        raise _cut("xz data", offset, "the end of its stream")
    return 0


_FOLLOW = {"zstd": _zstd, "lz4": _lz4, "gzip": _gzip, "xz": _xz}
