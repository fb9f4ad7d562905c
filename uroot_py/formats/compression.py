"""Unpacking of gzip, xz and zstd data whose size is not known, up to a limit.

Ref: RFC 1952 (gzip), the .xz file format 1.1.0, RFC 8878 (zstd).
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError, RefusedError

_MAGICS = {b"\x1f\x8b": "gzip", b"\xfd7zXZ\0": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
_STEP = 256
MAX_DICTIONARY = 128 << 20  # bytes that a decoder may remember: the most that Linux takes for zstd


def kind(data: bytes) -> str:
    """``gzip``, ``xz``, ``zstd`` as DATA begins, or ''."""
    return next((name for magic, name in _MAGICS.items() if data.startswith(magic)), "")


def _gzip(data: bytes, most: int) -> tuple[bytes, bool]:
    import zlib

    try:
        unpacker = zlib.decompressobj(31)
        return unpacker.decompress(data, most), unpacker.eof
    except zlib.error as error:
        raise ValueError(str(error)) from None


def _xz(data: bytes, most: int) -> tuple[bytes, bool]:
    import lzma

    try:
        unpacker = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MAX_DICTIONARY + (1 << 20))
        return unpacker.decompress(data, most), unpacker.eof
    except lzma.LZMAError as error:
        raise ValueError(str(error)) from None


def _zstd(data: bytes, most: int) -> tuple[bytes, bool]:
    # By name, so that freezing does not follow it: the image has no room for this library.
    zstandard = __import__("zstandard")
    unpacker = zstandard.ZstdDecompressor(max_window_size=MAX_DICTIONARY).decompressobj()
    parts, size = [], 0
    try:
        # A block of 3 bytes can become 128 KiB: small steps bound what one of them gives.
        for start in range(0, len(data), _STEP):
            parts.append(unpacker.decompress(data[start : start + _STEP]))
            size += len(parts[-1])
            if size >= most or unpacker.eof:
                break
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from None
    return b"".join(parts), unpacker.eof


def unpack(data: bytes, limit: int) -> bytes:
    """DATA as it was before it was packed, or DATA itself when it is not; at most LIMIT bytes.

    FormatError for damaged or larger data; RefusedError without the decoder.
    """
    name = kind(data)
    if not name:
        return data
    try:
        unpacked, ended = {"gzip": _gzip, "xz": _xz, "zstd": _zstd}[name](data, limit + 1)
    except ValueError as error:
        raise FormatError(f"{name} data", 0, "a valid stream", str(error)) from None
    except ImportError:
        raise RefusedError(f"{name} data cannot be unpacked by this program") from None
    if len(unpacked) > limit:
        raise FormatError(f"{name} data", 0, f"at most {limit:#x} bytes in it", "more")
    if not ended:
        raise FormatError(f"{name} data", len(data), "the rest of the stream", "the end of data")
    return unpacked
