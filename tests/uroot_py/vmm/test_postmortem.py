"""Symbols, stacks and logs read from memory that was put together by hand, and from a guest."""

import struct
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.builders.kernels import bzimage
from uroot_py.abi import kvm
from uroot_py.base.errors import FormatError, LineError, RefusedError
from uroot_py.payload.guest_x86 import page_tables
from uroot_py.payload.request import KernelFile, Request
from uroot_py.vmm import printk, symbols, unwind
from uroot_py.vmm.guest import Guest
from uroot_py.vmm.memory import GuestMemory
from uroot_py.vmm.postmortem import capture_stack_trace, report, view_of
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


TABLE = 3 * MIB  # bytes from the kernel's beginning to the tables


def kallsyms(names: list[str], *, since: str = "6.1", percpu: bool = True) -> bytes:
    """The tables as scripts/kallsyms.c writes them, every character an own token."""

    def padded(data: bytes) -> bytes:
        return data + bytes(-len(data) % 8)

    records, places = b"", []
    for n, name in enumerate(names):
        if n % 256 == 0:
            places.append(len(records))
        records += bytes([len(name) + 1]) + b"T" + name.encode()
    places_of = [(-1 - 16 * n) & 0xFFFFFFFF if percpu else 16 * n for n in range(len(names))]
    words = [bytes([n]) if 32 < n < 127 else b"" for n in range(256)]
    index, total = [], 0
    for word in words:
        index.append(total)
        total += len(word) + 1
    count, markers = struct.pack("<I", len(names)), struct.pack(f"<{len(places)}I", *places)
    offsets, base = struct.pack(f"<{len(names)}I", *places_of), struct.pack("<Q", BASE)
    tokens = [b"".join(word + b"\0" for word in words), struct.pack("<256H", *index)]
    sequence = bytes(3 * len(names))
    parts = [offsets, base, count, records, markers, sequence, *tokens]
    if since == "6.4":
        parts = [count, records, markers, *tokens, offsets, base, sequence]
    if since == "7.0":  # every offset counts from itself
        front = b"".join(map(padded, [count, records, markers, *tokens]))
        where = [TABLE + len(front) + 4 * n for n in range(len(names))]
        own = [16 * n - at for n, at in enumerate(where)]
        return front + padded(struct.pack(f"<{len(names)}i", *own)) + padded(sequence)
    return b"".join(map(padded, parts))


LAYOUTS = [
    pytest.param({"since": "7.0"}, id="7.0: no relative base"),
    pytest.param({}, id="6.1"),
    pytest.param({"since": "6.4"}, id="6.4"),
    pytest.param({"since": "6.4", "percpu": False}, id="without absolute per-cpu symbols"),
]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("count", [700, 701])
def test_the_kernels_own_table(memory, layout, count):
    names = [f"function_{n}" for n in range(count)]
    memory.write(PHYSICAL + TABLE, kallsyms(names, **layout))
    found = symbols.from_memory(kernel_view(memory), BASE + MIB)
    assert len(found) == count
    assert found.lookup(BASE + 16 * 345 + 3) == ("function_345", 3)
    assert found.address("function_699") == BASE + 16 * 699


@settings(max_examples=30, deadline=None)
@given(
    at=st.integers(0, 20000), byte=st.integers(0, 255), since=st.sampled_from(["6.1", "6.4", "7.0"])
)
def test_a_damaged_table_is_refused_or_read(at, byte, since):
    memory = GuestMemory(20 * MIB)
    table = kallsyms([f"function_{n}" for n in range(700)], since=since)
    memory.write(PHYSICAL + MIB, table)
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


FORMS = [
    pytest.param({"call": 0, "regs": 1, "end": 4}, b"6.1.0-56-cloud-amd64", id="6.1"),
    pytest.param({"call": 2, "regs": 3, "end": 1}, b"6.12.95+deb12-cloud-amd64", id="6.12"),
    pytest.param({"call": 0, "regs": 1, "end": 8}, b"6.3.1", id="6.3"),
    pytest.param({"call": 2, "regs": 3, "end": 1}, b"6.4-rc1", id="6.4"),
]


def write_orc(memory, kinds, release):
    """A kernel's tables: a call with its frame at rsp + 16, one with the base pointer saved below
    it, an interrupt's registers, the end; and what the kernel says of its version."""
    entries = [
        (0x100, 16, 0, 5 | kinds["call"] << 8),
        (0x200, 24, -16, 5 | 1 << 4 | kinds["call"] << 8),
        (0x300, 0, 0, 5 | kinds["regs"] << 8),
        (0x400, 0, 0, kinds["end"] << 8),
    ]
    places = {"__start_orc_unwind_ip": 0x100000, "__stop_orc_unwind_ip": 0x100010}
    places |= {"__start_orc_unwind": 0x200000, "linux_banner": 0x300000, "_etext": 0x400000}
    for n, (ip, *entry) in enumerate(entries):
        memory.write(PHYSICAL + 0x100000 + 4 * n, struct.pack("<i", ip - 0x100000 - 4 * n))
        memory.write(PHYSICAL + 0x200000 + 6 * n, struct.pack("<hhH", *entry))
    memory.write(PHYSICAL + 0x300000, b"Linux version " + release + b" (builder@host) (gcc)")
    return symbols.Symbols([(BASE, "_stext"), *((BASE + at, name) for name, at in places.items())])


@pytest.mark.parametrize(("kinds", "release"), FORMS)
def test_orc(memory, kinds, release):
    names = write_orc(memory, kinds, release)
    view, stack = kernel_view(memory), BASE + 8 * MIB
    frame = [0, BASE + 0x210, 0xBB, 0, BASE + 0x301]
    interrupted = [0] * 16 + [BASE + 0x110, 0x10, 0, stack + 8 * 26, 0]  # rip cs flags rsp ss
    outer = [0, BASE + 0x410]
    data = struct.pack("<28Q", *frame, *interrupted, *outer)
    memory.write(PHYSICAL + 8 * MIB, data)
    registers = {**REGISTERS, "rip": BASE + 0x100, "rsp": stack}
    orc = unwind.read_orc(view, names)
    assert orc is not None
    ips = unwind.walk(view, registers, names, orc, 16)
    assert [ip - BASE for ip in ips] == [0x100, 0x210, 0x301, 0x110, 0x410]


@pytest.mark.parametrize(
    ("release", "place"),
    [
        pytest.param(b"what", {}, id="no version"),
        pytest.param(b"6.1.0", {"__stop_orc_unwind_ip": 0x90000}, id="ends before its start"),
        pytest.param(b"6.1.0", {"__stop_orc_unwind_ip": 1 << 40}, id="too large"),
    ],
)
def test_no_orc_that_is_known(memory, release, place):
    found = write_orc(memory, {"call": 0, "regs": 1, "end": 4}, release)
    rows = [(found.address(name), name) for name in ("__start_orc_unwind", "linux_banner")]
    rows.append((BASE + 0x100000, "__start_orc_unwind_ip"))
    rows.append((BASE + place.get("__stop_orc_unwind_ip", 0x100010), "__stop_orc_unwind_ip"))
    assert unwind.read_orc(kernel_view(memory), symbols.Symbols(rows)) is None


def write_log(memory):
    """Three records, of which the second has no text."""
    ring, descs, infos, text = (BASE + n * 0x10000 for n in (1, 2, 3, 4))
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
    return symbols.Symbols([(BASE, "prb"), (BASE + 8, "log_buf")])


def test_the_kernels_log(memory):
    view, source = kernel_view(memory), write_log(memory)
    assert printk.read_log(view, source) == ["[    0.000000] first", "[    3.000000] third"]
    assert printk.read_log(view, symbols.Symbols([])) == []


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([0, 0x10000, 0x20000, 0x30000]), st.integers(0, 80), st.binary()),
        min_size=1,
        max_size=3,
    )
)
def test_a_damaged_log_is_read_or_not(changes):
    memory = GuestMemory(20 * MIB)
    source = write_log(memory)
    for place, at, data in changes:
        memory.write(PHYSICAL + place + at, data[:16])
    assert all(line.startswith("[") for line in printk.read_log(kernel_view(memory), source))
    memory.close()


@pytest.mark.skipif(
    VERDICT.kind not in ("emulated", "good"), reason=f"no guest runs here: {VERDICT}"
)
def test_a_guest_without_symbols():
    code = b"\x90" * 0x200 + b"\xfa\xf4" + bytes(512)
    with Guest(64 * MIB) as machine:
        machine.load(Request(KernelFile("kernel", bzimage(code, init_size=MIB))))
        assert machine.run(30).kind == "hung"
        frames = capture_stack_trace(machine, machine.vcpus[0])
        assert [str(frame) for frame in frames] == ["#0 0x1000202 ??+0x0"]
        shown = f"{'90 ' * 14}fa f4 <00>{' 00' * 15}"
        told = f"vcpu 0:\n  #0 0x1000202 ??+0x0\n  Code: {shown}\n"
        end = "the guest has no kernel at its place yet"
        assert report(machine) == f"{told}  not moving\n{end}"
        machine.vcpus[0].seen = [0x1000200, 0x1000202, 0x1000200]
        assert report(machine) == f"{told}  moving, seen at 0x1000200, 0x1000202\n{end}"
        own = symbols.Symbols([(0x1000200, "start")])
        assert (
            str(capture_stack_trace(machine, machine.vcpus[0], own)[0]) == "#0 0x1000202 start+0x2"
        )


@pytest.mark.skipif(
    VERDICT.kind not in ("emulated", "good"), reason=f"no guest runs here: {VERDICT}"
)
def test_a_kernel_that_hides_from_programs():
    """A program's tables map the entry only; the kernel's are in the page before them."""
    # mov ecx, LSTAR; mov eax, 0x81200000; mov edx, -1; wrmsr; then a dead halt
    code = b"\x90" * 0x200 + bytes.fromhex("b9820000c0 b800002081 baffffffff 0f30 fa f4")
    with Guest(64 * MIB, 2) as machine:
        machine.load(Request(KernelFile("kernel", bzimage(code + bytes(512), init_size=MIB))))
        assert machine.run(30).kind == "hung"
        kernel_view(machine.memory)
        for at, below in ((0x11000, 0x12003), (0x10000, 0x2003)):
            machine.memory.write(at + 8 * 511, struct.pack("<Q", below))
        machine.memory.write(0x12000 + 8 * 510, struct.pack("<Q", 0x13003))
        machine.memory.write(0x13000 + 8 * 9, struct.pack("<Q", PHYSICAL + 0x200000 | 0x83))
        first = machine.vcpus[0]
        control = first.control_registers()
        code_segment = kvm.Segment(bytearray(control.cs))
        code_segment.selector = 0x33
        control.cs, control.cr3 = bytes(code_segment), 0x11000
        assert view_of(machine, first).translate(BASE) is None
        kvm.ioctl(first.fd, "KVM_SET_SREGS", control)
        assert view_of(machine, first).translate(BASE) == PHYSICAL
        table = kallsyms([f"function_{n}" for n in range(700)])
        machine.memory.write(PHYSICAL + 5 * MIB, table)
        assert report(machine) == (
            "vcpu 0:\n  #0 0x1000213 (a program, not the kernel)+0x0\n  not moving\n"
            "vcpu 1:\n  #0 0xfff0 ??+0x0\n  not moving\nthe kernel's log:"
        )
