"""gzip, bzip2, xz and zstd as streams: packing and unpacking piece by piece, in bounded memory.

Ref: RFC 1952, the .xz file format 1.1.0, RFC 8878.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError, RefusedError
from uroot_py.formats.compress.unpack import MAX_DICTIONARY, kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

_STEP = 1 << 20  # bytes that one call may unpack
_ZSTD_STEP = 256  # zstd has no such limit: a few bytes at a time
SUFFIXES = {"gzip": ".gz", "bzip2": ".bz2", "xz": ".xz", "zstd": ".zst"}


class _Feed:
    """Pieces with their position, of which the rest can be put back."""

    def __init__(self, pieces: Iterable[bytes], source: str) -> None:
        self.pieces = iter(pieces)
        self.source = source
        self.rest = b""
        self.at = 0

    def next(self) -> bytes:
        data, self.rest = self.rest or next(self.pieces, b""), b""
        self.at += len(data)
        return data

    def back(self, data: bytes) -> None:
        self.rest = data + self.rest
        self.at -= len(data)

    def head(self) -> bytes:
        """The first bytes, which stay where they are; enough to see a magic."""
        data = b""
        while len(data) < 6 and (more := self.next()):
            data += more
        self.back(data)
        return data

    def wrong(self, what: str, expected: str, found: str) -> FormatError:
        return FormatError(f"{what} data", self.at, expected, found, source=self.source)


def unpacked(pieces: Iterable[bytes], source: str = "", *, plain: bool = False) -> Iterator[bytes]:
    """What PIECES held before they were packed, whichever way that was.

    With PLAIN, what is not packed passes as it is, else it is a FormatError. RefusedError when
    this program has no decoder.
    """
    feed = _Feed(pieces, source)
    head = feed.head()
    name = kind(head)
    if name not in SUFFIXES:
        if not plain:
            raise feed.wrong(
                "packed", "gzip, bzip2, xz or zstd", repr(head)[1:] if head else "nothing"
            )
        while data := feed.next():
            yield data
        return
    while name:
        yield from _stream(name, feed)
        head = feed.head()
        if not head.strip(b"\0"):
            return  # the end, or the padding of a tape
        if kind(head) != name:
            raise feed.wrong(name, "another stream or the end", repr(head[:6])[1:])


def _stream(name: str, feed: _Feed) -> Iterator[bytes]:
    """One stream; what follows it is put back."""
    try:
        decoder, step, faults = _DECODERS[name]()
    except ImportError:
        raise RefusedError(f"{name} data cannot be unpacked by this program") from None
    data = feed.next()
    try:
        while True:
            out, data = step(decoder, data)
            if out:
                yield out
            if decoder.eof:
                feed.back(data)
                return
            if not data and not out:
                data = feed.next()
                if not data:
                    raise feed.wrong(name, "the rest of the stream", "the end of data")
    except faults as error:
        raise feed.wrong(name, "a valid stream", str(error)) from None


def _gzip() -> tuple[Any, Callable[[Any, bytes], tuple[bytes, bytes]], Any]:
    import zlib

    def step(decoder: Any, data: bytes) -> tuple[bytes, bytes]:  # noqa: ANN401
        out = decoder.decompress(data, _STEP)
        return out, decoder.unused_data or decoder.unconsumed_tail

    return zlib.decompressobj(31), step, zlib.error


def _held(decoder: Any, data: bytes) -> tuple[bytes, bytes]:  # noqa: ANN401
    """A step of the decoders that hold what they cannot unpack yet."""
    out = decoder.decompress(data, _STEP)
    return out, decoder.unused_data


def _bzip2() -> tuple[Any, Callable[[Any, bytes], tuple[bytes, bytes]], Any]:
    import bz2

    return bz2.BZ2Decompressor(), _held, OSError


def _xz() -> tuple[Any, Callable[[Any, bytes], tuple[bytes, bytes]], Any]:
    import lzma

    limit = MAX_DICTIONARY + (1 << 20)
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=limit), _held, lzma.LZMAError


def _zstd() -> tuple[Any, Callable[[Any, bytes], tuple[bytes, bytes]], Any]:
    # By name, so that freezing does not follow it: not every image has room for this library.
    zstandard = __import__("zstandard")

    def step(decoder: Any, data: bytes) -> tuple[bytes, bytes]:  # noqa: ANN401
        out = decoder.decompress(data[:_ZSTD_STEP])
        return out, decoder.unused_data + data[_ZSTD_STEP:]

    context = zstandard.ZstdDecompressor(max_window_size=MAX_DICTIONARY)
    return context.decompressobj(), step, zstandard.ZstdError


_DECODERS = {"gzip": _gzip, "bzip2": _bzip2, "xz": _xz, "zstd": _zstd}


def packed(pieces: Iterable[bytes], name: str, level: int | None = None) -> Iterator[bytes]:
    """PIECES packed as NAME says; RefusedError when this program cannot do that."""
    try:
        encoder = _encoder(name, level)
    except ImportError:
        raise RefusedError(f"{name} data cannot be packed by this program") from None
    for data in pieces:
        out = encoder.compress(data)
        if out:
            yield out
    yield encoder.flush()


def _encoder(name: str, level: int | None) -> Any:  # noqa: ANN401
    if name == "gzip":
        import zlib

        return zlib.compressobj(6 if level is None else level, zlib.DEFLATED, 31)
    if name == "bzip2":
        import bz2

        return bz2.BZ2Compressor(level or 9)
    if name == "xz":
        import lzma

        # Presets above 2 want more memory than a small machine has.
        return lzma.LZMACompressor(preset=2 if level is None else level)
    zstandard = __import__("zstandard")
    return zstandard.ZstdCompressor(level=3 if level is None else level).compressobj()
