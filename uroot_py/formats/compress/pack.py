"""Packing piece by piece, by the libraries that this program has.

Ref: RFC 1952, the .xz file format 1.1.0, RFC 8878.
"""

from __future__ import annotations

from uroot_py.base.errors import RefusedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

SUFFIXES = {"gzip": ".gz", "bzip2": ".bz2", "xz": ".xz", "zstd": ".zst"}


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
    # By name, so that freezing does not follow it: not every image has room for this library.
    zstandard = __import__("zstandard")
    return zstandard.ZstdCompressor(level=3 if level is None else level).compressobj()
