"""Maps as text: properties that the applet's golden outputs do not show."""

import re

from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import NotEnoughSpaceError
from uroot_py.base.ranges import PAGE_SIZE, Range
from uroot_py.memory.map import NVS, RAM, RESERVED, MemoryMap, TypedRange
from uroot_py.memory.plot import LINES, plot
from uroot_py.memory.text import find, listing, memmap_arguments, side_by_side

KINDS = st.sampled_from([RAM, RESERVED, NVS, "Kernel code", "device\x1b[2J\n", "Soft Reserved"])
addresses = st.integers(0, 1 << 64) | st.integers(0, 1 << 36).map(lambda n: n << 8)
maps = st.lists(
    st.tuples(addresses, addresses, KINDS).map(
        lambda t: TypedRange(Range(min(t[:2]), max(t[:2])), t[2])
    ),
    max_size=6,
).map(MemoryMap)


@given(maps, st.booleans())
def test_plot_fits_a_terminal(held: MemoryMap, colour: bool) -> None:
    lines = [re.sub(r"\x1b\[[0-9]+m", "", line) for line in plot(held, colour=colour)]
    assert max(map(len, lines)) <= 80
    assert len([line for line in lines if line.startswith("0x")]) <= LINES
    assert lines == list(plot(held))


def test_plot_colours() -> None:
    held = MemoryMap.from_entries([(0, 0x2000, RAM), (0x2000, 0x3000, RESERVED)])
    lines = list(plot(held, colour=True))
    assert lines[0] == f"0x00000 \x1b[32mRR\x1b[31mX\x1b[0m{'.' * 61}\x1b[0m"
    assert lines[2:] == [
        "  \x1b[32mR\x1b[0m System RAM 8.0 KiB",
        "  \x1b[31mX\x1b[0m Reserved 4.0 KiB",
    ]


def test_plot_without_memory() -> None:
    assert list(plot(MemoryMap())) == ["a cell is 4.0 KiB; a small letter fills only a part of it"]
    held = MemoryMap.from_entries([(0x10000, 0x12000, "EFI MMIO")])
    assert next(iter(plot(held))) == f"0x00000 {'.' * 16}DD{'.' * 46}"


@given(maps, maps)
def test_nothing_reaches_the_terminal_unfiltered(one: MemoryMap, two: MemoryMap) -> None:
    for line in (*listing(one), *side_by_side([("one", one), ("two", two)])):
        assert line.isprintable()


@given(
    maps,
    st.integers(0, 1 << 40),
    st.sampled_from([0, 1, 1 << 12, 1 << 21, 1 << 30]),
    st.tuples(addresses, addresses).map(sorted),
)
def test_find_explains_what_it_does(
    held: MemoryMap, size: int, alignment: int, ends: list[int]
) -> None:
    within, memory = Range(*ends), held.ram()
    lines: list[str] = []
    try:
        lines += find(held, size, alignment, within, "here")
    except NotEnoughSpaceError:
        lines = []
    else:
        step = max(alignment, PAGE_SIZE)
        found = memory.find_space(size, alignment=step, within=within)
        passed = [f"not {hole}: " for hole in memory if hole.end <= found.start]
        assert [line[: len(start)] for line, start in zip(lines, passed, strict=False)] == passed
        assert lines[-1].startswith(f"{found} ")
        assert lines[-1].endswith(", by here")


@given(maps)
def test_arguments_of_a_kernel_say_what_the_map_says(held: MemoryMap) -> None:
    """Read as the kernel reads them: SIZE, a sign, START, and +TYPE after %."""
    numbers = {RAM: 1, RESERVED: 2, NVS: 4, "Soft Reserved": 0xEFFFFFFF}
    first, *words = memmap_arguments(held).split()
    assert first == "memmap=exactmap"
    read = []
    for word in words:
        match = re.fullmatch(r"memmap=(0x\w+)([@$%])(0x\w+)(?:\+(0x\w+))?", word)
        assert match
        size, sign, start, kind = match.groups()
        number = int(kind, 16) if kind else {"@": 1, "$": 2}[sign]
        read.append((int(start, 16), int(size, 16), number))
    assert read == [
        (each.range.start, each.range.size, numbers[each.type])
        for each in held
        if each.type in numbers
    ]
