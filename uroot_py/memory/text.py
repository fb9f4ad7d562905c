"""Memory maps as lines for people, and as arguments for a kernel."""

from __future__ import annotations

from uroot_py.base.ranges import PAGE_SIZE, Range, align_up
from uroot_py.base.text import format_size, printable
from uroot_py.memory import map as kinds
from uroot_py.memory.map import compare
from uroot_py.memory.sources import E820_NUMBERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from uroot_py.memory.map import MemoryMap

WIDTH = 80
_SHORT = {
    kinds.RAM: "RAM",
    kinds.ACPI: "ACPI",
    kinds.NVS: "ACPI NVS",
    kinds.PERSISTENT_LEGACY: "Persistent Memory",
    "EFI Runtime Code": "EFI code",
    "EFI Runtime Data": "EFI data",
}


def listing(held: MemoryMap) -> Iterator[str]:
    """A line per range with its size and type, the sum of each type, and the notes."""
    wide = max((len(str(each.range)) for each in held), default=0)
    for each in held:
        size = format_size(each.range.size)
        yield f"  {each.range!s:<{wide}}  {size:>10}  {printable(each.type)}"
    for kind, total in held.totals().items():
        yield f"  {'total':<{wide}}  {format_size(total):>10}  {printable(kind)}"
    for note in held.notes:
        yield f"  note: {printable(note)}"


def side_by_side(
    named: Sequence[tuple[str, MemoryMap]], *, differing: bool = False
) -> Iterator[str]:
    """A column per map and a row per range, then the totals.

    With DIFFERING only the rows where the maps differ, and the totals to the byte.
    """
    rows = compare([held for _, held in named])
    if differing:
        rows = [row for row in rows if len(set(row[1])) > 1]
    left = max((len(str(where)) for where, _ in rows), default=0)
    wide = max(8, (WIDTH - left - 12) // max(len(named), 1) - 2)

    def line(first: str, size: str, cells: Sequence[str]) -> str:
        shown = "".join(f"  {cell[:wide]:<{wide}}" for cell in cells)
        return f"{first:<{left}}  {size:>10}{shown}".rstrip()

    yield line("range", "size", [name for name, _ in named])
    for where, types in rows:
        cells = [_SHORT.get(kind, printable(kind)) or "-" for kind in types]
        yield line(str(where), format_size(where.size), cells)
    for kind in dict.fromkeys(kind for _, types in rows for kind in types if kind in E820_NUMBERS):
        sums = [held.total(kind) for _, held in named]
        form = str if differing else format_size
        shown = [form(size) if size else "-" for size in sums]
        yield line(f"total {_SHORT.get(kind, kind)}", "", shown)


def memmap_arguments(held: MemoryMap) -> str:
    """The map as ``memmap=`` arguments of an x86 kernel; what has no e820 type is left out.

    Ref: Linux, Documentation/admin-guide/kernel-parameters.txt, memmap=.
    """
    signs = {kinds.RAM: "@", kinds.ACPI: "#", kinds.RESERVED: "$", kinds.PERSISTENT_LEGACY: "!"}
    words = ["memmap=exactmap"]
    for each in held:
        number = E820_NUMBERS.get(each.type)
        if number is not None:
            size, start = f"{each.range.size:#x}", f"{each.range.start:#x}"
            sign = signs.get(each.type)
            place = f"{sign}{start}" if sign else f"%{start}+{number:#x}"
            words.append(f"memmap={size}{place}")
    return " ".join(words)


def why_not(hole: Range, size: int, alignment: int, within: Range) -> str:
    """Why SIZE bytes do not go into HOLE, or nothing when they do."""
    if hole.end <= within.start:
        return f"ends below {within.start:#x}"
    if hole.start >= within.end:
        return f"begins above {within.end:#x}"
    start = align_up(max(hole.start, within.start), alignment)
    room = min(hole.end, within.end) - start
    if room < 0:
        return f"holds no multiple of {alignment:#x}"
    return "" if align_up(size, alignment) <= room else f"{room:#x} bytes from {start:#x} on"


def find(held: MemoryMap, size: int, alignment: int, within: Range, source: str) -> Iterator[str]:
    """Where SIZE bytes go, preceded by the ranges of memory that they do not go into.

    Pages are whole: the alignment is that of a page at least. NotEnoughSpaceError after the last
    line when there is no place.
    """
    alignment = max(align_up(alignment, alignment), PAGE_SIZE)
    memory = held.ram()
    for hole in memory:
        reason = why_not(hole, size, alignment, within)
        if not reason:
            break
        yield f"not {hole}: {reason}"
    found = memory.find_space(size, alignment=alignment, within=within)
    yield f"{found} {format_size(found.size)} in {hole}, by {source}"
