"""Unpacking of compressed data whose size is not known, up to a limit.

Ref: RFC 1952 (gzip), the .xz file format 1.1.0, RFC 8878 (zstd); lzma, bzip2, lz4, lzop.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError, RefusedError
from uroot_py.base.text import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from uroot_py.base.watch import Watch

_MAGICS = {
    b"\x1f\x8b": "gzip",
    b"\xfd7zXZ\0": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x5d\0\0": "lzma",
    b"BZh": "bzip2",
    b"\x02\x21\x4c\x18": "lz4",
    b"\x04\x22\x4d\x18": "lz4",
    b"\x89LZO\0\r\n": "lzop",
}
KINDS = frozenset(_MAGICS.values())
_STEP = 256
MAX_DICTIONARY = 128 << 20  # bytes that a decoder may remember: the most that Linux takes for zstd


def kind(data: bytes) -> str:
    """One of KINDS as DATA begins, or ''."""
    return next((name for magic, name in _MAGICS.items() if data.startswith(magic)), "")


def _library(name: str, data: bytes, most: int) -> tuple[bytes, bool]:
    """By zlib, bz2 or lzma: at most MOST bytes, and whether that is all."""
    decoder: Any
    wrong: tuple[type[Exception], ...]
    if name == "gzip":
        import zlib

        decoder, wrong = zlib.decompressobj(31), (zlib.error,)
    elif name == "bzip2":
        import bz2

        decoder, wrong = bz2.BZ2Decompressor(), (OSError,)
    else:
        import lzma

        form = lzma.FORMAT_XZ if name == "xz" else lzma.FORMAT_ALONE
        decoder = lzma.LZMADecompressor(form, memlimit=MAX_DICTIONARY + (1 << 20))
        wrong = (lzma.LZMAError,)
    try:
        return decoder.decompress(data, most), decoder.eof
    except wrong as error:
        raise ValueError(str(error)) from None


def _zstd(data: bytes, most: int, watch: Watch | None) -> tuple[bytes, bool]:
    try:
        # By name, so that freezing does not follow it: the image has no room for this library.
        zstandard = __import__("zstandard")
    except ImportError:
        from uroot_py.formats.compress import zstd

        return zstd.unpack(data, most, watch), True
    unpacker = zstandard.ZstdDecompressor(max_window_size=MAX_DICTIONARY).decompressobj()
    parts, size, start = [], 0, 0
    try:
        # A block of 3 bytes can become 128 KiB: no step can give much more than is still wanted.
        while start < len(data) and size < most and not unpacker.eof:
            step = max(_STEP, (most - size) * 3 >> 17)
            parts.append(unpacker.decompress(data[start : start + step]))
            size += len(parts[-1])
            start += step
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from None
    return b"".join(parts), unpacker.eof


def _unpack(name: str, data: bytes, most: int, watch: Watch | None) -> tuple[bytes, bool]:
    if name == "zstd":
        return _zstd(data, most, watch)
    if name == "lz4":
        from uroot_py.formats.compress import lz4

        return lz4.unpack(data, most, watch), True
    if name == "lzop":
        from uroot_py.formats.compress import lzo

        return lzo.unpack(data, most, watch), True
    return _library(name, data, most)


def unpack(data: bytes, limit: int, watch: Watch | None = None) -> bytes:
    """DATA as it was before it was packed, or DATA itself when it is not; at most LIMIT bytes.

    WATCH is told now and then how much of DATA is through, by the decoders that take their time.
    What follows the stream is passed over: kernels append to it. FormatError for damaged or larger
    data; RefusedError without the decoder.
    """
    name = kind(data)
    if not name:
        return data
    try:
        unpacked, ended = _unpack(name, data, limit + 1, watch)
    except ValueError as error:
        raise FormatError(f"{name} data", 0, "a valid stream", str(error)) from None
    except ImportError:
        raise RefusedError(f"{name} data cannot be unpacked by this program") from None
    if len(unpacked) > limit:
        raise FormatError(f"{name} data", 0, f"at most {limit:#x} bytes in it", "more")
    if not ended:
        raise FormatError(f"{name} data", len(data), "the rest of the stream", "the end of data")
    return unpacked


def unpack_named(
    data: bytes, name: str, limit: int, what: str, offset: int = 0, watch: Watch | None = None
) -> bytes:
    """DATA, which a header says is packed as NAME ("lzo" is lzop), as it was before.

    WHAT and OFFSET are where it lies, for the FormatError when it is packed otherwise.
    """
    found = kind(data)
    if found not in (name, "lzop" if name == "lzo" else name):
        raise FormatError(what, offset, f"{printable(name)} data", found or "none")
    return unpack(data, limit, watch)
