"""MemoryMap: which physical addresses hold what, as typed ranges that do not overlap.

A type is a name: the five that every firmware knows are constants here, and whatever else a kernel
names (``Kernel code``, ``PCI Bus 0000:00``) is kept as it is.

Ref: Linux, arch/x86/kernel/e820.c, e820_type_to_string().
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from heapq import heappop, heappush
from itertools import compress

from uroot_py.base.ranges import Range, Ranges

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    Entry = tuple[int, int, str]  # start, end, type
    Columns = tuple[list[int], list[int], list[str]]  # of many entries

RAM = "System RAM"
DEFAULT = "Default"
ACPI = "ACPI Tables"
NVS = "ACPI Non-volatile Storage"
RESERVED = "Reserved"
SOFT_RESERVED = "Soft Reserved"
UNUSABLE = "Unusable memory"
PERSISTENT = "Persistent Memory"
PERSISTENT_LEGACY = "Persistent Memory (legacy)"
_TOP = 1 << 64


class TypedRange:
    """A range and the type of what is there."""

    __slots__ = ("range", "type")

    def __init__(self, where: Range, kind: str) -> None:
        self.range = where
        self.type = kind

    @classmethod
    def from_size(cls, start: int, size: int, kind: str) -> TypedRange:
        """SIZE bytes of type KIND from START on."""
        return cls(Range.from_size(start, size), kind)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TypedRange):
            return NotImplemented
        return self.range == other.range and self.type == other.type

    def __hash__(self) -> int:
        return hash((self.range, self.type))

    def __repr__(self) -> str:
        return f"{self.range} {self.type}"


class MemoryMap:
    """Typed ranges, sorted by address, none of them empty, no two overlapping.

    Made of ranges that may overlap: where they do, the later one in the list wins. ``notes`` are
    lines for people: what the source said that a map cannot hold.
    """

    # Three lists side by side and not one of objects: a large machine has very many ranges.
    __slots__ = ("_ends", "_kinds", "_starts", "notes")

    def __init__(self, ranges: Iterable[TypedRange] = (), notes: Iterable[str] = ()) -> None:
        ranges = list(ranges)
        starts = [each.range.start for each in ranges]
        ends = [each.range.end for each in ranges]
        self._starts, self._ends, self._kinds = _newest_wins(starts, ends, [r.type for r in ranges])
        self.notes = list(notes)

    @classmethod
    def from_entries(cls, entries: Iterable[Entry], notes: Iterable[str] = ()) -> MemoryMap:
        """The map of (start, end, type) tuples; PlanError for addresses that are none."""
        rows = list(entries)
        return cls.from_columns(
            [r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows], notes
        )

    @classmethod
    def from_columns(
        cls, starts: list[int], ends: list[int], kinds: list[str], notes: Iterable[str] = ()
    ) -> MemoryMap:
        """The map of three lists that belong together; PlanError for addresses that are none."""
        if starts and (min(starts) < 0 or max(ends) > _TOP or any(map(int.__gt__, starts, ends))):
            for start, end in zip(starts, ends, strict=True):
                Range(start, end)
        made = cls((), notes)
        made._starts, made._ends, made._kinds = _newest_wins(starts, ends, kinds)
        return made

    def __iter__(self) -> Iterator[TypedRange]:
        return (TypedRange(Range(start, end), kind) for start, end, kind in self._entries())

    def _entries(self) -> Iterator[Entry]:
        return zip(self._starts, self._ends, self._kinds, strict=True)

    def __len__(self) -> int:
        return len(self._starts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MemoryMap) and list(self._entries()) == list(other._entries())

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        return "\n".join(map(str, self))

    def __repr__(self) -> str:
        return f"MemoryMap({list(self)})"

    def insert(self, new: TypedRange) -> None:
        """Put NEW in; what was there before gives way."""
        start, end, starts, ends, kinds = (
            *(new.range.start, new.range.end),
            *(self._starts, self._ends, self._kinds),
        )
        if start == end:
            return
        first, behind = bisect_left(starts, start), bisect_left(starts, end)
        pieces = [(start, end, new.type)]
        if behind and ends[behind - 1] > end:
            pieces.append((end, ends[behind - 1], kinds[behind - 1]))
        if first and ends[first - 1] > start:
            first -= 1
            pieces.insert(0, (starts[first], start, kinds[first]))
        starts[first:behind], ends[first:behind], kinds[first:behind] = zip(*pieces, strict=True)

    def filter_by_type(self, kind: str) -> Ranges:
        """The ranges of one type."""
        return Ranges(Range(start, end) for start, end, other in self._entries() if other == kind)

    def ram(self) -> Ranges:
        """The memory that is free to use."""
        return self.filter_by_type(RAM)

    def merge(self) -> MemoryMap:
        """The same map with ranges of one type that touch made one."""
        made = MemoryMap((), self.notes)
        before, last = -1, ""
        for start, end, kind in self._entries():
            if start == before and kind == last:
                made._ends[-1] = end
            else:
                made._starts.append(start)
                made._ends.append(end)
                made._kinds.append(kind)
            before, last = end, kind
        return made

    def retype(self, names: Iterable[str], kind: str) -> MemoryMap:
        """The map, merged, with the types NAMES called KIND."""
        old = set(names)
        made = MemoryMap((), self.notes)
        made._starts, made._ends = self._starts, self._ends
        made._kinds = [kind if name in old else name for name in self._kinds]
        return made.merge()

    def total(self, kind: str = RAM) -> int:
        """The bytes of one type."""
        return self.totals().get(kind, 0)

    def totals(self) -> dict[str, int]:
        """The bytes of every type, by lowest address."""
        found: dict[str, int] = {}
        for start, end, kind in self._entries():
            found[kind] = found.get(kind, 0) + end - start
        return found

    def types_at(self, addresses: Iterable[int]) -> list[str]:
        """The type at each of ADDRESSES; empty where there is nothing."""
        types = []
        for address in addresses:
            position = bisect_right(self._starts, address) - 1
            inside = position >= 0 and address < self._ends[position]
            types.append(self._kinds[position] if inside else "")
        return types

    def edges(self) -> set[int]:
        """Where a range begins or ends."""
        return {*self._starts, *self._ends}


def compare(maps: Sequence[MemoryMap]) -> list[tuple[Range, tuple[str, ...]]]:
    """The maps side by side: each range that is of one kind in all of them, with the kinds."""
    edges = sorted(set().union(*(held.edges() for held in maps)))
    rows = zip(*(held.types_at(edges) for held in maps), strict=True)
    found: list[tuple[Range, tuple[str, ...]]] = []
    for start, end, types in zip(edges, edges[1:], rows, strict=False):
        if not any(types):
            continue
        if found and (found[-1][0].end, found[-1][1]) == (start, types):
            start = found.pop()[0].start
        found.append((Range(start, end), types))
    return found


def _newest_wins(starts: list[int], ends: list[int], kinds: list[str]) -> Columns:
    """The three columns cut so that none overlap, the later ones whole; in n log n steps."""
    order = list(compress(range(len(starts)), map(int.__lt__, starts, ends)))
    order.sort(key=starts.__getitem__)
    order.append(len(starts))
    starts, ends = [*starts, _TOP], [*ends, _TOP]  # an end that closes what is open
    begins: list[int] = []
    stops: list[int] = []
    names: list[str] = []
    waiting: list[int] = []  # a heap of -index: what the owner covers, or has left behind
    owner, since, until = -1, 0, 0  # the newest entry here, and its piece that is open
    for index in order:
        start = starts[index]
        while until <= start:
            if since < until:
                begins.append(since)
                stops.append(until)
                names.append(kinds[owner])
            while waiting and ends[-waiting[0]] <= until:
                heappop(waiting)
            if not waiting:
                break
            since = until
            owner = -heappop(waiting)
            until = ends[owner]
        else:
            if index < owner:
                heappush(waiting, -index)
                continue
            if since < start:
                begins.append(since)
                stops.append(start)
                names.append(kinds[owner])
            heappush(waiting, -owner)
        owner, since, until = index, start, ends[index]
    return begins, stops, names
