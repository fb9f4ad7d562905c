"""Plans for Multiboot kernels: what a kernel finds at the address in ebx, by struct offsets."""

import struct

import pytest

from scripts.builders.kernels import elf, multiboot1, multiboot2
from uroot_py.base.errors import PlanError
from uroot_py.base.ranges import Range
from uroot_py.memory.map import NVS, RAM, RESERVED, SOFT_RESERVED, MemoryMap, TypedRange
from uroot_py.payload.multiboot import plan_multiboot
from uroot_py.payload.plan import MIB, Memory
from uroot_py.payload.request import KernelFile, Request
from uroot_py.seed.kexec import get_phys

ROWS = [
    (0, 0x9FC00, RAM),
    (0x9FC00, 0x400, RESERVED),
    (MIB, 63 * MIB, RAM),
    (64 * MIB, MIB, NVS),
    (1 << 32, 1 << 30, RAM),
    (8 << 30, MIB, SOFT_RESERVED),
]
MB1_ELF = elf([(MIB, multiboot1() + b"kernel", 0x3000)], bits=32, machine=3)


def tag(kind: int, flags: int, *words: int) -> bytes:
    body = struct.pack(f"<HHI{len(words)}I", kind, flags, 8 + 4 * len(words), *words)
    return body + bytes(-len(body) % 8)


def mb2_elf(*tags: bytes) -> bytes:
    # The ELF header of one part has 84 bytes: 4 more put the header at a multiple of 8.
    return elf([(2 * MIB, bytes(4) + multiboot2(*tags), 0x3000)], bits=32, machine=3)


def memory(rows=ROWS) -> Memory:
    return Memory(MemoryMap([TypedRange.from_size(row[0], row[1], row[2]) for row in rows]))


def asked(*modules: tuple[bytes, bytes]) -> Request:
    request = Request(KernelFile("/xen", b""), b"a=1 b")
    request.modules = list(modules)
    return request


def plan(data: bytes, request=None, room=None):
    room, request = room or memory(), request or asked()
    request.kernel = KernelFile("/xen", data)
    made = plan_multiboot(request, room)
    made.check(room.phys.merge().ram())
    return made


def held(made, where: Range) -> bytes:
    found = get_phys(made.segments, where)
    assert found is not None
    return found


def text(made, address):
    for size in range(1, 200):
        found = held(made, Range.from_size(address, size))
        if found.endswith(b"\0"):
            return found[:-1]
    raise AssertionError("no end of a text")


def words(made, address, count):
    return struct.unpack(f"<{count}I", held(made, Range.from_size(address, 4 * count)))


def test_version_1():
    made = plan(MB1_ELF, asked((b"M" * 5000, b"/mod one"), (b"N", b"/two")))
    assert (made.kind, made.mode, made.entry) == ("multiboot1", "protected", MIB)
    assert made.registers == {"rax": 0x2BADB002, "rbx": 0x10000}
    head = words(made, 0x10000, 30)
    flags, lower, upper, boot_device, cmdline, count, table = head[:7]
    assert (flags, lower, upper, boot_device) == (0x24D, 639, 63 * 1024, 0)
    assert text(made, cmdline) == b"/xen a=1 b"
    assert count == 2
    first, second = words(made, table, 4), words(made, table + 16, 4)
    assert first[1] - first[0] == 5000
    assert held(made, Range(first[0], first[1])) == b"M" * 5000
    assert first[0] % 4096 == second[0] % 4096 == 0
    assert (text(made, first[2]), text(made, second[2])) == (b"/mod one", b"/two")
    length, at = head[11:13]
    assert length == 24 * len(ROWS)
    raw = held(made, Range.from_size(at, length))
    rows = [struct.unpack_from("<IQQI", raw, 24 * i) for i in range(len(ROWS))]
    kinds = [1, 2, 1, 4, 1, 2]
    assert rows == [(20, a, n, kind) for (a, n, _), kind in zip(ROWS, kinds, strict=True)]
    assert text(made, head[16]) == b"uroot"


def test_parts_on_both_sides_of_a_hole_stay_where_they_are():
    low = multiboot1() + b"GRUB"
    made = plan(elf([(0x9000, low, 0x8000), (MIB, b"modules", 7)], machine=3, bits=32))
    assert held(made, Range.from_size(0x9000, len(low))) == low
    assert held(made, Range.from_size(MIB, 7)) == b"modules"
    assert made.registers["rbx"] == 0x11000


def test_version_1_that_is_no_elf():
    blob = (multiboot1(0x10003, 0x200000, 0x200000, 0, 0x210000, 0x200020) + b"code").ljust(
        64, b"c"
    )
    made = plan(blob)
    kernel = next(s for s in made.segments if s.label == "kernel")
    assert (made.entry, kernel.phys) == (0x200020, Range(0x200000, 0x210000))
    assert bytes(kernel.content())[:12] == blob[:12]


def tags(made):
    base = made.registers["rbx"]
    total, zero = words(made, base, 2)
    assert zero == 0
    data = held(made, Range.from_size(base, total))
    found: dict[int, list[bytes]] = {}
    at = 8
    while True:
        kind, size = struct.unpack_from("<II", data, at)
        found.setdefault(kind, []).append(data[at + 8 : at + size])
        at += (size + 7) // 8 * 8
        if not kind:
            assert at == total
            return found


def test_version_2():
    request = asked((b"M" * 100, b"/mod one"))
    request.platform.rsdp = b"RSD PTR " + bytes(7) + b"\x02" + bytes(20)
    made = plan(mb2_elf(tag(1, 0, 4, 6)), request)
    assert (made.kind, made.entry, made.registers["rax"]) == ("multiboot2", 2 * MIB, 0x36D76289)
    found = tags(made)
    assert set(found) == {0, 1, 2, 3, 4, 6, 15}
    assert found[1] == [b"/xen a=1 b\0"]
    start, end = struct.unpack_from("<II", found[3][0])
    assert found[3][0][8:] == b"/mod one\0"
    assert held(made, Range(start, end)) == b"M" * 100
    assert struct.unpack("<II", found[4][0]) == (639, 63 * 1024)
    assert struct.unpack_from("<II", found[6][0]) == (24, 0)
    rows = [struct.unpack_from("<QQII", found[6][0], 8 + 24 * i) for i in range(len(ROWS))]
    assert rows[3] == (64 * MIB, MIB, 4, 0)
    assert found[15] == [request.platform.rsdp]


WORD = b"\0no-real-mode\0"
BIOS = [
    pytest.param(b"", b"a=1 b", b"/xen a=1 b", id="a kernel without such code"),
    pytest.param(WORD, b"a=1 b", b"/xen no-real-mode a=1 b", id="Xen"),
    pytest.param(WORD, b"a no-real-mode", b"/xen a no-real-mode", id="told already"),
    pytest.param(WORD, b"a=no-real-mode", b"/xen no-real-mode a=no-real-mode", id="another word"),
]


@pytest.mark.parametrize(("known", "given", "told"), BIOS)
def test_a_kernel_that_would_call_the_bios_is_told_not_to(known, given, told):
    """Where a BIOS is, it waits for ever for a disk that Linux has driven; most have none."""
    request = asked()
    request.cmdline = given
    data = elf([(2 * MIB, bytes(4) + multiboot2() + known, 0x3000)], bits=32, machine=3)
    made = plan(data, request)
    assert tags(made)[1] == [told + b"\0"]
    note = "no-real-mode is added to the command line: no BIOS behind Linux"
    assert (note in made.notes) == (told != b"/xen " + given)


def test_version_2_moves_where_it_may():
    rows = [(0, 0x9FC00, RAM), (MIB, MIB, RAM), (8 * MIB, 8 * MIB, RAM)]
    made = plan(mb2_elf(tag(10, 0, 0x200000, 0xFFFFFFFF, 0x200000, 1)), room=memory(rows))
    kernel = next(s for s in made.segments if s.label == "kernel")
    assert (kernel.phys.start, made.entry) == (8 * MIB, 8 * MIB)
    assert tags(made)[21] == [struct.pack("<I", 8 * MIB)]


def test_many_modules_share_a_segment():
    many = [(bytes([65 + i]) * (4000 + i), b"/m%d" % i) for i in range(20)]
    made = plan(mb2_elf(), asked(*many))
    assert len(made.segments) <= 16
    for (data, name), raw in zip(many, tags(made)[3], strict=True):
        start, end = struct.unpack_from("<II", raw)
        assert held(made, Range(start, end)) == data
        assert raw[8:] == name + b"\0"


REFUSED = [
    pytest.param(
        mb2_elf(tag(1, 0, 4, 8)),
        ROWS,
        "this kernel must have Multiboot information that is not here: [8]",
        id="framebuffer",
    ),
    pytest.param(
        MB1_ELF,
        [(4 * MIB, 60 * MIB, RAM)],
        "the kernel must be at [0x100000, 0x103000), and that is not free memory;"
        " kexec --dry-run shows what is there",
        id="its address is taken",
    ),
    pytest.param(
        elf([(1 << 33, multiboot1() + b"x", 0x1000)], entry=1 << 33),
        ROWS,
        "the kernel must be at [0x200000000, 0x200001000), above 4 GiB",
        id="above 4 GiB",
    ),
]


@pytest.mark.parametrize(("data", "rows", "message"), REFUSED)
def test_refused(data, rows, message):
    with pytest.raises(PlanError) as caught:
        plan(data, room=memory(rows))
    assert str(caught.value) == message
