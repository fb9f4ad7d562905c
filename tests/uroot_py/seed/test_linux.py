"""The guest half of the Linux planner: where everything goes, and the state at the entry."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.builders.kernels import bzimage, elf
from uroot_py.base.errors import FormatError, PlanError
from uroot_py.memory.map import RAM, RESERVED
from uroot_py.payload.guest_x86 import default_e820_map, page_tables
from uroot_py.seed.linux import BootOptions, load_bzimage, load_kernel

MIB, GIB = 1 << 20, 1 << 30
RAM_SIZE = 256 * MIB


class Memory:
    """Guest RAM as a dictionary of what was written last where."""

    def __init__(self, size: int = RAM_SIZE) -> None:
        self.data = bytearray(b"\xcc" * size)

    def write(self, address, data):
        assert address + len(data) <= len(self.data)
        self.data[address : address + len(data)] = data

    def clear(self, address, size):
        self.write(address, bytes(size))


def rows(size):
    return [(each.range.start, each.range.end, each.type) for each in default_e820_map(size)]


LOW = [(0, 0x9F000, RAM), (0x9F000, MIB, RESERVED)]


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        pytest.param(RAM_SIZE, [*LOW, (MIB, RAM_SIZE, RAM)], id="small"),
        pytest.param(RAM_SIZE + 5, [*LOW, (MIB, RAM_SIZE, RAM)], id="whole pages"),
        pytest.param(3 * GIB, [*LOW, (MIB, 3 * GIB, RAM)], id="up to the hole"),
        pytest.param(
            5 * GIB, [*LOW, (MIB, 3 * GIB, RAM), (4 * GIB, 6 * GIB, RAM)], id="around the hole"
        ),
    ],
)
def test_default_e820_map(size, expected):
    assert rows(size) == expected


def test_the_seeds_defaults():
    memory = Memory()
    options = BootOptions(b"console=ttyS0", b"initrd" * 1000)
    plan = load_kernel(bzimage()).prepare(memory, options, RAM_SIZE)
    assert plan.load_address == 0x1000000
    assert plan.entry_address == 0x1000200
    assert (plan.zero_page_address, plan.cmdline_address) == (0x90000, 0x91000)
    assert (plan.paging_base, plan.address_space_gib) == (0x20000, 4)
    assert plan.stack_top_address == RAM_SIZE - 4096
    page = memory.data[0x90000:0x91000]
    assert memory.data[0x91000:0x9100E] == b"console=ttyS0\0"
    assert struct.unpack_from("<I", page, 0x228) == (0x91000,)
    assert page[0x1EF] == 0
    assert page[0x1E8] == 3
    assert page[0x210] == 0xFF
    start, size = struct.unpack_from("<II", page, 0x218)
    assert bytes(memory.data[start : start + size]) == b"initrd" * 1000
    assert start + size <= plan.stack_top_address - 4096
    assert memory.data[0x1000000:0x1000200] == b"\x90" * 0x200


def test_the_state_at_the_entry():
    state = load_kernel(bzimage()).prepare(Memory(), BootOptions(), RAM_SIZE).state
    assert (state.cr0, state.cr3, state.cr4, state.efer) == (0x80050033, 0x20000, 0x20, 0x500)
    assert state.registers == {
        "rip": 0x1000200,
        "rsi": 0x90000,
        "rsp": RAM_SIZE - 4096,
        "rflags": 2,
    }


def walked(tables: bytes, base: int, address: int) -> int:
    """ADDRESS as a processor translates it. Ref: Intel SDM volume 3, 4.5.4."""
    at = base
    for shift in (39, 30, 21):
        at -= base
        index = address >> shift & 511
        (entry,) = struct.unpack_from("<Q", tables, at + 8 * index)
        assert entry & 3 == 3
        at = entry & 0xFFFFFFFFFF000
        assert bool(entry & 0x80) == (shift == 21)
    return at | address & 0x1FFFFF


@given(gib=st.integers(1, 8), data=st.data())
def test_page_tables_map_to_itself(gib, data):
    address = data.draw(st.integers(0, gib * GIB - 1))
    assert walked(page_tables(0x20000, gib), 0x20000, address) == address


def test_everything_where_the_caller_wants_it():
    memory = Memory()
    options = BootOptions(b"a=b", b"i" * 100)
    options.load_address = 0x4000000
    options.initrd_address = 0x8000000
    options.zero_page_address = 0x10000
    options.cmdline_address = 0x80000
    options.stack_top_address = 0x8FF8
    options.paging_base = 0x60000
    options.address_space_gib = 1
    plan = load_kernel(bzimage()).prepare(memory, options, RAM_SIZE)
    assert (plan.entry_address, plan.stack_top_address) == (0x4000200, 0x8FF0)
    assert struct.unpack_from("<I", memory.data, 0x10228) == (0x80000,)
    assert memory.data[0x80000:0x80004] == b"a=b\0"
    assert struct.unpack_from("<II", memory.data, 0x10218) == (0x8000000, 100)
    assert walked(bytes(memory.data[0x60000:0x63000]), 0x60000, 0x1234567) == 0x1234567


def test_0_means_the_default():
    options = BootOptions(b"quiet", b"12345")
    for name in (
        *("load_address", "initrd_address", "zero_page_address", "cmdline_address"),
        *("stack_top_address", "paging_base", "address_space_gib"),
    ):
        setattr(options, name, 0)
    memory = Memory()
    plan = load_kernel(bzimage()).prepare(memory, options, RAM_SIZE)
    assert (plan.load_address, plan.zero_page_address) == (0x1000000, 0x90000)
    assert (plan.cmdline_address, plan.stack_top_address) == (0x91000, RAM_SIZE - 4096)
    assert (plan.paging_base, plan.address_space_gib) == (0x20000, 4)
    start, size = struct.unpack_from("<II", memory.data, 0x90218)
    assert bytes(memory.data[start : start + size]) == b"12345"
    assert memory.data[:0x1000] == b"\xcc" * 0x1000


def test_prepare_clears_what_the_kernel_unpacks_itself_into():
    memory = Memory()
    load_kernel(bzimage(b"\x90" * 4096)).prepare(memory, BootOptions(), RAM_SIZE)
    assert memory.data[0x1000FFF:0x1001001] == b"\x90\0"
    assert not any(memory.data[0x1001000:0x4000000])
    assert memory.data[0x4000000] == 0xCC


def test_a_vmlinux_stays_where_it_is():
    kernel = load_kernel(elf([(0x1000000, b"code", 0x2000), (0x2000000, b"data", 8)]))
    memory = Memory()
    plan = kernel.prepare(memory, BootOptions(), RAM_SIZE)
    assert (plan.load_address, plan.entry_address) == (0x1000000, 0x1000000)
    assert memory.data[0x1000000:0x1000006] == b"code\0\0"
    assert kernel.header_bytes == b""


def test_the_pieces_one_by_one():
    data = bzimage()
    kernel = load_bzimage(data)
    assert kernel.payload_offset == 5 * 512
    assert kernel.header_bytes == data[0x1F1:0x26C]
    assert bytes(kernel.payload()) == data[5 * 512 :]
    assert kernel.default_load_address() == 0x1000000
    assert kernel.entry_point(0x2000000) == 0x2000200
    memory = Memory()
    kernel.load_into_memory(memory, 0x2000000)
    assert memory.data[0x2000000:0x2000002] == b"\x90\x90"
    assert memory.data[0x2FFFFFF] == 0
    options = BootOptions(b"quiet", b"12345")
    with pytest.raises(PlanError, match=r"^an initrd needs an address$"):
        kernel.build_zero_page(memory, 0x2000000, options, default_e820_map(RAM_SIZE))
    options.initrd_address = 0x7000000
    kernel.build_zero_page(memory, 0x2000000, options, default_e820_map(RAM_SIZE))
    assert struct.unpack_from("<III", memory.data, 0x90214) == (0x2000000, 0x7000000, 5)
    assert memory.data[0x91000:0x91006] == b"quiet\0"


BAD = [
    pytest.param(bzimage(version=0x20B), "2.12 or newer, found 2.11", id="protocol"),
    pytest.param(bzimage(xloadflags=0), "a 64-bit entry, found 0x0", id="32-bit bzImage"),
    pytest.param(elf([(MIB, b"", 8)], machine=3, bits=32), "x86-64 (62), found 3", id="32-bit ELF"),
    pytest.param(b"", "55 aa, found nothing", id="empty"),
]


@pytest.mark.parametrize(("data", "text"), BAD)
def test_what_is_no_kernel_for_a_guest(data, text):
    with pytest.raises(FormatError) as caught:
        load_kernel(data)
    assert str(caught.value).endswith(text)


def test_page_tables_that_cannot_be():
    with pytest.raises(PlanError, match=r"^page tables for 0 GiB at 0x20000: expected 1 to 512"):
        page_tables(0x20000, 0)
