"""Device trees inside other data: firmware images, FIT images, kernels with appended blobs."""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.base.reader import as_bytes, number_at
from uroot_py.formats.fdt import tree as fdt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_MAGIC = as_bytes(fdt.MAGIC, 4, "big")
_EFFORT = 16  # how often, on the average, a byte may be read as part of a blob


class Found:
    """A blob: where it is, its size in bytes, its tree or what is wrong with it."""

    __slots__ = ("error", "offset", "size", "tree")

    def __init__(self, offset: int, size: int) -> None:
        self.offset = offset
        self.size = size
        self.tree: fdt.DeviceTree | None = None
        self.error: FormatError | None = None


def scan(data: bytes) -> Iterator[Found]:
    """Every place in DATA with a sound header; blobs inside of blobs are found, too.

    It stops where overlapping headers would make it read everything again and again.
    """
    effort = _EFFORT * len(data)
    offset = data.find(_MAGIC)
    while offset >= 0 and effort > 0:
        rest = len(data) - offset
        size = number_at(data, offset + 4, 4, "big") if rest >= fdt.header_size(1) else 0
        if fdt.header_size(1) <= size <= min(rest, fdt.MAX_SIZE):
            effort -= size
            found = Found(offset, size)
            try:
                found.tree = fdt.parse(data[offset : offset + size])
            except FormatError as error:
                found.error = error
            # A fault inside the header says that there is no blob here at all.
            if found.error is None or found.error.offset >= fdt.header_size(1):
                yield found
        offset = data.find(_MAGIC, offset + 4)
