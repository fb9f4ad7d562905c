"""Packed data as it comes: pieces of any size, read as the decoders want it."""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.base.reader import number_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from uroot_py.base.layout import Buffer
    from uroot_py.base.reader import Order

_PIECE = 256 << 10  # bytes that one piece holds at most: a decoder may copy what it did not take


class Feed:
    """PIECES, of which some can be put back; ``at`` is the offset of the next byte.

    ``what`` is the kind of data that is being read, for the FormatError.
    """

    def __init__(self, pieces: Iterable[Buffer], source: str = "") -> None:
        self.pieces = iter(pieces)
        self.source = source
        self.what = "packed"
        self.at = 0
        self._held: Buffer = b""
        self._start = 0  # of what is left of it

    def fault(self, expected: str, found: str, at: int | None = None) -> FormatError:
        """A FormatError at this place, or at the offset AT."""
        offset = self.at if at is None else at
        return FormatError(f"{self.what} data", offset, expected, found, source=self.source)

    def ended(self) -> FormatError:
        """The FormatError of data that ends too early."""
        return self.fault("the rest of the stream", "the end of data")

    def piece(self) -> bytes:
        """The next bytes, as many as are at hand; b'' at the end."""
        while self._start >= len(self._held):
            held = next(self.pieces, None)
            if held is None:
                return b""
            self._held, self._start = held, 0  # which may be empty: not yet the end
        data = bytes(self._held[self._start : self._start + _PIECE])
        self._start += len(data)
        self.at += len(data)
        return data

    def back(self, data: bytes) -> None:
        """Put DATA, the last that was read, back."""
        self.at -= len(data)
        if len(data) <= self._start:
            self._start -= len(data)
        else:
            self._held, self._start = data + bytes(self._held[self._start :]), 0

    def head(self, size: int) -> bytes:
        """The next SIZE bytes, or what there is before the end; they stay where they are."""
        data = self._upto(size)
        self.back(data)
        return data

    def take(self, size: int) -> bytes:
        """The next SIZE bytes; FormatError when the data ends before."""
        data = self._upto(size)
        if len(data) < size:
            raise self.ended()
        return data

    def number(self, size: int, order: Order = "little") -> int:
        """The next SIZE bytes as an unsigned number."""
        return number_at(self.take(size), 0, size, order)

    def _upto(self, size: int) -> bytes:
        parts = []
        while size:
            data = self.piece()
            if not data:
                break
            if len(data) > size:
                self.back(data[size:])
                data = data[:size]
            parts.append(data)
            size -= len(data)
        return b"".join(parts)
