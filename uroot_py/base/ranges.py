"""Half-open ranges of addresses, lists of them, and the search for a place in such a list.

Everything is bounded to the 64-bit address space and checked when a range is made: PlanError for a
negative number, an address above 2^64 or an end before its start. Nothing wraps.
"""

from __future__ import annotations

from uroot_py.base.errors import NotEnoughSpaceError, PlanError

PAGE_SIZE = 4096
MAX_ADDRESS = (1 << 64) - 1
_TOP = 1 << 64


def check_address(value: int, what: str = "address") -> int:
    """VALUE, when it is from 0 to 2^64 (the end of everything is an address here)."""
    if not 0 <= value <= _TOP:
        raise PlanError(f"{what} {value:#x}: expected 0x0 to {_TOP:#x}")
    return value


def align_down(value: int, alignment: int) -> int:
    """The largest multiple of ALIGNMENT (a power of two; 0 means 1) that is not above VALUE."""
    return value & -_checked(alignment)


def align_up(value: int, alignment: int) -> int:
    """The smallest multiple of ALIGNMENT (a power of two; 0 means 1) that is not below VALUE."""
    return -(-value & -_checked(alignment))


def _checked(alignment: int) -> int:
    if not 0 <= alignment <= _TOP or alignment & (alignment - 1):
        raise PlanError(f"alignment {alignment:#x}: expected a power of two up to {_TOP:#x}")
    return alignment or 1


class Range:
    """The addresses from ``start`` up to, and without, ``end``. Immutable, hashable, ordered.

    The order is by start, the larger first at an equal start. An empty range has no addresses: it
    overlaps nothing, and taking it away from another changes nothing.
    """

    __slots__ = ("end", "start")
    start: int
    end: int

    def __init__(self, start: int, end: int) -> None:
        if not 0 <= start <= end <= _TOP:
            check_address(start)
            check_address(end)
            raise PlanError(f"range [{start:#x}, {end:#x}): its end is before its start")
        object.__setattr__(self, "start", start)
        object.__setattr__(self, "end", end)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a Range does not change: {name}")

    @classmethod
    def from_interval(cls, start: int, end: int) -> Range:
        """The addresses [START, END)."""
        return cls(start, end)

    @classmethod
    def from_inclusive_interval(cls, start: int, last: int) -> Range:
        """The addresses from START to LAST, both included."""
        return cls(start, last + 1)

    @classmethod
    def from_size(cls, start: int, size: int) -> Range:
        """SIZE addresses from START on."""
        return cls(start, start + size)

    @property
    def size(self) -> int:
        """How many addresses there are."""
        return self.end - self.start

    @property
    def last(self) -> int:
        """The last address inside; for an empty range the one before its start."""
        return self.end - 1

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Range):
            return NotImplemented
        return self.start == other.start and self.end == other.end

    def __hash__(self) -> int:
        return hash((self.start, self.end))

    def __lt__(self, other: Range) -> bool:
        return (self.start, -self.end) < (other.start, -other.end)

    def __repr__(self) -> str:
        return f"[{self.start:#x}, {self.end:#x})"

    def contains(self, address: int) -> bool:
        """Whether ADDRESS is inside."""
        return self.start <= address < self.end

    def adjacent(self, other: Range) -> bool:
        """Whether the two touch at an end and share nothing."""
        return (self.end == other.start or other.end == self.start) and self.disjunct(other)

    def overlaps(self, other: Range) -> bool:
        """Whether an address is in both."""
        return max(self.start, other.start) < min(self.end, other.end)

    def disjunct(self, other: Range) -> bool:
        """Whether no address is in both."""
        return not self.overlaps(other)

    def is_superset_of(self, other: Range) -> bool:
        """Whether OTHER lies between the two ends; an empty one has a place, too."""
        return self.start <= other.start and other.end <= self.end

    def intersect(self, other: Range) -> Range | None:
        """The addresses in both, or None."""
        if not self.overlaps(other):
            return None
        return Range(max(self.start, other.start), min(self.end, other.end))

    def minus(self, other: Range) -> Ranges:
        """What is left without OTHER: at most two pieces, none of them empty."""
        if not self.overlaps(other):
            return Ranges([self] if self.size else [])
        pieces = ((self.start, other.start), (other.end, self.end))
        return Ranges(Range(start, end) for start, end in pieces if start < end)

    def align(self, alignment: int) -> Range:
        """The smallest range around this one whose ends are multiples of ALIGNMENT.

        An empty range stays empty, at the aligned start.
        """
        start = align_down(self.start, alignment)
        return Range(start, align_up(self.end, alignment) if self.size else start)

    def align_page(self) -> Range:
        """As ``align``, with the size of a page."""
        return self.align(PAGE_SIZE)

    def with_start(self, start: int) -> Range:
        """The range from START to the same end; PlanError when START is behind the end."""
        return Range(start, self.end)


_EVERYTHING = Range(0, _TOP)


class Ranges(list[Range]):
    """Ranges in the order in which space is looked for; they are expected not to overlap."""

    def total(self) -> int:
        """The sum of the sizes."""
        return sum(each.size for each in self)

    def minus(self, other: Range) -> Ranges:
        """What is left of each without OTHER."""
        return Ranges(piece for each in self for piece in each.minus(other))

    def find_space(
        self,
        size: int,
        *,
        alignment: int = 0,
        start_alignment: int = 0,
        minimum: int = 0,
        within: Range = _EVERYTHING,
    ) -> Range:
        """The first place for SIZE bytes, in the order of the list.

        ALIGNMENT rounds the size up and aligns the start, START_ALIGNMENT aligns the start only
        (powers of two; 0: none). The place lies inside WITHIN, from MINIMUM on. It is always inside
        one of the ranges; NotEnoughSpaceError when there is none. PlanError for a bad number.
        """
        check_address(minimum)
        wanted = align_up(check_address(size, "size"), alignment)
        step = max(_checked(start_alignment), _checked(alignment))
        low, high = max(minimum, within.start), within.end
        for each in self:
            start = -(-max(each.start, low) & -step)
            if start + wanted <= min(each.end, high):
                return Range.from_size(start, wanted)
        where = f"memory [{low:#x}, {high:#x})" if (low, high) != (0, _TOP) else "memory"
        if step > 1:
            where += f" aligned to {step:#x}"
        raise NotEnoughSpaceError(size, where, hint=self._largest(low, high))

    def _largest(self, low: int, high: int) -> str:
        room = max((min(each.end, high) - max(each.start, low) for each in self), default=0)
        return f"the largest range there has {room:#x} bytes" if room > 0 else "nothing is there"

    def find_space_above(self, size: int, minimum: int) -> Range:
        """``find_space`` with a lowest address."""
        return self.find_space(size, minimum=minimum)

    def find_space_in(self, size: int, within: Range) -> Range:
        """``find_space`` inside one range."""
        return self.find_space(size, within=within)
