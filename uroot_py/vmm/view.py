"""A stopped guest's memory by virtual address. Ref: Intel SDM volume 3, 4.5 (paging)."""

from __future__ import annotations

from uroot_py.base.errors import PlanError
from uroot_py.base.reader import number_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.vmm.memory import GuestMemory

_ADDRESS = 0x000FFFFFFFFFF000
_PRESENT, _LARGE = 1, 0x80
_LA57 = 1 << 12
_PAGE = 4096


class View:
    """MEMORY through the page tables at CR3."""

    def __init__(self, memory: GuestMemory, cr3: int, cr4: int) -> None:
        self.memory = memory
        self._root = cr3 & _ADDRESS
        self._levels = 5 if cr4 & _LA57 else 4
        self._known: dict[int, int | None] = {}

    def translate(self, address: int) -> int | None:
        """The physical address, or None where nothing is mapped."""
        page = address & -_PAGE
        if page not in self._known:
            self._known[page] = self._walk(page & 0xFFFFFFFFFFFFFFFF)
        found = self._known[page]
        return None if found is None else found | address & (_PAGE - 1)

    def _walk(self, address: int) -> int | None:
        table = self._root
        for level in range(self._levels - 1, -1, -1):
            shift = 12 + 9 * level
            try:
                data = self.memory.read(table + 8 * (address >> shift & 511), 8)
            except PlanError:
                return None
            entry = number_at(data, 0, 8)
            if not entry & _PRESENT:
                return None
            table = entry & _ADDRESS
            if level == 0 or (level < 3 and entry & _LARGE):
                mask = (1 << shift) - 1
                return table & ~mask | address & mask
        return None

    def read(self, address: int, size: int) -> bytes:
        """SIZE bytes at ADDRESS, fewer where the mapping or the RAM ends."""
        parts = []
        while size > 0:
            step = min(size, _PAGE - address % _PAGE)
            where = self.translate(address)
            try:
                parts.append(b"" if where is None else self.memory.read(where, step))
            except PlanError:
                break
            if where is None:
                break
            address, size = address + step, size - step
        return b"".join(parts)

    def number(self, address: int, size: int = 8) -> int | None:
        """The number of SIZE bytes at ADDRESS, or None where nothing is mapped."""
        data = self.read(address, size)
        return number_at(data, 0, size) if len(data) == size else None
