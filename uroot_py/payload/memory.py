"""Memory: the physical map of a machine, and what has been placed in it so far."""

from __future__ import annotations

from uroot_py.base.errors import NotEnoughSpaceError, PlanError
from uroot_py.base.ranges import PAGE_SIZE, Range, Ranges, align_down, align_up
from uroot_py.formats.kernel.aout import Aout
from uroot_py.formats.kernel.elf import Elf
from uroot_py.memory.map import RESERVED, MemoryMap, TypedRange
from uroot_py.payload.segment import Segment, Segments

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.base.layout import Buffer

    Object = Elf | Aout

MIB = 1 << 20
GIB4 = 1 << 32
EVERYTHING = Range(0, 1 << 64)
ANYWHERE = Range(MIB, 1 << 64)  # the first MiB belongs to the firmware
BELOW_4G = Range(MIB, GIB4)


class Memory:
    """``phys`` is what the next kernel is told, ``segments`` what it finds there.

    WITHIN bounds every placement (``--mem-min``, ``--mem-max``, the memory of a crash kernel).
    """

    def __init__(self, phys: MemoryMap, *, within: Range = EVERYTHING) -> None:
        self.phys = phys
        self.segments = Segments()
        self.within = within
        self.notes: list[str] = []
        self._busy = Ranges()

    def available_ram(self) -> Ranges:
        """RAM without the segments; each piece begins with a page."""
        free = self.phys.merge().ram()
        for taken in (*self.segments.phys(), *self._busy):
            free = free.minus(taken)
        starts = ((align_up(each.start, PAGE_SIZE), each.end) for each in free)
        return Ranges(Range(start, end) for start, end in starts if start < end)

    def find_space(
        self, size: int, alignment: int = 0, *, within: Range = ANYWHERE, top: bool = False
    ) -> Range:
        """A free place of whole pages for SIZE bytes: the lowest, or with TOP the highest.

        NotEnoughSpaceError where there is none.
        """
        step = max(alignment, PAGE_SIZE)
        wanted = align_up(size, PAGE_SIZE)
        low = max(within.start, self.within.start)
        high = max(low, min(within.end, self.within.end))
        free = self.available_ram()
        if not top:
            return free.find_space(
                size, alignment=PAGE_SIZE, start_alignment=step, within=Range(low, high)
            )
        for each in reversed(free):
            start = align_down(max(min(each.end, high) - wanted, 0), step)
            if start >= max(each.start, low) and start + wanted <= min(each.end, high):
                return Range.from_size(start, wanted)
        raise NotEnoughSpaceError(size, f"memory {Range(low, high)}")

    def check_free(self, where: Range, what: str) -> None:
        """PlanError when WHERE is not free RAM; WHAT is what should go there."""
        whole = where.align_page()
        if not any(each.is_superset_of(whole) for each in self.available_ram()):
            raise PlanError(
                f"{what} must be at {where}, and that is not free memory",
                hint="kexec --dry-run shows what is there",
            )
        if not self.within.is_superset_of(where):
            raise PlanError(f"{what} must be at {where}, outside {self.within}")

    def reserve_phys(self, size: int, within: Range, *, top: bool = False) -> Range:
        """Take SIZE bytes, in pages, out of the RAM that the next kernel is told of."""
        place = self.find_space(size, within=within, top=top)
        self.phys.insert(TypedRange(place, RESERVED))
        return place

    def keep_free(self, where: Range) -> None:
        """Place nothing in WHERE any more; the next kernel still finds it as RAM."""
        self._busy.append(where)

    def add(self, data: Buffer, where: Range, label: str = "") -> Range:
        """DATA as a segment at WHERE, which has been found or checked before."""
        self.segments.insert_segment(Segment(data, where, label))
        return where

    def add_phys_segment(
        self, data: Buffer, within: Range, label: str = "", *, top: bool = False
    ) -> Range:
        """DATA as a segment in memory that the next kernel is told to leave alone."""
        return self.add(data, self.reserve_phys(len(data), within, top=top), label)

    def add_kexec_segment(
        self,
        data: Buffer,
        label: str = "",
        *,
        alignment: int = 0,
        within: Range = ANYWHERE,
        top: bool = False,
    ) -> Range:
        """DATA as a segment at a free place."""
        return self.add(data, self.find_space(len(data), alignment, within=within, top=top), label)

    def add_kexec_segment_explicit(
        self, data: Buffer, size: int, offset: int, alignment: int, label: str = ""
    ) -> Range:
        """DATA as a segment of SIZE bytes that begins OFFSET bytes after an aligned address."""
        place = self.find_space(offset + max(size, len(data)), alignment)
        where = Range.from_size(place.start + offset, max(size, len(data)))
        return self.add(data, where, label)

    def load_elf_segments(self, data: Buffer, label: str = "") -> Object:
        """The parts of an object file (ELF, or Plan 9 a.out) as segments at their addresses."""
        parsed = parse_object(data)
        places = [Range.from_size(p.physical_address, p.memory_size) for p in parsed.programs]
        for where in places:
            self.check_free(where, label or "a part of the file")
        for part, where in zip(parsed.programs, places, strict=True):
            self.add(part.data, where, label)
        return parsed


def parse_object(data: Buffer) -> Object:
    """DATA as ELF when it begins like that, else as a.out; FormatError when it is neither."""
    return Elf(data) if bytes(data[:4]) == b"\x7fELF" else Aout(data)
