"""Plans for x86 Linux: where everything goes, and what the zero page says, by struct offsets."""

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.builders.kernels import bzimage, elf
from uroot_py.base.errors import FormatError, PlanError, UrootError
from uroot_py.base.ranges import Range
from uroot_py.memory.map import ACPI, NVS, RAM, RESERVED, SOFT_RESERVED, MemoryMap, TypedRange
from uroot_py.payload.linux_x86 import plan_bzimage, plan_vmlinux
from uroot_py.payload.plan import MIB, Memory
from uroot_py.payload.purgatory import Parameters, add_purgatory
from uroot_py.payload.request import KernelFile, Platform, Request

GIB = 1 << 30
PC = [
    (0, 0x9FC00, RAM),
    (0x9FC00, 0x400, RESERVED),
    (0xF0000, 0x10000, RESERVED),
    (MIB, 511 * MIB, RAM),
    (512 * MIB, MIB, ACPI),
    (513 * MIB, MIB, NVS),
    (4 * GIB, 4 * GIB, RAM),
    (16 * GIB, GIB, SOFT_RESERVED),
    (17 * GIB, GIB, "Kernel something"),
]


def memory(rows=PC, **options) -> Memory:
    return Memory(
        MemoryMap([TypedRange.from_size(row[0], row[1], row[2]) for row in rows]), **options
    )


def request(cmdline: bytes = b"console=ttyS0", initrd: bytes = b"") -> Request:
    return Request(KernelFile("kernel", bzimage()), cmdline, initrd)


def plan(kernel: bytes = b"", asked: Request | None = None, room=None, platform=None):
    asked = asked or request()
    asked.kernel = KernelFile("kernel", kernel or bzimage())
    asked.platform = platform or Platform()
    return plan_bzimage(asked, room or memory())


def zero_page(made) -> bytes:
    return bytes(next(s for s in made.segments if "boot_params" in s.label).content())


def number(page, shape, offset):
    return struct.unpack_from("<" + shape, page, offset)[0]


def test_the_usual_kernel():
    made = plan(asked=request(initrd=b"i" * 5000))
    kernel, page, initrd = made.segments
    assert (made.mode, made.entry, made.registers) == (
        "long",
        0x1000200,
        {"rsi": page.phys.start},
    )
    assert kernel.phys == Range(0x1000000, 0x4000000)
    assert initrd.phys == Range(512 * MIB - 0x2000, 512 * MIB)
    assert page.phys == Range(512 * MIB - 0x4000, 512 * MIB - 0x2000)
    made.check(memory().phys.ram())
    assert made.notes == [
        "6.1.0-test, boot protocol 2.15: runs in [0x1000000, 0x4000000) (its preferred address)",
        "initrd of 5000 bytes at 0x1fffe000, its limit is 0x7fffffff",
    ]


def test_zero_page():
    page = zero_page(plan(asked=request(b"a b c", b"i" * 5000)))
    base = 512 * MIB - 0x4000
    assert page[0x1F1:0x206] == bzimage()[0x1F1:0x206]
    assert page[0x1EF] == 0
    assert number(page, "B", 0x210) == 0xFF
    assert number(page, "B", 0x211) == 1
    assert number(page, "I", 0x214) == 0x1000000
    assert (number(page, "I", 0x218), number(page, "I", 0x21C)) == (512 * MIB - 0x2000, 5000)
    assert number(page, "I", 0x228) == base + 0x1000
    assert page[0x1000:] == b"a b c\0"
    rows = [struct.unpack_from("<QQI", page, 0x2D0 + 20 * i) for i in range(page[0x1E8])]
    types = [1, 2, 2, 1, 3, 4, 1, 0xEFFFFFFF, 2]
    assert rows == [(start, size, kind) for (start, size, _), kind in zip(PC, types, strict=True)]


def test_what_the_running_kernel_was_told_is_carried_over():
    running = bytearray(b"\xaa" * 4096)
    running[0x1E8] = 0
    page = zero_page(plan(platform=Platform(bytes(running))))
    for start, end in ((0, 0x40), (0x60, 0x78), (0x140, 0x1C0), (0x290, 0x2D0), (0xD00, 0xEEC)):
        assert page[start:end] == bytes(running[start:end]), hex(start)
    assert page[0x1C0:0x1E0] == bytes(0x20), "EFI is handed over only as a whole"
    assert page[0xC0:0xCC] == bytes(12)
    assert page[0x1EF] == 0


def test_rsdp():
    page = zero_page(plan(platform=Platform(rsdp_address=0x7FBFE014)))
    assert number(page, "Q", 0x70) == 0x7FBFE014


def chain(page: bytes, base: int) -> list[tuple[int, bytes]]:
    found, at = [], number(page, "Q", 0x250)
    while at:
        following, kind, size = struct.unpack_from("<QII", page, at - base)
        found.append((kind, page[at - base + 16 : at - base + 16 + size]))
        at = following
    return found


def test_efi_is_handed_over():
    running = bytearray(4096)
    running[0x1C0:0x1C4] = b"EL64"
    struct.pack_into("<IIIIIII", running, 0x1C4, 0x7F000018, 48, 1, 0xDEAD, 0xBEEF, 1, 2)
    platform = Platform(bytes(running))
    platform.efi_tables = (0x111, 0x222, 0x333)
    platform.efi_map = b"M" * 96
    made = plan(platform=platform)
    page, base = zero_page(made), made.registers["rsi"]
    assert page[0x1C0:0x1C4] == b"EL64"
    assert struct.unpack_from("<III", page, 0x1C4) == (0x7F000018, 48, 1)
    assert (number(page, "I", 0x1D4), number(page, "I", 0x1D8)) == (96, 1)
    where = number(page, "I", 0x1D0) - base
    assert page[where : where + 96] == b"M" * 96
    assert number(page, "I", 0x1DC) == 0
    assert chain(page, base) == [(4, struct.pack("<4Q", 0x111, 0, 0x222, 0x333) + bytes(64))]


def test_more_than_128_regions_go_into_setup_data():
    rows = [(MIB, 511 * MIB, RAM)]
    rows += [(GIB + i * 0x2000, 0x1000, RESERVED) for i in range(200)]
    asked = request()
    asked.dtb = b"\xd0\x0d\xfe\xed tree"
    made = plan(asked=asked, room=memory(rows))
    page = zero_page(made)
    assert page[0x1E8] == 128
    (dtb, tree), (e820, more) = chain(page, made.registers["rsi"])
    assert (dtb, tree) == (2, asked.dtb)
    assert (e820, len(more)) == (1, 73 * 20)
    assert struct.unpack_from("<QQI", more, 72 * 20) == (GIB + 199 * 0x2000, 0x1000, 2)


PLACES = [
    pytest.param(
        {},
        [(0, 64 * MIB, RAM), (64 * MIB, MIB, RESERVED), (65 * MIB, 128 * MIB, RAM)],
        16 * MIB,
        id="preferred",
    ),
    pytest.param({}, [(0, 0x1200000, RAM), (0x1300000, 128 * MIB, RAM)], 0x1400000, id="relocated"),
    pytest.param(
        {"xloadflags": 3}, [(0, 8 * MIB, RAM), (4 * GIB, GIB, RAM)], 4 * GIB, id="above 4 GiB"
    ),
    pytest.param({"relocatable": 0}, [(0, 128 * MIB, RAM)], 16 * MIB, id="not relocatable"),
    pytest.param({"version": 0x204}, [(0, 128 * MIB, RAM)], MIB, id="2.04: at 1 MiB"),
]


@pytest.mark.parametrize(("options", "ram", "where"), PLACES)
def test_where_the_kernel_goes(options, ram, where):
    made = plan(bzimage(**options), room=memory(ram))
    kernel = next(s for s in made.segments if s.label == "kernel")
    assert kernel.phys.start == where
    made.check(memory(ram).phys.merge().ram())


ENTRIES = [
    pytest.param({}, "", "long", 0x1000200, id="64-bit where there is one"),
    pytest.param({}, "32", "protected", 0x1000000, id="32-bit on demand"),
    pytest.param({"version": 0x20B}, "", "protected", 0x1000000, id="32-bit before 2.12"),
    pytest.param({"xloadflags": 0, "code32_start": 0}, "", "real", 0x90200000, id="16-bit only"),
    pytest.param({"version": 0x203, "release": None}, "", "real", 0x90200000, id="GRUB"),
]


@pytest.mark.parametrize(("options", "entry", "mode", "address"), ENTRIES)
def test_entries(options, entry, mode, address):
    asked = request()
    asked.entry = entry
    made = plan(bzimage(**options), asked)
    assert made.mode == mode
    assert made.entry == address
    made.check(memory().phys.merge().ram())


LEVELS = [
    pytest.param(0x3, b"", "protected", id="a kernel that does not know 5 levels"),
    pytest.param(0x3F, b"", "protected", id="one that knows how to leave them"),
    pytest.param(0x7F, b"", "long", id="one that has them"),
    pytest.param(0x7F, b"a=no5lvl no5lvls", "long", id="it is told something else"),
    pytest.param(0x7F, b"quiet no5lvl", "protected", id="it is told to leave them"),
]


@pytest.mark.parametrize(("flags", "cmdline", "mode"), LEVELS)
def test_5_level_paging(flags, cmdline, mode):
    platform = Platform()
    platform.la57 = True
    made = plan(bzimage(xloadflags=flags), request(cmdline=cmdline), platform=platform)
    assert made.mode == mode
    note = "5-level paging is on, which this kernel does not keep: 32-bit entry"
    assert (note in made.notes) is (mode == "protected")


def test_5_level_paging_and_no_entry_without():
    platform = Platform()
    platform.la57 = True
    with pytest.raises(PlanError) as caught:
        plan(bzimage(xloadflags=3, code32_start=0), platform=platform)
    assert str(caught.value) == (
        "5-level paging is on, which this kernel does not keep, and it has no 32-bit entry;"
        " start this machine with no5lvl"
    )
    asked = Request(KernelFile("vmlinux", elf([(0x1000000, b"text", 0x1000)])))
    asked.platform = platform
    note = "5-level paging is on: a vmlinux does not say whether it knows that"
    assert note in plan_vmlinux(asked, memory()).notes


ACPI_ROWS = [
    pytest.param(b"4.19.0-test", None, b"a=b acpi_rsdp=0x7fbfe014\0", id="before 5.0"),
    pytest.param(b"5.0.0-test", None, b"a=b\0", id="since 5.0"),
    pytest.param(b"4.19.0-test", (1, 2, 3), b"a=b\0", id="by EFI"),
]


@pytest.mark.parametrize(("release", "efi", "line"), ACPI_ROWS)
def test_acpi_for_a_kernel_that_gets_no_efi(release, efi, line):
    platform = Platform(rsdp_address=0x7FBFE014)
    platform.efi_tables = efi
    made = plan(bzimage(release=release), request(b"a=b"), platform=platform)
    assert zero_page(made)[0x1000:].startswith(line)
    note = "acpi_rsdp= is added to the command line: this kernel is older than 5.0"
    assert (note in made.notes) is (b"acpi" in line)


def test_real_mode():
    asked = request(b"autoexec", b"i" * 100)
    asked.entry = "16"
    made = plan(bzimage(version=0x207, setup_sects=9), asked)
    low, kernel, initrd = made.segments
    assert low.phys == Range(0x90000, 0x9F000)
    assert (made.entry, made.registers) == (0x9020 << 16, {"rbx": 0x9000, "rcx": 0xE000})
    assert kernel.phys.start == MIB
    page = bytes(low.content())
    assert (number(page, "B", 0x211), number(page, "H", 0x224)) == (0x81, 0xDE00)
    assert number(page, "I", 0x228) == 0x9E000
    assert page[0xE000:0xE009] == b"autoexec\0"
    assert (number(page, "I", 0x218), number(page, "I", 0x21C)) == (initrd.phys.start, 100)
    made.check(memory().phys.merge().ram())


@pytest.mark.parametrize("driven", [False, True])
def test_a_bios_does_not_wait_for_disks_that_linux_has_driven(driven):
    platform, room = Platform(), memory()
    platform.drives_disks = driven
    made = plan(bzimage(version=0x207, code32_start=0), platform=platform, room=room)
    note = "the BIOS will say that it has no disks: Linux has driven them"
    assert (made.without_disks, note in made.notes) == (driven, driven)
    room.segments = made.segments
    add_purgatory(made, room)
    (code,) = [each for each in made.segments if each.label == "purgatory"]
    assert Parameters(code.content()).without_disks == driven


def test_16_bit_code_where_no_bios_is():
    platform = Platform()
    platform.bios = False
    with pytest.raises(PlanError) as caught:
        plan(bzimage(version=0x207, code32_start=0), platform=platform)
    assert str(caught.value) == (
        "its 16-bit code needs a BIOS, and this machine has none;"
        " use the program's version for EFI, or a kernel with a 32-bit entry"
    )


def real_mode(kernel, room=None, initrd=b""):
    asked = request(b"x", initrd)
    asked.entry = "16"
    return plan(kernel, asked, room)


def test_real_mode_has_room_to_unpack():
    made = real_mode(bzimage())
    assert [(str(s.phys), s.label) for s in made.segments[1:]] == [
        ("[0x100000, 0x101000)", "kernel"),
        ("[0x1000000, 0x4000000)", "room to unpack"),
    ]
    assert number(bytes(made.segments[0].content()), "I", 0x218) == 0  # no initrd


@pytest.mark.parametrize(
    ("limit", "end"), [(0xFFFFFF, 0x1000000), (0x7FFFFFF, 0x8000000), (0x7FFFFFE, 0x7FFF000)]
)
def test_an_initrd_ends_where_the_kernel_can_reach_it(limit, end):
    made = real_mode(bzimage(initrd_addr_max=limit), initrd=b"i" * 5000)
    (initrd,) = [s for s in made.segments if "initrd" in s.label]
    assert initrd.phys.end == end


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        (
            [(0, MIB, RAM), (2 * MIB, 510 * MIB, RAM)],
            "the kernel must be at [0x100000, 0x101000)",
        ),
        (
            [(0, MIB, RAM), (MIB, 15 * MIB, RAM), (17 * MIB, 495 * MIB, RAM)],
            "the room in which this kernel unpacks itself must be at [0x1000000, 0x4000000)",
        ),
    ],
)
def test_real_mode_where_something_is_in_the_way(rows, text):
    with pytest.raises(PlanError) as caught:
        real_mode(bzimage(), memory(rows))
    hint = "kexec --dry-run shows what is there"
    assert str(caught.value) == f"{text}, and that is not free memory; {hint}"


REFUSED = [
    pytest.param(
        {"cmdline_size": 12},
        "",
        PC,
        "the command line has 13 bytes, this kernel takes at most 12; shorten it",
        id="command line too long",
    ),
    pytest.param(
        {"xloadflags": 0},
        "64",
        PC,
        "bzImage: xloadflags at offset 0x236: expected a 64-bit entry, found 0x0",
        id="no 64-bit entry",
    ),
    pytest.param(
        {"code32_start": 0},
        "32",
        PC,
        "bzImage: code32_start at offset 0x214: expected a 32-bit entry, found 0x0;"
        " use --real-mode",
        id="no 32",
    ),
    pytest.param(
        {"relocatable": 0},
        "",
        [(0, 32 * MIB, RAM)],
        "a kernel that is not relocatable must be at [0x1000000, 0x4000000), and that is not free"
        " memory; kexec --dry-run shows what is there",
        id="not relocatable and its address taken",
    ),
    pytest.param(
        {},
        "",
        [(0, 32 * MIB, RAM)],
        "no room for 0x3000000 bytes in memory [0x1000000, 0x10000000000000000)"
        " aligned to 0x200000; the largest range there has 0x1000000 bytes",
        id="too little memory",
    ),
]


@pytest.mark.parametrize(("options", "entry", "ram", "text"), REFUSED)
def test_refused(options, entry, ram, text):
    asked = request()
    asked.entry = entry
    with pytest.raises((FormatError, PlanError)) as caught:
        plan(bzimage(**options), asked, memory(ram))
    assert str(caught.value) == text


def test_nul_in_the_command_line():
    with pytest.raises(PlanError, match="the command line has a NUL byte"):
        plan(asked=request(b"a\0b"))


def test_initrd_above_4_gib_only_where_the_kernel_can_reach_it():
    ram = [(0, 64 * MIB, RAM), (4 * GIB, GIB, RAM)]
    asked = request(initrd=b"i" * (20 * MIB))
    made = plan(bzimage(xloadflags=3), asked, memory(ram))
    page = zero_page(made)
    assert (number(page, "I", 0x218), number(page, "I", 0xC0)) == (GIB - 20 * MIB, 1)
    with pytest.raises(PlanError, match="no room for 0x1400000 bytes"):
        plan(bzimage(xloadflags=1), asked, memory(ram))


def test_fixed_addresses():
    asked = request(initrd=b"i")
    asked.load_address, asked.initrd_address, asked.zero_page_address = (
        0x1234567,
        0x8000000,
        0x90000,
    )
    made = plan(asked=asked)
    assert [(s.label, s.phys.start) for s in made.segments] == [
        ("boot_params+cmdline", 0x90000),
        ("kernel", 0x1400000),
        ("initrd", 0x8000000),
    ]


@pytest.mark.parametrize(("machine", "mode"), [(62, "long"), (3, "protected")])
def test_vmlinux(machine, mode):
    blob = elf(
        [(0x1000000, b"text", 0x1000), (0x1200000, b"", 0x8000)],
        machine=machine,
        bits=64 if machine == 62 else 32,
    )
    made = plan_vmlinux(Request(KernelFile("vmlinux", blob)), memory())
    assert (made.mode, made.entry) == (mode, 0x1000000)
    page = zero_page(made)
    assert page[0x202:0x206] == b"HdrS"
    assert number(page, "I", 0x228) == made.registers["rsi"] + 0x1000
    made.check(memory().phys.ram())


def test_vmlinux_of_another_machine():
    with pytest.raises(FormatError) as caught:
        plan_vmlinux(Request(KernelFile("vmlinux", elf([(MIB, b"x", 1)], machine=183))), memory())
    assert str(caught.value) == (
        "ELF header: e_machine at offset 0x12: expected x86-64 (62) or 386 (3), found 183"
    )


def test_plan_as_text_and_json():
    made = plan(asked=request(initrd=b"i" * 10))
    assert made.describe().splitlines()[:5] == [
        "bzImage, x86_64, long mode, entry 0x1000200",
        "registers: rsi = 0x1fffd000",
        "[0x1000000, 0x4000000) kernel, 4.0 KiB",
        "[0x1fffd000, 0x1ffff000) boot_params+cmdline, 4.0 KiB",
        "[0x1ffff000, 0x20000000) initrd, 10 B",
    ]
    value = json.loads(json.dumps(made.as_json()))
    assert value["registers"] == {"rsi": 0x1FFFD000}
    assert [s["label"] for s in value["segments"]] == ["kernel", "boot_params+cmdline", "initrd"]
    assert made == plan(asked=request(initrd=b"i" * 10))
    assert made != plan(asked=request(initrd=b"j" * 10))


_RAM = st.lists(
    st.tuples(st.integers(0, 0x9000), st.integers(1, 0x3000)).map(
        lambda pair: (pair[0] << 16, pair[1] << 16, RAM)
    ),
    min_size=1,
    max_size=6,
)


@given(_RAM, st.integers(0, 40 * MIB), st.sampled_from(["", "64", "32", "16"]), st.integers(0, 1))
def test_a_plan_is_inside_ram_and_disjoint_or_there_is_none(rows, initrd, entry, relocatable):
    asked = request(initrd=bytes(initrd))
    asked.entry = entry
    try:
        made = plan(bzimage(relocatable=relocatable), asked, memory(rows))
    except UrootError:
        return
    made.check(memory(rows).phys.merge().ram())
    if made.mode != "real":
        run_space = Range.from_size(made.entry & ~0xFFF, 0x3000000)
        for segment in made.segments:
            assert segment.label == "kernel" or segment.phys.disjunct(run_space)


CHECKS = [
    pytest.param(lambda p: p.segments.clear(), "the entry 0x1000200 is in no segment", id="entry"),
    pytest.param(
        lambda p: p.segments.extend([p.segments[0]] * 16),
        "the plan has 18 segments, the kernel takes 16",
        id="too many",
    ),
]


@pytest.mark.parametrize(("spoil", "text"), CHECKS)
def test_check(spoil, text):
    made = plan()
    spoil(made)
    with pytest.raises(PlanError) as caught:
        made.check(memory().phys.ram())
    assert str(caught.value) == text


def test_check_against_other_ram():
    with pytest.raises(PlanError, match="is not inside the RAM of this machine"):
        plan().check(memory([(0, MIB, RAM)]).phys.ram())
