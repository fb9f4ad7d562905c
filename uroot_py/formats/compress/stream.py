"""Unpacking piece by piece, in bounded memory: the one place where a decoder is chosen.

Every decoder is a generator: it reads one stream from a Feed, yields its contents in pieces, and
leaves the feed behind the stream. Ref: RFC 1952, the .xz file format 1.1.0, RFC 8878.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError, RefusedError
from uroot_py.base.text import printable
from uroot_py.formats.compress.detect import HEAD_SIZE, KINDS, kind
from uroot_py.formats.compress.feed import Feed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from uroot_py.base.layout import Buffer
    from uroot_py.base.watch import Watch

MAX_DICTIONARY = 128 << 20  # bytes that a decoder may remember: the most that Linux takes for zstd
_STEP = 1 << 20  # bytes that one call may unpack
_ZSTD_STEP = 256  # that library has no such limit, and 3 bytes can become 128 KiB


def unpacked(pieces: Iterable[Buffer], source: str = "", *, plain: bool = False) -> Iterator[bytes]:
    """What PIECES held before they were packed, whichever way that was, in pieces.

    With PLAIN, what is not packed passes as it is, else it is a FormatError. RefusedError when
    this program has no decoder.
    """
    feed = Feed(pieces, source)
    head = feed.head(HEAD_SIZE)
    name = kind(head)
    if not name:
        if not plain:
            known = sorted(KINDS)
            expected = f"{', '.join(known[:-1])} or {known[-1]}"
            raise feed.fault(expected, repr(head)[1:] if head else "nothing")
        while data := feed.piece():
            yield data
        return
    while name:
        yield from unpack_one(feed)
        head = feed.head(HEAD_SIZE)
        if not head.strip(b"\0"):
            return  # the end, or the padding of a tape
        if kind(head) != name:
            raise feed.fault("another stream or the end", repr(head)[1:])


def unpack(data: bytes, limit: int, watch: Watch | None = None) -> bytes:
    """DATA as it was before it was packed, or DATA itself when it is not; at most LIMIT bytes.

    WATCH is told now and then how much of DATA is through. What follows the streams is passed
    over: kernels append to it. FormatError for damaged or larger data; RefusedError without the
    decoder.
    """
    name = kind(data[:HEAD_SIZE])
    if not name:
        return data
    feed = Feed([memoryview(data)])
    out = bytearray()
    while kind(feed.head(HEAD_SIZE)) == name:
        for part in unpack_one(feed):
            if len(out) + len(part) > limit:
                raise FormatError(f"{name} data", 0, f"at most {limit:#x} bytes in it", "more")
            out += part
            if watch:
                watch(feed.at)
    return bytes(out)


def unpack_named(
    data: bytes, named: str, limit: int, what: str, offset: int = 0, watch: Watch | None = None
) -> bytes:
    """DATA, of which a header says that it is packed as NAMED, as it was before.

    The data's own magic decides: kernels have been built with "zstd22", "xzkern" or "lzo" there.
    WHAT and OFFSET are where DATA lies, for the FormatError when it is not packed at all.
    """
    if not kind(data):
        raise FormatError(what, offset, f"{printable(named)} data", "none")
    return unpack(data, limit, watch)


def unpack_one(feed: Feed) -> Iterator[bytes]:
    """The contents of the one stream that FEED stands at; it stands behind it afterwards.

    FormatError for damage, RefusedError without the decoder.
    """
    name = kind(feed.head(HEAD_SIZE))
    if not name:
        raise feed.fault("packed data", "none")
    feed.what = name
    if name == "lz4":
        from uroot_py.formats.compress import lz4

        return lz4.unpacked(feed)
    if name == "lzop":
        from uroot_py.formats.compress import lzo

        return lzo.unpacked(feed)
    try:
        decoder, step, faults = _LIBRARIES[name]()
    except ImportError:
        if name != "zstd":
            raise RefusedError(f"{name} data cannot be unpacked by this program") from None
        from uroot_py.formats.compress import zstd

        return zstd.unpacked(feed, MAX_DICTIONARY)
    return _by_library(decoder, step, faults, feed)


def _by_library(
    decoder: Any,  # noqa: ANN401
    step: Callable[[Any, bytes], tuple[bytes, bytes]],
    faults: type[Exception],
    feed: Feed,
) -> Iterator[bytes]:
    data = feed.piece()
    try:
        while True:
            out, data = step(decoder, data)
            if out:
                yield out
            if decoder.eof:
                feed.back(data)
                return
            if not data and not out:
                data = feed.piece()
                if not data:
                    raise feed.ended()
    except faults as error:
        raise feed.fault("a valid stream", str(error)) from None


def _zlib_step(decoder: Any, data: bytes) -> tuple[bytes, bytes]:  # noqa: ANN401
    out = decoder.decompress(data, _STEP)
    return out, decoder.unused_data or decoder.unconsumed_tail


def _held_step(decoder: Any, data: bytes) -> tuple[bytes, bytes]:  # noqa: ANN401
    """A step of the decoders that hold what they cannot unpack yet."""
    out = decoder.decompress(data, _STEP)
    return out, decoder.unused_data


def _zstd_step(decoder: Any, data: bytes) -> tuple[bytes, bytes]:  # noqa: ANN401
    out = decoder.decompress(data[:_ZSTD_STEP])
    return out, decoder.unused_data + data[_ZSTD_STEP:]


def _gzip() -> tuple[Any, Any, type[Exception]]:
    import zlib

    return zlib.decompressobj(31), _zlib_step, zlib.error


def _bzip2() -> tuple[Any, Any, type[Exception]]:
    import bz2

    return bz2.BZ2Decompressor(), _held_step, OSError


def _xz() -> tuple[Any, Any, type[Exception]]:
    import lzma

    limit = MAX_DICTIONARY + (1 << 20)
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=limit), _held_step, lzma.LZMAError


def _lzma() -> tuple[Any, Any, type[Exception]]:
    import lzma

    limit = MAX_DICTIONARY + (1 << 20)
    return lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=limit), _held_step, lzma.LZMAError


def _zstd() -> tuple[Any, Any, type[Exception]]:
    # By name, so that freezing does not follow it: not every image has room for this library.
    zstandard = __import__("zstandard")
    context = zstandard.ZstdDecompressor(max_window_size=MAX_DICTIONARY)
    return context.decompressobj(), _zstd_step, zstandard.ZstdError


_LIBRARIES = {"gzip": _gzip, "bzip2": _bzip2, "xz": _xz, "lzma": _lzma, "zstd": _zstd}
