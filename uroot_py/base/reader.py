"""Numbers and bytes one after another, for what no fixed header describes.

    reader = Reader(data, "lz4 frame", order="little")
    size = reader.u32()
    block = reader.take(size)

Where a header has fixed offsets, ``base.layout.Layout`` declares it; this is for the rest: records
whose length stands in them, streams of blocks, single numbers. What passes the end is a FormatError
with the offset, never an IndexError or a number that is shorter than it should be.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    from uroot_py.base.layout import Buffer

    Order = Literal["little", "big"]


_LETTERS = {1: "B", 2: "H", 4: "I", 8: "Q"}


class Reader:
    """A place in DATA that moves on as it is read; ``at`` is its offset, ``end`` where it stops.

    ``title`` is what is being read, for the FormatError.
    """

    __slots__ = ("at", "data", "end", "order", "title")

    def __init__(
        self, data: Buffer, title: str, at: int = 0, end: int = -1, *, order: Order = "little"
    ) -> None:
        self.data = data
        self.title = title
        self.at = at
        self.end = len(data) if end < 0 else min(end, len(data))
        self.order: Order = order

    @property
    def left(self) -> int:
        """Bytes not read yet."""
        return self.end - self.at

    def fault(self, expected: str, found: str) -> FormatError:
        """A FormatError at this place."""
        return FormatError(self.title, self.at, expected, found)

    def take(self, size: int) -> bytes:
        """The next SIZE bytes."""
        start = self.at
        if not 0 <= size <= self.end - start:
            raise self.fault(f"{size} bytes", f"{max(self.end - start, 0)} bytes")
        self.at = start + size
        return bytes(self.data[start : start + size])

    def skip(self, size: int) -> None:
        """Pass over SIZE bytes."""
        if not 0 <= size <= self.end - self.at:
            raise self.fault(f"{size} bytes", f"{max(self.end - self.at, 0)} bytes")
        self.at += size

    def number(self, size: int) -> int:
        """The next SIZE bytes as an unsigned number."""
        return int.from_bytes(self.take(size), self.order)

    def u8(self) -> int:
        """The next byte."""
        return self.number(1)

    def u16(self) -> int:
        """The next two bytes."""
        return self.number(2)

    def u32(self) -> int:
        """The next four bytes."""
        return self.number(4)

    def u64(self) -> int:
        """The next eight bytes."""
        return self.number(8)


def number_at(data: Buffer, offset: int, size: int, order: Order = "little") -> int:
    """The unsigned number of SIZE bytes at OFFSET of DATA; FormatError when it is not all there."""
    part = data[offset : offset + size]
    if offset < 0 or len(part) != size:
        raise FormatError("number", offset, f"{size} bytes", f"{len(part)} bytes")
    return int.from_bytes(part, order)


def numbers(data: Buffer, size: int, order: Order = "little") -> list[int]:
    """DATA as unsigned numbers of SIZE bytes (1, 2, 4, 8); FormatError when one is not whole."""
    from struct import unpack

    count, rest = divmod(len(data), size)
    if rest:
        raise FormatError("numbers", count * size, f"{size} bytes", f"{rest} bytes")
    mark = "<" if order == "little" else ">"
    return list(unpack(f"{mark}{count}{_LETTERS[size]}", data))


def as_bytes(value: int, size: int, order: Order = "little") -> bytes:
    """VALUE in SIZE bytes; FormatError when it does not fit."""
    if not 0 <= value < 1 << (8 * size):
        raise FormatError("number", 0, f"a number of {size} bytes", f"{value:#x}")
    return value.to_bytes(size, order)
