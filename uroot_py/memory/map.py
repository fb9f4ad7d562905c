"""MemoryMap: which physical addresses hold what, as typed ranges that do not overlap.

A type is a name: the five that every firmware knows are constants here, and whatever else a kernel
names (``Kernel code``, ``PCI Bus 0000:00``) is kept as it is.

Ref: Linux, arch/x86/kernel/e820.c, e820_type_to_string().
"""

from __future__ import annotations

from bisect import bisect_left
from heapq import heappop, heappush

from uroot_py.base.ranges import Range, Ranges

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    Entry = tuple[int, int, str]  # start, end, type

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

    def __init__(self, ranges: Iterable[TypedRange] = (), notes: Iterable[str] = ()) -> None:
        self._entries = _newest_wins([(r.range.start, r.range.end, r.type) for r in ranges])
        self.notes = list(notes)

    @classmethod
    def from_entries(cls, entries: Iterable[Entry], notes: Iterable[str] = ()) -> MemoryMap:
        """The map of (start, end, type) tuples; PlanError for addresses that are none."""
        made = cls((), notes)
        taken = list(entries)
        for start, end, _ in taken:
            if not 0 <= start <= end <= _TOP:
                Range(start, end)
        made._entries = _newest_wins(taken)
        return made

    def __iter__(self) -> Iterator[TypedRange]:
        return (TypedRange(Range(start, end), kind) for start, end, kind in self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MemoryMap) and self._entries == other._entries

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        return "\n".join(map(str, self))

    def __repr__(self) -> str:
        return f"MemoryMap({list(self)})"

    def insert(self, new: TypedRange) -> None:
        """Put NEW in; what was there before gives way."""
        start, end, entries = new.range.start, new.range.end, self._entries
        if start == end:
            return
        first = bisect_left(entries, (start,))
        behind = bisect_left(entries, (end,))
        pieces = [(start, end, new.type)]
        if behind and entries[behind - 1][1] > end:
            pieces.append((end, *entries[behind - 1][1:]))
        if first and entries[first - 1][1] > start:
            first -= 1
            if entries[first][0] < start:
                pieces.insert(0, (entries[first][0], start, entries[first][2]))
        entries[first:behind] = pieces

    def filter_by_type(self, kind: str) -> Ranges:
        """The ranges of one type."""
        return Ranges(Range(start, end) for start, end, other in self._entries if other == kind)

    def ram(self) -> Ranges:
        """The memory that is free to use."""
        return self.filter_by_type(RAM)

    def merge(self) -> MemoryMap:
        """The same map with ranges of one type that touch made one."""
        merged: list[Entry] = []
        for start, end, kind in self._entries:
            if merged and merged[-1][1:] == (start, kind):
                start = merged.pop()[0]
            merged.append((start, end, kind))
        return MemoryMap.from_entries(merged, self.notes)

    def retype(self, names: Iterable[str], kind: str) -> MemoryMap:
        """The map, merged, with the types NAMES called KIND."""
        old = set(names)
        entries = [(s, e, kind if name in old else name) for s, e, name in self._entries]
        return MemoryMap.from_entries(entries, self.notes).merge()

    def total(self, kind: str = RAM) -> int:
        """The bytes of one type."""
        return sum(end - start for start, end, other in self._entries if other == kind)

    def totals(self) -> dict[str, int]:
        """The bytes of every type, by lowest address."""
        found: dict[str, int] = {}
        for start, end, kind in self._entries:
            found[kind] = found.get(kind, 0) + end - start
        return found

    def types_at(self, addresses: Iterable[int]) -> list[str]:
        """The type at each of ADDRESSES, which are sorted; empty where there is nothing."""
        types, position = [], 0
        for address in addresses:
            while position < len(self._entries) and self._entries[position][1] <= address:
                position += 1
            inside = position < len(self._entries) and self._entries[position][0] <= address
            types.append(self._entries[position][2] if inside else "")
        return types


def compare(maps: Sequence[MemoryMap]) -> list[tuple[Range, tuple[str, ...]]]:
    """The maps side by side: each range that is of one kind in all of them, with the kinds."""
    edges = sorted({e for held in maps for entry in held._entries for e in entry[:2]})
    rows = zip(*(held.types_at(edges) for held in maps), strict=True)
    found: list[tuple[Range, tuple[str, ...]]] = []
    for start, end, types in zip(edges, edges[1:], rows, strict=False):
        if not any(types):
            continue
        if found and (found[-1][0].end, found[-1][1]) == (start, types):
            start = found.pop()[0].start
        found.append((Range(start, end), types))
    return found


def _newest_wins(entries: list[Entry]) -> list[Entry]:
    """ENTRIES cut so that none overlap, the later ones whole; in n log n steps."""
    order = [pair for pair in enumerate(entries) if pair[1][0] < pair[1][1]]
    order.sort(key=lambda pair: pair[1][0])
    order.append((len(entries), (_TOP, _TOP, "")))
    pieces: list[Entry] = []
    waiting: list[tuple[int, int, str]] = []  # a heap of (-index, end, type): covered by the owner
    owner, since, until, name = -1, 0, 0, ""  # the newest entry here, and its piece that is open
    for index, (start, end, kind) in order:
        while until <= start:
            if since < until:
                pieces.append((since, until, name))
            while waiting and waiting[0][1] <= until:
                heappop(waiting)
            if not waiting:
                break
            since = until
            owner, until, name = heappop(waiting)
            owner = -owner
        else:
            if index < owner:
                heappush(waiting, (-index, end, kind))
                continue
            if since < start:
                pieces.append((since, start, name))
            heappush(waiting, (-owner, until, name))
        owner, since, until, name = index, start, end, kind
    return pieces
