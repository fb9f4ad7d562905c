"""ELF: real files, with pyelftools as the second opinion, and hostile ones."""

import io
import shutil

import pytest
from elftools.elf.elffile import ELFFile
from hypothesis import given
from hypothesis import strategies as st

from scripts.builders import kernels
from uroot_py.base.errors import FormatError
from uroot_py.formats.kernel.elf import Elf

REAL = [path for path in map(shutil.which, ("gcc", "as", "ld", "cat", "qemu-img")) if path]
GOOD = kernels.elf([(0x1000, b"text", 0x10), (0x2000, b"data", 0x2000)])


@pytest.mark.parametrize("path", REAL)
def test_as_pyelftools_reads_it(path):
    with open(path, "rb") as file:
        data = file.read()
    ours, theirs = Elf(data), ELFFile(io.BytesIO(data))
    assert (ours.bits, ours.machine, ours.entry) == (
        theirs.elfclass,
        theirs.header.e_machine == "EM_X86_64" and 62,
        theirs.header.e_entry,
    )
    assert [
        (p.physical_address, p.virtual_address, p.memory_size, bytes(p.data)) for p in ours.programs
    ] == [
        (s.header.p_paddr, s.header.p_vaddr, s.header.p_memsz, s.data())
        for s in theirs.iter_segments("PT_LOAD")
    ]


@pytest.mark.parametrize("bits", [32, 64])
def test_both_classes(bits):
    blob = kernels.elf([(0x1000, b"text", 0x10)], bits=bits, virtual=0x70000000, entry=0x70001004)
    parsed = Elf(blob)
    assert parsed.bits == bits
    assert parsed.physical_entry() == 0x1004
    assert bytes(parsed.programs[0].data) == b"text"


def test_physical_entry_stays():
    assert Elf(GOOD).physical_entry() == 0x1000


WRONG = [
    pytest.param(
        b"", "ELF header: e_ident at offset 0x0: expected 7f 45 4c 46, found ", id="empty"
    ),
    pytest.param(
        b"\x7fELF\x02\x02",
        "ELF header: e_ident at offset 0x4: expected 32 or 64 bits, little-endian, found 02 02",
        id="big endian",
    ),
    pytest.param(
        GOOD[:40], "ELF header at offset 0x0: expected 64 bytes, found 40 bytes", id="cut"
    ),
    pytest.param(
        GOOD[:-1],
        "ELF program header: p_filesz at offset 0x78: expected at most 0xb7, found 0xb8",
        id="data cut",
    ),
    pytest.param(
        kernels.elf([(0x1000, b"text", 3)]),
        "ELF program header: p_filesz at offset 0x40: expected at most p_memsz (0x3), found 0x4",
        id="more in the file than in memory",
    ),
    pytest.param(
        GOOD[:0x38] + b"\0\0" + GOOD[0x3A:],
        "ELF header: e_phnum at offset 0x38: expected 1 to 1024, found 0",
        id="no program headers",
    ),
    pytest.param(
        GOOD[:0x36] + b"\x08\0" + GOOD[0x38:],
        "ELF header: e_phentsize at offset 0x36: expected at least 56, found 8",
        id="program headers too small",
    ),
]


@pytest.mark.parametrize(("blob", "text"), WRONG)
def test_refused(blob, text):
    with pytest.raises(FormatError) as caught:
        Elf(blob)
    assert str(caught.value) == text


def test_entry_outside():
    with pytest.raises(FormatError) as caught:
        Elf(kernels.elf([(0x1000, b"text", 4)], entry=0x9000)).physical_entry()
    assert str(caught.value) == (
        "ELF header: e_entry at offset 0x18: expected inside a PT_LOAD, found 0x9000"
    )


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255), st.booleans())
def test_only_the_format_error(at, value, cut):
    blob = GOOD[:at] if cut else GOOD[:at] + bytes([value]) + GOOD[at + 1 :]
    try:
        Elf(blob).physical_entry()
    except FormatError:
        pass
