"""Bytes as lines of hexadecimal. Ref: hexdump(1), the format of -C."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def text_of(row: bytes) -> str:
    """The printable characters of ROW, dots for the others."""
    return "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)


def canonical_row(offset: int, row: bytes) -> str:
    """``00000010  61 62 ...  63 64 ...  |ab...cd...|``."""
    left, right = row[:8].hex(" "), row[8:].hex(" ")
    return f"{offset:08x}  {left:<23}  {right:<23}  |{text_of(row)}|"


def rows(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """PIECES of any size as rows of 16 bytes; the last may be shorter."""
    waiting = b""
    for piece in pieces:
        waiting += piece
        full = len(waiting) - len(waiting) % 16
        for at in range(0, full, 16):
            yield waiting[at : at + 16]
        waiting = waiting[full:]
    if waiting:
        yield waiting


def canonical(data: bytes) -> str:
    """All of DATA in the format of ``hexdump -C``, without leaving out equal rows."""
    offsets = range(0, len(data), 16)
    return "".join(f"{canonical_row(at, data[at : at + 16])}\n" for at in offsets)
