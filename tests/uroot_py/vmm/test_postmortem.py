"""Symbols, stacks and logs read from memory that was put together by hand, and from a guest."""

import struct
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.kernels import bzimage
from uroot_py.base.errors import FormatError, LineError, RefusedError
from uroot_py.payload.guest_x86 import BootOptions, page_tables
from uroot_py.vmm import printk, symbols, unwind
from uroot_py.vmm.machine import Machine
from uroot_py.vmm.memory import GuestMemory
from uroot_py.vmm.postmortem import capture_stack_trace, report
from uroot_py.vmm.probe import probe
from uroot_py.vmm.view import View

MIB = 1 << 20
VERDICT = probe(limit=30)
BASE = 0xFFFFFFFF81000000
PHYSICAL = 0x1000000


@pytest.fixture
def memory():
    made = GuestMemory(64 * MIB)
    yield made
    made.close()


def kernel_view(memory) -> View:
    """A view whose top 2 GiB hold 16 MiB of a kernel, in pages of 2 MiB without execution."""
    memory.write(0x1000 + 8 * 511, struct.pack("<Q", 0x2003))
    memory.write(0x2000 + 8 * 510, struct.pack("<Q", 0x3003))
    for n in range(8):
        entry = (PHYSICAL + n * 0x200000) | 0x83 | 1 << 63
        memory.write(0x3000 + 8 * (8 + n), struct.pack("<Q", entry))
    return View(memory, 0x1000, 0x20)


@given(st.integers(0, 64 * MIB - 1))
def test_an_identity_map_translates_to_itself(address):
    memory = GuestMemory(64 * MIB)
    memory.write(0x20000, page_tables(0x20000, 1))
    assert View(memory, 0x20000, 0).translate(address) == address
    memory.close()


def test_what_is_not_mapped(memory):
    view = kernel_view(memory)
    assert view.translate(BASE) == PHYSICAL
    assert view.translate(BASE + 16 * MIB) is None
    assert view.read(BASE + 16 * MIB - 2, 8) == b"\0\0"
    assert view.number(BASE + 16 * MIB - 2) is None
    assert View(memory, 0x7FFFFFFF000, 0).translate(0) is None


def test_a_kernel_begins_below_its_entry(memory):
    assert symbols.kernel_base(kernel_view(memory), BASE + 5 * MIB) == BASE
    assert symbols.kernel_base(kernel_view(memory), 0) == BASE
    assert symbols.kernel_base(View(memory, 0x8000, 0), 0) == 0


MAP = """\
0000000000000000 A fixed_percpu_data
ffffffff81000000 T _stext
ffffffff81000100 t one
ffffffff81000200 W two
ffffffff81400000 T _etext
"""


def test_system_map():
    symbols.clear_symbol_cache()
    found = symbols.from_system_map(MAP)
    assert found.lookup(BASE + 0x105) == ("one", 5)
    assert found.lookup(5) == ("??", 0)
    assert found.address("two") == BASE + 0x200
    assert found.address("fixed_percpu_data") is None
    assert symbols.from_system_map(MAP) is found
    symbols.clear_symbol_cache()
    assert symbols.from_system_map(MAP) is not found


def test_no_system_map():
    with pytest.raises(LineError) as caught:
        symbols.from_system_map("ffffffff81000000 T a\nENOENT\n")
    assert (
        str(caught.value) == "line 2: System.map: expected an address, a type, a name, found ENOENT"
    )


def test_vmlinux(tmp_path):
    source = tmp_path / "a.s"
    source.write_text(".globl one\none: nop\ntwo: nop\n")
    made = tmp_path / "vmlinux"
    subprocess.run(["as", "-o", tmp_path / "a.o", source], check=True, timeout=30)
    line = ["ld", f"-Ttext={BASE:#x}", "-e", "one", "-o", made, tmp_path / "a.o"]
    subprocess.run(line, check=True, timeout=30)
    assert symbols.from_elf(str(made)).lookup(BASE + 1) == ("two", 0)
    subprocess.run(["strip", made], check=True, timeout=30)
    symbols.clear_symbol_cache()
    with pytest.raises(RefusedError) as caught:
        symbols.from_elf(str(made))
    assert str(caught.value) == f"{made}: it has no symbols; use a vmlinux that is not stripped"
    with pytest.raises(FormatError, match="expected an ELF file"):
        symbols.from_elf(str(source))


def kallsyms(names: list[str]) -> bytes:
    """The tables as scripts/kallsyms.c writes them (Linux 6.1), every character an own token."""

    def padded(data: bytes) -> bytes:
        return data + bytes(-len(data) % 8)

    records, places = b"", []
    for n, name in enumerate(names):
        if n % 256 == 0:
            places.append(len(records))
        records += bytes([len(name) + 1]) + b"T" + name.encode()
    offsets = [(-1 - 16 * n) & 0xFFFFFFFF for n in range(len(names))]
    words = [bytes([n]) if 32 < n < 127 else b"" for n in range(256)]
    index, total = [], 0
    for word in words:
        index.append(total)
        total += len(word) + 1
    return b"".join(
        padded(part)
        for part in (
            struct.pack(f"<{len(names)}I", *offsets),
            struct.pack("<Q", BASE),
            struct.pack("<I", len(names)),
            records,
            struct.pack(f"<{len(places)}I", *places),
            b"".join(word + b"\0" for word in words),
            struct.pack("<256H", *index),
        )
    )


def test_the_kernels_own_table(memory):
    names = [f"function_{n}" for n in range(700)]
    memory.write(PHYSICAL + 3 * MIB, kallsyms(names))
    found = symbols.from_memory(kernel_view(memory), BASE + MIB)
    assert len(found) == 700
    assert found.lookup(BASE + 16 * 345 + 3) == ("function_345", 3)
    assert found.address("function_699") == BASE + 16 * 699


@settings(max_examples=30, deadline=None)
@given(at=st.integers(0, 20000), byte=st.integers(0, 255))
def test_a_damaged_table_is_refused_or_read(at, byte):
    memory = GuestMemory(20 * MIB)
    memory.write(PHYSICAL + MIB, kallsyms([f"function_{n}" for n in range(700)]))
    memory.write(PHYSICAL + MIB + at, bytes([byte]))
    try:
        symbols.from_memory(kernel_view(memory), BASE + MIB)
    except RefusedError as error:
        assert "no table of symbols" in str(error)  # noqa: PT017 - both ends are right
    memory.close()


REGISTERS = dict.fromkeys(("rdx", "rdi", "r10", "r13", "rbp"), 0)


def test_frame_pointers(memory):
    view = kernel_view(memory)
    stack = BASE + 8 * MIB
    memory.write(PHYSICAL + 8 * MIB, struct.pack("<4Q", stack + 16, BASE + 0x110, 0, BASE + 0x210))
    registers = {**REGISTERS, "rip": BASE + 0x100, "rsp": stack, "rbp": stack}
    ips = unwind.walk(view, registers, symbols.from_system_map(MAP), None, 16)
    assert [ip - BASE for ip in ips] == [0x100, 0x110, 0x210]


def test_what_looks_like_a_return_address(memory):
    view = kernel_view(memory)
    stack = BASE + 8 * MIB
    memory.write(PHYSICAL + 0x200, b"\xe8\0\0\0\0")
    memory.write(PHYSICAL + 8 * MIB, struct.pack("<4Q", 7, BASE + 0x300, BASE + 0x205, 0))
    registers = {**REGISTERS, "rip": 0x1234, "rsp": stack}
    ips = unwind.walk(view, registers, symbols.from_system_map(MAP), None, 16)
    assert ips == [0x1234, BASE + 0x205]


def test_orc(memory):
    """Two calls: one with its frame at rsp + 16, one with the base pointer saved below it."""
    view = kernel_view(memory)
    stack = BASE + 8 * MIB
    entries = [
        (BASE + 0x100, 16, 0, 5),
        (BASE + 0x200, 24, -16, 5 | 1 << 4),
        (BASE + 0x300, 0, 0, 1 << 10),
    ]
    orc = unwind.Orc(
        [entry[0] for entry in entries],
        b"".join(struct.pack("<hhH", *entry[1:]) for entry in entries),
    )
    memory.write(PHYSICAL + 8 * MIB, struct.pack("<5Q", 0, BASE + 0x210, 0xBB, 0, BASE + 0x310))
    registers = {**REGISTERS, "rip": BASE + 0x100, "rsp": stack}
    ips = unwind.walk(view, registers, symbols.from_system_map(MAP), orc, 16)
    assert [ip - BASE for ip in ips] == [0x100, 0x210, 0x310]


def test_the_kernels_log(memory):
    view = kernel_view(memory)
    ring, descs, infos, text = (BASE + n * 0x10000 for n in (1, 2, 3, 4))
    source = symbols.Symbols([(BASE, "prb"), (BASE + 8, "log_buf")])
    memory.write(PHYSICAL, struct.pack("<QQ", ring, text))
    memory.write(
        PHYSICAL + 0x10000,
        struct.pack("<IIQQQQIIQ", 2, 0, descs, infos, 2, 0, 10, 0, text),
    )
    for n, words in enumerate((b"first", b"", b"third")):
        begin = 32 * n + (n == 1)
        memory.write(PHYSICAL + 0x20000 + 24 * n, struct.pack("<QQQ", n, begin, 32 * n + 32))
        info = struct.pack("<QQH", n, 1500000000 * n, len(words))
        memory.write(PHYSICAL + 0x30000 + 88 * n, info)
        memory.write(PHYSICAL + 0x40000 + 32 * n + 8, words)
    assert printk.read_log(view, source) == ["[    0.000000] first", "[    3.000000] third"]
    assert printk.read_log(view, symbols.Symbols([])) == []


@pytest.mark.skipif(
    VERDICT.kind not in ("emulated", "good"), reason=f"no guest runs here: {VERDICT}"
)
def test_a_guest_without_symbols():
    code = b"\x90" * 0x200 + b"\xfa\xf4" + bytes(512)
    with Machine(64 * MIB) as machine:
        machine.load(bzimage(code, init_size=MIB), BootOptions())
        assert machine.run(30).kind == "hung"
        frames = capture_stack_trace(machine, machine.vcpus[0])
        assert [str(frame) for frame in frames] == ["#0 0x1000202 ??+0x0"]
        assert report(machine) == (
            "vcpu 0:\n  #0 0x1000202 ??+0x0\nthe guest has no kernel at its place yet"
        )
        own = symbols.Symbols([(0x1000200, "start")])
        assert (
            str(capture_stack_trace(machine, machine.vcpus[0], own)[0]) == "#0 0x1000202 start+0x2"
        )
