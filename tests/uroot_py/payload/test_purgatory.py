"""Purgatory: the bytes are those of the assembler, and its SHA-256 is SHA-256.

The check runs here, in this process: it needs no privilege, only a little code that keeps the
registers which a C caller expects back.
"""

import ctypes
import hashlib
import mmap
import platform
import struct
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts import assemble
from uroot_py.base.errors import NotEnoughSpaceError
from uroot_py.base.ranges import Range
from uroot_py.memory.map import RAM, MemoryMap, TypedRange
from uroot_py.payload.machine_code import PURGATORY_X86
from uroot_py.payload.plan import MIB, Memory, Plan, Segment, Segments
from uroot_py.payload.purgatory import Console, Parameters, add_purgatory, verified


def test_machine_code_fits_its_sources():
    assert assemble.MODULE.read_text() == assemble.module()


def label(name: str, tmp_path) -> int:
    made = tmp_path / "purgatory.o"
    tools = assemble.prefix("purgatory_x86.S")
    source = assemble.PAYLOAD / "purgatory_x86.S"
    subprocess.run([f"{tools}as", "-o", made, source], check=True, timeout=60)
    text = subprocess.run(
        [f"{tools}nm", made], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    return next(int(line.split()[0], 16) for line in text.splitlines() if line.split()[2] == name)


# push rbx rbp r12 r13 r14 r15; sub rsp, 8; call rdi; setz al; movzx eax, al; add rsp, 8; pop ...
KEEPER = bytes.fromhex(
    "53 55 4154 4155 4156 4157 4883ec08 ffd7 0f94c0 0fb6c0 4883c408 415f 415e 415d 415c 5d 5b c3"
)


@pytest.fixture(scope="module")
def verify(tmp_path_factory):
    """A function: does purgatory find that these buffers have this digest?"""
    if platform.machine() != "x86_64":
        pytest.skip("runs x86-64 code")
    check = label("check", tmp_path_factory.mktemp("asm"))
    page = mmap.mmap(-1, 2 * mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page[: len(PURGATORY_X86)] = PURGATORY_X86
    page[0x1000 : 0x1000 + len(KEEPER)] = KEEPER
    anchor = ctypes.c_char.from_buffer(page)
    base = ctypes.addressof(anchor)
    keeper = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)(base + 0x1000)

    def run(parts: list[bytes], digest: bytes) -> bool:
        held = [ctypes.create_string_buffer(part, len(part) or 1) for part in parts]
        block = Parameters(bytearray(Parameters.size))
        block.region_count, block.digest = len(parts), digest
        block.regions = b"".join(
            struct.pack("<QQ", ctypes.addressof(each), len(part))
            for each, part in zip(held, parts, strict=True)
        )
        page[8 : Parameters.size] = bytes(block)[8:]
        return bool(keeper(base + check))

    return run


@settings(max_examples=60)
@given(parts=st.lists(st.binary(max_size=9).map(lambda b: b * 64), min_size=1, max_size=16))
def test_sha256_of_any_regions(verify, parts):
    right = hashlib.sha256(b"".join(parts)).digest()
    assert verify(parts, right)
    assert not verify(parts, bytes([right[0] ^ 1]) + right[1:])
    assert not verify(parts, right[:-1] + bytes([right[-1] ^ 0x80]))


def test_a_megabyte_with_one_bit_changed(verify):
    data = bytearray(i * 7 & 0xFF for i in range(1 << 20))
    right = hashlib.sha256(data).digest()
    assert verify([bytes(data)], right)
    data[0x7FFFF] ^= 1
    assert not verify([bytes(data)], right)


def plan(mode, *ram):
    memory = Memory(MemoryMap([TypedRange(Range.from_size(*place), RAM) for place in ram]))
    made = Plan("test", "x86_64", mode, 0x100200, {"rsi": 0x5000, "rax": 1})
    made.segments = Segments([Segment(b"kernel", Range(MIB, MIB + 0x2000), "kernel")])
    memory.segments = made.segments
    return made, memory


def test_parameters():
    made, memory = plan("long", (0, 64 * MIB))
    add_purgatory(made, memory, Console(0x3F8, 1, vga=True))
    _, purgatory = made.segments
    block = bytes(purgatory.content())
    assert purgatory.phys == Range(64 * MIB - 0x2000, 64 * MIB)
    assert made.entry == purgatory.phys.start
    assert struct.unpack_from("<QIIHHI", block, 8) == (0x100200, 64, 1, 0x3F8, 1, 1)
    assert struct.unpack_from("<7Q", block, 0x20) == (1, 0, 0, 0, 0x5000, 0, 0)
    assert block[0x60:0x80] == hashlib.sha256(b"kernel".ljust(64, b"\0")).digest()
    assert struct.unpack_from("<QQ", block, 0x80) == (MIB, 64)
    assert made.notes == [
        "purgatory at 0x3ffe000 verifies the SHA-256 of the rest, then enters 0x100200"
    ]


def test_no_checks():
    made, memory = plan("protected", (0, 64 * MIB))
    add_purgatory(made, memory, Console(), check=False)
    block = bytes(made.segments[-1].content())
    assert struct.unpack_from("<QIIHHI", block, 8) == (0x100200, 32, 0, 0, 0, 0)
    assert made.notes == [
        "purgatory at 0x3ffe000 verifies nothing (--no-checks), then enters 0x100200"
    ]


def test_real_mode_needs_low_memory():
    made, memory = plan("real", (0, 0x9FC00), (MIB, 8 * MIB))
    add_purgatory(made, memory, Console())
    assert made.entry == 0x1000
    made, memory = plan("real", (MIB, 8 * MIB))
    with pytest.raises(NotEnoughSpaceError):
        add_purgatory(made, memory, Console())


def test_what_is_verified():
    room = Segment(b"", Range(MIB, 2 * MIB), "room to unpack")
    kernel = Segment(b"a" * 65, Range(2 * MIB, 50 * MIB))
    longer = Segment(b"b" * 9000, Range(1 << 30, (1 << 30) + 4096))
    headers = Segment(b"c" * 64, Range(1 << 31, (1 << 31) + 4096), changes=True)
    segments = Segments([room, kernel, longer, headers])
    ranges, found = verified(segments)
    assert ranges == [
        Range.from_size(2 * MIB, 128),  # the file, but not the room in which it unpacks itself
        Range.from_size(1 << 30, 4096),
    ]
    read = kernel.read(Range.from_size(2 * MIB, 128)) + bytes(longer.content())
    assert found == hashlib.sha256(read).digest()
