"""Which kind of compressed data this is.

Ref: RFC 1952 (gzip), the .xz file format 1.1.0, RFC 8878 (zstd); lzma, bzip2, lz4, lzop.
"""

from __future__ import annotations

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
HEAD_SIZE = max(map(len, _MAGICS))  # bytes that tell every kind


def kind(data: bytes) -> str:
    """One of KINDS as DATA begins, or ''."""
    return next((name for magic, name in _MAGICS.items() if data.startswith(magic)), "")
