"""Segments: bytes and the physical addresses where the next kernel finds them."""

from __future__ import annotations

from itertools import pairwise

from uroot_py.base.errors import PlanError
from uroot_py.base.ranges import PAGE_SIZE, Range, Ranges, align_down, align_up

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.base.layout import Buffer


class Segment:
    """A buffer, the range it goes to, and a label for people.

    Where the buffer is shorter than the range, zeros follow it; where it is longer, only its
    beginning counts. The buffer is not copied. Equality is that of range and contents.
    """

    __slots__ = ("buffer", "label", "phys")

    def __init__(self, buffer: Buffer, phys: Range, label: str = "") -> None:
        self.buffer = buffer
        self.phys = phys
        self.label = label

    def content(self) -> memoryview:
        """The bytes of the buffer that lie inside the range."""
        return memoryview(self.buffer)[: self.phys.size]

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
        return Segment(buffer, self.phys.with_start(start), self.label)

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
        self.sort(key=lambda each: each.phys)

    def phys(self) -> Ranges:
        """The ranges."""
        return Ranges(segment.phys for segment in self)

    def phys_contains(self, address: int) -> bool:
        """Whether ADDRESS is inside one of the ranges."""
        return any(segment.phys.contains(address) for segment in self)

    def get_phys(self, where: Range) -> bytes | None:
        """The bytes at WHERE if one segment covers all of it, else None."""
        for segment in self:
            if segment.phys.is_superset_of(where):
                return segment.read(where)
        return None

    def is_superset_of(self, other: Segments) -> bool:
        """Whether everything in OTHER is here, at the same place."""
        return all(self.get_phys(each.phys) == each.read(each.phys) for each in other)

    def align_and_merge(self) -> Segments:
        """What kexec_load asks for: whole pages, none in two segments.

        Segments that share a page become one. PlanError names two that overlap.
        """
        ordered = sorted(self, key=lambda each: each.phys)
        for one, two in pairwise(ordered):
            if one.phys.overlaps(two.phys):
                raise PlanError(f"two segments overlap: {one} and {two}")
        merged = Segments()
        for segment in ordered:
            aligned = segment.align_phys_start()
            if merged and aligned.phys.start < align_up(merged[-1].phys.end, PAGE_SIZE):
                merged[-1] = _joined(merged[-1], segment)
            else:
                merged.append(aligned)
        return Segments(
            Segment(each.content(), each.phys.align_page(), each.label) for each in merged
        )


def _joined(one: Segment, two: Segment) -> Segment:
    """ONE and TWO, which begins on the last page of ONE, as one segment."""
    buffer = bytes(one.content()).ljust(two.phys.start - one.phys.start, b"\0")
    labels = "+".join(dict.fromkeys(label for label in (one.label, two.label) if label))
    return Segment(buffer + two.content(), Range(one.phys.start, two.phys.end), labels)
