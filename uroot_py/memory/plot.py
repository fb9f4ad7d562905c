"""A picture of physical memory: a letter, and a colour, for what most of each cell is."""

from __future__ import annotations

from uroot_py.base.ranges import PAGE_SIZE, align_up
from uroot_py.base.text import format_size
from uroot_py.memory import map as kinds
from uroot_py.memory.sources import KERNEL_TYPES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from uroot_py.memory.map import MemoryMap

CELLS = 64  # in a line; with the address in front of them a line has 80 columns at most
LINES = 20
_HIGHEST = 1 << 52  # no processor has more physical address bits

# Letter, name, colour (ECMA-48 SGR), types; what is in no row is a device.
CLASSES = (
    ("R", "System RAM", "32", (kinds.RAM,)),
    ("K", "the running kernel", "36", KERNEL_TYPES),
    ("X", "Reserved", "31", (kinds.RESERVED, kinds.UNUSABLE)),
    ("A", "ACPI Tables", "33", (kinds.ACPI,)),
    ("N", "ACPI Non-volatile Storage", "35", (kinds.NVS,)),
    ("P", "Persistent Memory", "34", (kinds.PERSISTENT, kinds.PERSISTENT_LEGACY)),
    ("S", "Soft Reserved", "93", (kinds.SOFT_RESERVED,)),
    ("D", "devices and others", "90", ()),
)
_LETTERS = {kind: letter for letter, _, _, types in CLASSES for kind in types}
_COLOURS = {letter: colour for letter, _, colour, _ in CLASSES}


def plot(held: MemoryMap, *, colour: bool = False) -> Iterator[str]:
    """The picture, line by line, and what its letters mean.

    It ends with the line where RAM ends. A capital fills its cell, a small letter is the largest
    part of one.
    Lines without anything are left out.
    """
    ends = [each.range.end for each in held if _LETTERS.get(each.type) in ("R", "K")]
    top = min((ends or [each.range.end for each in held] or [0])[-1], _HIGHEST)
    cell = PAGE_SIZE
    while len(_lines(held, top, cell * CELLS)) > LINES:
        cell *= 2
    top = min(align_up(top, cell * CELLS), _HIGHEST)
    inside = [
        (each.range.start, min(each.range.end, top), _LETTERS.get(each.type, "D"))
        for each in held
        if each.range.start < top
    ]
    wide = len(f"{max(top - 1, 0xFFFF):#x}")
    before = -1
    for line in _lines(held, top, cell * CELLS):
        if line != before + 1:
            yield f"{'...':>{wide}}"
        before = line
        letters = _cells(inside, line * CELLS, cell)
        yield f"{line * CELLS * cell:#0{wide}x} {_paint(letters, colour)}"
    yield f"a cell is {format_size(cell)}; a small letter fills only a part of it"
    yield from _legend(held, top, colour)


def _lines(held: MemoryMap, top: int, span: int) -> list[int]:
    """The numbers of the lines of SPAN bytes below TOP that hold anything: LINES, or one more."""
    found: list[int] = []
    for each in held:
        first = max(each.range.start // span, found[-1] + 1 if found else 0)
        last = min((min(each.range.end, top) - 1) // span, first + LINES)
        found += range(first, last + 1)
        if len(found) > LINES:
            break
    return found


def _cells(entries: list[tuple[int, int, str]], first: int, cell: int) -> str:
    """The letters of the CELLS cells from number FIRST on."""
    parts: list[dict[str, int]] = [{} for _ in range(CELLS)]
    for start, end, letter in entries:
        low, high = max(start // cell, first), min((end - 1) // cell, first + CELLS - 1)
        for number in range(low, high + 1):
            size = min(end, (number + 1) * cell) - max(start, number * cell)
            part = parts[number - first]
            part[letter] = part.get(letter, 0) + size
    return "".join(_letter(part, cell) for part in parts)


def _letter(part: dict[str, int], cell: int) -> str:
    if not part:
        return "."
    letter = max(part, key=lambda each: part[each])
    return letter if part[letter] == cell else letter.lower()


def _paint(letters: str, colour: bool) -> str:
    if not colour:
        return letters
    painted, before = "", ""
    for letter in letters:
        code = _COLOURS.get(letter.upper(), "0")
        painted += letter if code == before else f"\x1b[{code}m{letter}"
        before = code
    return f"{painted}\x1b[0m"


def _legend(held: MemoryMap, top: int, colour: bool) -> Iterator[str]:
    below: dict[str, int] = {}
    above: dict[str, int] = {}
    for each in held:
        side = below if each.range.start < top else above
        letter = _LETTERS.get(each.type, "D")
        side[letter] = side.get(letter, 0) + each.range.size
    for letter, name, _, _ in CLASSES:
        if letter in below:
            yield f"  {_paint(letter, colour)} {name} {format_size(below[letter])}"
    for letter, name, _, _ in CLASSES:
        if letter in above:
            yield f"  above {top:#x}: {name} {format_size(above[letter])}"
