"""Plan: everything that has to be done to start a payload, as a value; and what it grows from.

A planner puts Segments into the Memory of a machine and makes a Plan; ``kexec`` or ``vmm`` carries
it out. It can be described, written as JSON and compared, on any machine and without root.
"""

from __future__ import annotations

from itertools import pairwise

from uroot_py.base.digest import digest
from uroot_py.base.errors import NotEnoughSpaceError, PlanError
from uroot_py.base.ranges import PAGE_SIZE, Range, Ranges, align_down, align_up
from uroot_py.base.text import format_size
from uroot_py.memory.map import RESERVED, MemoryMap, TypedRange

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

    from uroot_py.base.layout import Buffer

    Mode = Literal["long", "protected", "real", "arm64", "riscv64"]

MIB = 1 << 20
GIB4 = 1 << 32
EVERYTHING = Range(0, 1 << 64)
ANYWHERE = Range(MIB, 1 << 64)  # the first MiB belongs to the firmware
BELOW_4G = Range(MIB, GIB4)
KEXEC_SEGMENT_MAX = 16


class Segment:
    """A buffer, the range it goes to, and a label for people.

    The range is all the memory that the payload uses there before it looks after its memory
    itself: where the buffer is shorter, zeros follow it; where it is longer, only its beginning
    counts. The buffer is not copied. ``changes``: the running kernel writes into it after it is
    loaded. Equality is that of range and contents.
    """

    __slots__ = ("buffer", "changes", "label", "phys")

    def __init__(
        self, buffer: Buffer, phys: Range, label: str = "", *, changes: bool = False
    ) -> None:
        self.buffer = buffer
        self.phys = phys
        self.label = label
        self.changes = changes

    def content(self) -> memoryview:
        """The bytes of the buffer that lie inside the range."""
        return memoryview(self.buffer)[: self.phys.end - self.phys.start]

    def read(self, where: Range) -> bytes:
        """What a part of the range holds, with the zeros behind the buffer."""
        offset = where.start - self.phys.start
        return bytes(self.content()[offset : offset + where.size]).ljust(where.size, b"\0")

    def align_phys_start(self) -> Segment:
        """The same bytes, with zeros in front so that the range starts with a page."""
        start = align_down(self.phys.start, PAGE_SIZE)
        gap = self.phys.start - start
        if not gap:
            return self
        buffer = bytes(gap) + bytes(self.content()) if len(self.buffer) else b""
        return Segment(buffer, Range(start, self.phys.end), self.label, changes=self.changes)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Segment):
            return NotImplemented
        return self.phys == other.phys and self.read(self.phys) == other.read(other.phys)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{self.phys} {self.label or 'segment'}, buffer {len(self.buffer):#x} bytes"


class Segments(list[Segment]):
    """Segments sorted by address."""

    def insert_segment(self, segment: Segment) -> None:
        """Put SEGMENT in its place; whether it overlaps another is found by align_and_merge."""
        self.append(segment)
        self.sort(key=lambda each: (each.phys.start, -each.phys.end))

    def align_and_merge(self) -> Segments:
        """What kexec_load asks for: whole pages, none in two segments.

        Segments that share a page become one. PlanError names two that overlap.
        """
        ordered = sorted(self, key=lambda each: (each.phys.start, -each.phys.end))
        for one, two in pairwise(ordered):
            if one.phys.overlaps(two.phys):
                raise PlanError(f"two segments overlap: {one} and {two}")
        merged = Segments()
        for segment in ordered:
            if merged and segment.phys.start < align_up(merged[-1].phys.end, PAGE_SIZE):
                merged[-1] = _joined(merged[-1], segment)
            elif segment.phys.start % PAGE_SIZE:
                merged.append(segment.align_phys_start())
            else:
                merged.append(segment)
        return Segments(
            Segment(each.content(), each.phys.align(PAGE_SIZE), each.label, changes=each.changes)
            for each in merged
        )


def _joined(one: Segment, two: Segment) -> Segment:
    """ONE and TWO, which begins on the last page of ONE, as one segment."""
    buffer = bytes(one.content()).ljust(two.phys.start - one.phys.start, b"\0")
    labels = "+".join(dict.fromkeys(label for label in (one.label, two.label) if label))
    return Segment(
        buffer + two.content(),
        Range(one.phys.start, two.phys.end),
        labels,
        changes=one.changes or two.changes,
    )


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
        for segment in self.segments:
            free = free.minus(segment.phys)
        for taken in self._busy:
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
                return Range(start, start + wanted)
        raise NotEnoughSpaceError(size, f"memory {Range(low, high)}")

    def check_free(self, where: Range, what: str) -> None:
        """PlanError when WHERE is not free RAM; WHAT is what should go there."""
        whole = where.align(PAGE_SIZE)
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


class Plan:
    """Segments, where to enter, in which processor mode, with which registers, and why.

    ``registers`` are those that the payload's protocol asks for; ``without_disks``: a BIOS that is
    called has to say that it has none; ``notes`` say each decision.
    """

    def __init__(
        self, kind: str, machine: str, mode: Mode, entry: int, registers: dict[str, int]
    ) -> None:
        self.kind = kind
        self.machine = machine
        self.mode = mode
        self.entry = entry
        self.registers = registers
        self.without_disks = False
        self.segments = Segments()
        self.notes: list[str] = []

    def _key(self) -> tuple[object, ...]:
        return (self.kind, self.machine, self.mode, self.entry, self.registers, self.segments)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Plan) and self._key() == other._key()

    __hash__ = None  # type: ignore[assignment]

    def check(self, ram: Ranges) -> None:
        """PlanError unless the segments are whole pages, in RAM, few enough, around the entry."""
        if len(self.segments) > KEXEC_SEGMENT_MAX:
            raise PlanError(
                f"the plan has {len(self.segments)} segments, the kernel takes {KEXEC_SEGMENT_MAX}"
            )
        entry = self.entry
        if self.mode == "real":  # segment << 16 | offset
            entry = (entry >> 16) * 16 + (entry & 0xFFFF)
        if not any(segment.phys.contains(entry) for segment in self.segments):
            raise PlanError(f"the entry {self.entry:#x} is in no segment")
        for segment in self.segments:
            if segment.phys.start % PAGE_SIZE or segment.phys.end % PAGE_SIZE:
                raise PlanError(f"segment {segment.phys} is not whole pages")
            if not any(each.is_superset_of(segment.phys) for each in ram):
                raise PlanError(f"segment {segment.phys} is not inside the RAM of this machine")

    def describe(self) -> str:
        """The plan in words, a line each."""
        lines = [f"{self.kind}, {self.machine}, {self.mode} mode, entry {self.entry:#x}"]
        shown = [f"{name} = {value:#x}" for name, value in self.registers.items()]
        lines += [f"registers: {', '.join(shown)}"] if shown else []
        for segment in self.segments:
            size = format_size(len(segment.content()))
            lines.append(f"{segment.phys} {segment.label}, {size}")
        return "\n".join([*lines, *self.notes])

    def as_json(self) -> dict[str, Any]:
        """The plan as json.dumps() takes it; segments with their SHA-256 instead of their bytes."""
        return {
            "kind": self.kind,
            "machine": self.machine,
            "mode": self.mode,
            "entry": self.entry,
            "registers": self.registers,
            "segments": [
                {
                    "label": segment.label,
                    "start": segment.phys.start,
                    "end": segment.phys.end,
                    "size": len(segment.content()),
                    "sha256": digest("sha256", segment.content()).hex(),
                }
                for segment in self.segments
            ],
            "notes": self.notes,
        }
