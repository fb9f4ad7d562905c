"""The RAM of a guest: up to 3 GiB from 0 on, the rest from 4 GiB on."""

from __future__ import annotations

import mmap

from uroot_py.base.errors import PlanError
from uroot_py.payload.guest_x86 import GIB3
from uroot_py.payload.plan import GIB4

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.base.layout import Buffer

_MAP_NORESERVE = 0x4000  # the module mmap does not name it everywhere
_FLAGS = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _MAP_NORESERVE


class GuestMemory:
    """SIZE bytes; ``slots`` are (address in the guest, our memory)."""

    def __init__(self, size: int) -> None:
        low = min(size, GIB3)
        self.slots: list[tuple[int, mmap.mmap]] = []
        try:
            self.slots.append((0, mmap.mmap(-1, low, _FLAGS)))
            if size > low:
                self.slots.append((GIB4, mmap.mmap(-1, size - low, _FLAGS)))
        except (OSError, ValueError, OverflowError) as error:
            self.close()
            raise PlanError(f"no memory of {size:#x} bytes for a guest: {error}") from error
        self.size = size

    def _find(self, address: int, size: int) -> tuple[mmap.mmap, int]:
        for start, memory in self.slots:
            if start <= address and address + size <= start + len(memory):
                return memory, address - start
        raise PlanError(f"[{address:#x}, {address + size:#x}) is not in the guest's RAM")

    def read(self, address: int, size: int) -> bytes:
        """SIZE bytes at ADDRESS; PlanError where there is no RAM."""
        memory, at = self._find(address, size)
        return memory[at : at + size]

    def write(self, address: int, data: Buffer) -> None:
        """Put DATA at ADDRESS; PlanError where there is no RAM."""
        memory, at = self._find(address, len(data))
        memory[at : at + len(data)] = data

    def clear(self, address: int, size: int) -> None:
        """Put zeros there; whole pages cost nothing."""
        memory, at = self._find(address, size)
        first, last = -(-at // mmap.PAGESIZE) * mmap.PAGESIZE, (at + size) & -mmap.PAGESIZE
        if first >= last:
            memory[at : at + size] = bytes(size)
            return
        memory[at:first] = bytes(first - at)
        memory.madvise(mmap.MADV_DONTNEED, first, last - first)
        memory[last : at + size] = bytes(at + size - last)

    def close(self) -> None:
        """Give it back."""
        for _, memory in self.slots:
            memory.close()
