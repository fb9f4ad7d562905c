"""Memory maps out of text and tables: the reference's cases, what it gets wrong, and bad input."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import LineError, RefusedError, UrootError
from uroot_py.base.ranges import Range
from uroot_py.memory.map import ACPI, NVS, RAM, RESERVED, MemoryMap, TypedRange
from uroot_py.memory.sources import (
    OWN_TYPES,
    Reading,
    best,
    from_boot_params,
    from_efi_runtime,
    from_iomem,
    from_memblock,
    from_sysfs_memmap,
)

TOP = 1 << 64


def m(*entries: tuple[int, int, str]) -> MemoryMap:
    """The map of (start, end, type) entries that do not overlap, made without the sweep."""
    return MemoryMap(TypedRange(Range(start, end), kind) for start, end, kind in entries)


BOARD = """\
01000000-010001ff : serial
14000000-1effffff : System RAM
  14200000-14ffffff : reserved
  15000000-15ffffff : Kernel code
  16000000-162fffff : reserved
  16300000-165fffff : Kernel data
  17000000-17377fff : reserved
e0000000-efffffff : PCI Bus 0000:00
  e0000000-e0ffffff : 0000:00:01.0
    e0000000-e0000000 : latch
"""

# As Linux 6.12 on riscv64 prints it.
RISCV = """\
10000000-100000ff : serial
80000000-8003ffff : Reserved
80040000-9fffffff : System RAM
  80200000-8206bfff : Kernel image
    80202000-80ffffff : Kernel code
    81200000-817fffff : Kernel rodata
    81c00000-81ebe7ff : Kernel data
    81ebf000-8206bfff : Kernel bss
"""


class TestIomem:
    def test_what_the_running_kernel_takes_on_riscv64_is_its_ram(self) -> None:
        held = from_iomem(RISCV).retype(OWN_TYPES, RAM)
        assert held == m(
            (0x10000000, 0x10000100, "serial"),
            (0x80000000, 0x80040000, RESERVED),
            (0x80040000, 0xA0000000, RAM),
        )

    def test_a_board(self) -> None:
        assert from_iomem(BOARD) == m(
            (0x1000000, 0x1000200, "serial"),
            (0x14000000, 0x14200000, RAM),
            (0x14200000, 0x15000000, RESERVED),
            (0x15000000, 0x16000000, "Kernel code"),
            (0x16000000, 0x16300000, RESERVED),
            (0x16300000, 0x16600000, "Kernel data"),
            (0x16600000, 0x17000000, RAM),
            (0x17000000, 0x17378000, RESERVED),
            (0x17378000, 0x1F000000, RAM),
            (0xE0000000, 0xE0000001, "latch"),
            (0xE0000001, 0xE1000000, "0000:00:01.0"),
            (0xE1000000, 0xF0000000, "PCI Bus 0000:00"),
        )

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            pytest.param("", m(), id="empty"),
            pytest.param(
                "00001000-00001000 : one\n",
                m((0x1000, 0x1001, "one")),
                id="one-byte-which-the-reference-drops",
            ),
            pytest.param(
                "e0000000-efffffff : PCI Bus 0000:00\n",
                m((0xE0000000, 0xF0000000, "PCI Bus 0000:00")),
                id="colons-in-a-name-which-the-reference-drops",
            ),
            pytest.param("0-ffffffffffffffff : System RAM\n", m((0, TOP, RAM)), id="everything"),
            pytest.param(
                "00000000-00000fff : System RAM\n00001000-00001fff : System RAM\n",
                m((0, 0x2000, RAM)),
                id="touching-ranges-are-one",
            ),
            pytest.param(
                "100-1ff : a\n  100-1ff : b\n    100-1ff : c\n      100-1ff : d\n"
                "        100-1ff : e\n          100-1ff : f\n          100-17f : g\n",
                m((0x100, 0x180, "g"), (0x180, 0x200, "f")),
                id="deep-nesting-that-the-kernel-shows-flat",
            ),
            pytest.param(
                "0-ff : System RAM\n  0-f : a : b\n",
                m((0, 0x10, "a : b"), (0x10, 0x100, RAM)),
                id="separator-in-a-name",
            ),
        ],
    )
    def test_accepted(self, text: str, expected: MemoryMap) -> None:
        assert from_iomem(text) == expected

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            pytest.param(
                "100-1ff : System RAM\ngarbage\n",
                "iomem: line 2: memory resource: expected START-END : NAME, found 'garbage'",
                id="garbage-which-the-reference-skips",
            ),
            pytest.param(
                "100-1GG : System RAM\n",
                "iomem: line 1: memory resource: expected START-END : NAME,"
                " found '100-1GG : System RAM'",
                id="no-digits-which-the-reference-skips",
            ),
            pytest.param(
                "100-1ff System RAM\n",
                "iomem: line 1: memory resource: expected START-END : NAME,"
                " found '100-1ff System RAM'",
                id="no-name-which-the-reference-skips",
            ),
            pytest.param(
                " : System RAM\n",
                "iomem: line 1: memory resource: expected START-END : NAME, found ' : System RAM'",
                id="no-range-which-the-reference-skips",
            ),
            pytest.param(
                "100-1ff : a\n\n200-2ff : b\n",
                "iomem: line 2: memory resource: expected START-END : NAME, found ''",
                id="empty-line",
            ),
            pytest.param(
                "100-1ff : a\n    100-1ff : b\n",
                "iomem: line 2: memory resource: expected START-END : NAME,"
                " found '    100-1ff : b'",
                id="two-levels-at-once",
            ),
            pytest.param(
                "200-1ff : a\n",
                "iomem: line 1: memory range: expected an end not before the start,"
                " found 0x200-0x1ff",
                id="backwards-which-the-reference-wraps",
            ),
            pytest.param(
                "0-10000000000000000 : a\n",
                "iomem: line 1: memory range: expected a range inside 64 bits,"
                " found 0x0-0x10000000000000000",
                id="above-64-bits",
            ),
            pytest.param(
                "100-1ff : a\n180-2ff : b\n",
                "iomem: line 2: memory range: expected addresses from 0x200 to 0xffffffffffffffff,"
                " found 0x180-0x2ff",
                id="overlap",
            ),
            pytest.param(
                "100-1ff : a\n  180-2ff : b\n",
                "iomem: line 2: memory range: expected addresses from 0x100 to 0x1ff,"
                " found 0x180-0x2ff",
                id="child-outside-its-parent",
            ),
            pytest.param(
                "00000000-00000000 : Reserved\n00000000-00000000 : System RAM\n"
                "  00000000-00000000 : Kernel code\n",
                "iomem: every address is hidden; needs root: the kernel shows them to it only",
                id="the-view-without-privileges-which-the-reference-takes-for-an-empty-map",
            ),
        ],
    )
    def test_refused(self, text: str, message: str) -> None:
        with pytest.raises(UrootError) as caught:
            from_iomem(text, "iomem")
        assert str(caught.value) == message

    @given(st.text(alphabet="0123456789abcf-: \n.x_", max_size=60))
    def test_any_text_is_a_map_or_one_line(self, text: str) -> None:
        for parse in (from_iomem, lambda t: from_memblock(t, t)):
            try:
                made = parse(text)
            except (LineError, RefusedError) as error:
                made, message = MemoryMap(), str(error)
                assert "\n" not in message
            assert all(each.range.size for each in made)

    @given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9), st.integers(0, 3)), max_size=9))
    def test_inner_resources_win(self, shape: list[tuple[int, int, int]]) -> None:
        """Random trees of resources against a dictionary of addresses."""
        lines, expected, position = [], {}, 1
        for number, (size, gap, children) in enumerate(shape):
            start = position + gap
            position = start + size
            lines.append(f"{start:x}-{position - 1:x} : r{number}")
            expected.update(dict.fromkeys(range(start, position), f"r{number}"))
            for child in range(start, min(start + children, position)):
                lines.append(f"  {child:x}-{child:x} : c{number}")
                expected[child] = f"c{number}"
        made = from_iomem("\n".join(lines))
        assert {p: e.type for e in made for p in range(e.range.start, e.range.end)} == expected


class TestMemblock:
    def test_a_board(self) -> None:
        made = from_memblock(
            "   0: 0x0000004000000000..0x000000400fffffff\n"
            "   1: 0x0000004010000000..0x00000040cfffffff\n"
            "   2: 0x00000040d0000000..0x00000040dfffffff\n"
            "   3: 0x0000004400000000..0x00000044dfffffff\n",
            "   0: 0x0000004000000000..0x0000004000ffffff\n"
            "   1: 0x0000004002000000..0x00000040020fffff\n"
            "   2: 0x0000004013000000..0x00000040137fffff\n",
        )
        assert made == m(
            (0x4000000000, 0x4001000000, RESERVED),
            (0x4001000000, 0x4002000000, RAM),
            (0x4002000000, 0x4002100000, RESERVED),
            (0x4002100000, 0x4013000000, RAM),
            (0x4013000000, 0x4013800000, RESERVED),
            (0x4013800000, 0x40E0000000, RAM),
            (0x4400000000, 0x44E0000000, RAM),
        )
        assert made.notes == [
            "this kernel does not tell which of these ranges it must not map (NOMAP)"
        ]

    def test_flags(self) -> None:
        made = from_memblock(
            "   0: 0x0000000000000000..0x0000000000000fff    0 NONE\n"
            "   1: 0x0000000000001000..0x0000000000001fff    0 NOMAP\n",
            "   0: 0x0000000000000800..0x0000000000000800    4 NONE\n",
        )
        assert made == m(
            (0, 0x800, RAM),
            (0x800, 0x801, RESERVED),
            (0x801, 0x1000, RAM),
            (0x1000, 0x2000, RESERVED),
        )
        assert made.notes == []

    @pytest.mark.parametrize(
        ("memory", "reserved", "message"),
        [
            pytest.param(
                "   0: 0x0..0xfff\njunk\n",
                "",
                "mb/memory: line 2: memblock region: expected NUMBER: START..END, found 'junk'",
                id="garbage",
            ),
            pytest.param(
                "",
                "   0: 0xGGG..0xfff\n",
                "mb/reserved: line 1: memblock region: expected NUMBER: START..END,"
                " found '   0: 0xGGG..0xfff'",
                id="no-digits",
            ),
            pytest.param(
                "   0: 0x1000..0xfff\n",
                "",
                "mb/memory: line 1: memory range: expected an end not before the start,"
                " found 0x1000-0xfff",
                id="backwards",
            ),
            pytest.param(
                "   0: 0x0..0x1fff\n   1: 0x1000..0x2fff\n",
                "",
                "mb/memory: line 2: memory range: expected addresses from 0x2000"
                " to 0xffffffffffffffff, found 0x1000-0x2fff",
                id="overlap",
            ),
        ],
    )
    def test_refused(self, memory: str, reserved: str, message: str) -> None:
        with pytest.raises(LineError) as caught:
            from_memblock(memory, reserved, "mb")
        assert str(caught.value) == message


def row(start: str, end: str, kind: str) -> dict[str, str]:
    return {"start": f"{start}\n", "end": f"{end}\n", "type": f"{kind}\n"}


class TestSysfs:
    def test_the_reference_case(self) -> None:
        made = from_sysfs_memmap(
            {
                "0": row("0x0", "0x31", RAM),
                "1": row("0x64", "0x95", ACPI),
                "2": row("0xc8", "0xf9", NVS),
                "3": row("0x12c", "0x15d", "reserved"),
            }
        )
        assert made == m((0, 50, RAM), (100, 150, ACPI), (200, 250, NVS), (300, 350, RESERVED))
        assert made.notes == []

    def test_names_of_the_kernel_are_kept(self) -> None:
        made = from_sysfs_memmap(
            {"0": row("0x0", "0xfff", "Soft Reserved"), "1": row("0x1000", "0x1fff", "Persistent")}
        )
        assert made == m((0, 0x1000, "Soft Reserved"), (0x1000, 0x2000, "Persistent"))

    def test_the_stricter_of_two_that_overlap_wins(self) -> None:
        made = from_sysfs_memmap(
            {
                "0": row("0x0", "0xfff", RESERVED),
                "2": row("0x800", "0x1fff", RAM),
                "10": row("0x1000", "0x17ff", NVS),
            }
        )
        assert made == m((0, 0x1000, RESERVED), (0x1000, 0x1800, NVS), (0x1800, 0x2000, RAM))
        assert made.notes == [
            "/sys/firmware/memmap/2: [0x800, 0x2000) System RAM overlaps [0x0, 0x1000) Reserved",
            (
                "/sys/firmware/memmap/10: [0x1000, 0x1800) ACPI Non-volatile Storage"
                " overlaps [0x800, 0x2000) System RAM"
            ),
        ]

    @pytest.mark.parametrize(
        ("files", "message"),
        [
            pytest.param(
                row("zz", "0x1", RAM),
                "map/7/start: line 1: start: expected a number such as 0x1000, found 'zz'",
                id="no-number",
            ),
            pytest.param(
                row("-0x5", "0x1", RAM),
                "map/7/start: line 1: start: expected a number such as 0x1000, found '-0x5'",
                id="negative",
            ),
            pytest.param(
                row("0x0", "0x1ffffffffffffffff", RAM),
                "map/7/end: line 1: end: expected a number such as 0x1000,"
                " found '0x1ffffffffffffffff'",
                id="above-64-bits",
            ),
            pytest.param(
                row("0x10", "0x1", RAM),
                "map/7/end: line 1: end: expected an address from 0x10 on, found '0x1'",
                id="backwards",
            ),
            pytest.param(
                {"start": "0x0\n", "end": "0x1\n"},
                "map/7/type: line 1: type: expected a name such as System RAM, found ''",
                id="file-missing",
            ),
        ],
    )
    def test_refused(self, files: dict[str, str], message: str) -> None:
        with pytest.raises(LineError) as caught:
            from_sysfs_memmap({"7": files}, "map")
        assert str(caught.value) == message


class TestEfiRuntime:
    def test_types(self) -> None:
        made = from_efi_runtime(
            {
                "0": {"phys_addr": "0x1000\n", "num_pages": "0x2\n", "type": "0x5\n"},
                "1": {"phys_addr": "0x3000\n", "num_pages": "0x1\n", "type": "0x70000000\n"},
            }
        )
        assert made == m(
            (0x1000, 0x3000, "EFI Runtime Code"), (0x3000, 0x4000, "EFI type 0x70000000")
        )
        assert made.notes == ["only what EFI keeps at run time; no map of the memory"]

    def test_too_many_pages(self) -> None:
        files = {"phys_addr": "0x1000", "num_pages": "0xfffffffffffff", "type": "0x5"}
        from_efi_runtime({"0": {**files, "phys_addr": "0x0"}})
        with pytest.raises(LineError) as caught:
            from_efi_runtime({"0": {**files, "phys_addr": "0x2000"}}, "efi")
        assert str(caught.value) == (
            "efi/0/num_pages: line 1: num_pages: expected a range inside 64 bits,"
            " found '0xfffffffffffff'"
        )


def zero_page(*entries: tuple[int, int, int], count: int | None = None) -> bytes:
    """A zero page by the offsets of the boot protocol: start, size, type."""
    page = bytearray(4096)
    page[0x1E8] = len(entries) if count is None else count
    for number, entry in enumerate(entries):
        struct.pack_into("<QQI", page, 0x2D0 + 20 * number, *entry)
    return bytes(page)


class TestBootParams:
    def test_types(self) -> None:
        kinds = (1, 2, 3, 4, 5, 7, 12, 0xEFFFFFFF, 6)
        made = from_boot_params(
            zero_page(*((i << 12, 0x1000, kind) for i, kind in enumerate(kinds)))
        )
        assert [each.type for each in made] == [
            *(RAM, RESERVED, ACPI, NVS, "Unusable memory"),
            *("Persistent Memory", "Persistent Memory (legacy)", "Soft Reserved"),
            "Unknown E820 type",
        ]

    def test_more_than_128_entries(self) -> None:
        first = [(i << 13, 0x1000, 1) for i in range(128)]
        more = [(i << 13, 0x1000, 1) for i in range(128, 200)]
        extended = b"".join(struct.pack("<QQI", *entry) for entry in more)
        made = from_boot_params(zero_page(*first), [extended])
        assert made.ram() == [Range.from_size(start, size) for start, size, _ in first + more]

    def test_the_larger_type_wins_where_entries_overlap(self) -> None:
        made = from_boot_params(
            zero_page((0x1000, 0x1000, 4), (0, 0x10000, 1), (0x800, 0, 2)), source="bp"
        )
        assert made == m((0, 0x1000, RAM), (0x1000, 0x2000, NVS), (0x2000, 0x10000, RAM))
        assert made.notes == [
            (
                "bp: entry 0: [0x1000, 0x2000) ACPI Non-volatile Storage"
                " overlaps [0x0, 0x10000) System RAM"
            )
        ]

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            pytest.param(
                zero_page((0, 0x1000, 1))[:4095],
                "bp: boot_params at offset 0x0: expected 4096 bytes, found 4095 bytes",
                id="truncated",
            ),
            pytest.param(
                b"", "bp: boot_params at offset 0x0: expected 4096 bytes, found 0 bytes", id="empty"
            ),
            pytest.param(
                zero_page(count=129),
                "bp: boot_params: e820_entries at offset 0x1e8: expected at most 128, found 129",
                id="too-many",
            ),
            pytest.param(
                zero_page((0, 0x1000, 1), (0x1000, TOP - 1, 1)),
                "bp: e820 entry at offset 0x2e4: expected an end inside 64 bits,"
                " found 0x10000000000000fff",
                id="past-64-bits",
            ),
        ],
    )
    def test_refused(self, data: bytes, message: str) -> None:
        with pytest.raises(UrootError) as caught:
            from_boot_params(data, source="bp")
        assert str(caught.value) == message


SOME = m((0, 0x1000, RAM))
NONE = m((0, 0x1000, RESERVED))


class TestBest:
    @pytest.mark.parametrize(
        ("readings", "name", "why"),
        [
            pytest.param(
                [Reading("iomem", "", SOME), Reading("sysfs", "", SOME)],
                "sysfs",
                "the firmware's table, without what this kernel reserved for itself",
                id="x86",
            ),
            pytest.param(
                [Reading("sysfs", ""), Reading("boot_params", "", SOME)],
                "boot_params",
                "the table that the boot loader handed over (sysfs: absent)",
                id="x86-without-sysfs",
            ),
            pytest.param(
                [Reading("fdt", "", SOME), Reading("iomem", "", SOME)],
                "fdt",
                "the device tree that the firmware handed over"
                " (sysfs: absent; boot_params: absent)",
                id="arm64",
            ),
            pytest.param(
                [Reading("fdt", "", NONE), Reading("iomem", "", SOME)],
                "iomem",
                "the running kernel's view, with what it holds itself given back"
                " (sysfs: absent; boot_params: absent; fdt: no System RAM in it)",
                id="arm64-with-uefi",
            ),
        ],
    )
    def test_chosen(self, readings: list[Reading], name: str, why: str) -> None:
        assert best(readings) == (SOME, name, why)

    def test_what_the_kernel_holds_is_given_back(self) -> None:
        held, _, _ = best([Reading("iomem", "", from_iomem(BOARD))])
        assert held.ram() == [
            Range(0x14000000, 0x14200000),
            Range(0x15000000, 0x16000000),
            Range(0x16300000, 0x17000000),
            Range(0x17378000, 0x1F000000),
        ]

    def test_none(self) -> None:
        readings = [
            Reading("iomem", "", error="/proc/iomem: permission denied"),
            Reading("memblock", "", SOME),
        ]
        with pytest.raises(RefusedError) as caught:
            best(readings)
        assert str(caught.value) == (
            "no source tells where memory is: sysfs: absent; boot_params: absent; fdt: absent;"
            " iomem: /proc/iomem: permission denied"
        )
