"""What a file is: headers assembled here byte by byte, real files where this machine has them."""

import struct
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.payload.request import identify


def at(offset: int, data: bytes, size: int = 0x400, start: bytes = b"") -> bytes:
    blob = bytearray(size)
    blob[: len(start)] = start
    blob[offset : offset + len(data)] = data
    return bytes(blob)


def elf(machine: int, bits: int = 2, order: str = "<") -> bytes:
    ident = b"\x7fELF" + bytes([bits, 1 if order == "<" else 2, 1]) + bytes(9)
    return ident + struct.pack(order + "HH", 2, machine) + bytes(44)


def pe(machine: int, *sections: bytes, mark: bytes = b"") -> bytes:
    coff = struct.pack("<4sHHIIIHH", b"PE\0\0", machine, len(sections), 0, 0, 0, 16, 0)
    table = b"".join(name.ljust(40, b"\0") for name in sections)
    blob = bytearray(b"MZ\0\0".ljust(0x80, b"\0") + coff + bytes(16) + table)
    blob[4 : 4 + len(mark)] = mark
    blob[0x3C] = 0x80
    return bytes(blob)


MB1 = struct.pack("<III", 0x1BADB002, 3, -(0x1BADB002 + 3) & 0xFFFFFFFF)
MB2 = struct.pack("<IIII", 0xE85250D6, 0, 24, -(0xE85250D6 + 24) & 0xFFFFFFFF)

CASES = [
    pytest.param(b"", "empty", "an empty file", "", id="empty"),
    pytest.param(b"hello\n", "text", "a text file", "", id="text"),
    pytest.param(b"#!/bin/sh\n", "script", "a script", "", id="script"),
    pytest.param(b"\0\1\2\3", "data", "data of an unknown format", "", id="data"),
    pytest.param(b"\xff\xfe\xfd", "data", "data of an unknown format", "", id="not ascii"),
    pytest.param(b"070701", "cpio", "a cpio archive (an initrd?)", "", id="cpio"),
    pytest.param(at(0x202, b"HdrS"), "bzImage", "an x86 bzImage", "x86_64", id="bzImage"),
    pytest.param(at(0x38, b"ARM\x64"), "Image", "an arm64 Image", "aarch64", id="arm64"),
    pytest.param(at(0x38, b"RSC\x05"), "Image", "a riscv64 Image", "riscv64", id="riscv64"),
    pytest.param(elf(62), "elf", "a 64-bit ELF file for x86_64", "x86_64", id="elf"),
    pytest.param(elf(3, 1), "elf", "a 32-bit ELF file for i386", "i386", id="elf32"),
    pytest.param(elf(22, 2, ">"), "elf", "a 64-bit ELF file for s390x", "s390x", id="big endian"),
    pytest.param(
        elf(9), "elf", "a 64-bit ELF file for machine 9", "machine 9", id="unknown machine"
    ),
    pytest.param(elf(3, 1) + MB1, "multiboot", "a Multiboot 1 kernel", "i386", id="multiboot"),
    pytest.param(elf(62) + MB2, "multiboot2", "a Multiboot 2 kernel", "i386", id="multiboot2"),
    pytest.param(
        pe(0x8664, b".text", b".linux"), "uki", "a unified kernel image", "x86_64", id="uki"
    ),
    pytest.param(pe(0xAA64, mark=b"zimg"), "zboot", "an EFI zboot kernel", "aarch64", id="zboot"),
    pytest.param(pe(0x8664, b".text"), "pe", "an EFI program", "x86_64", id="pe"),
    pytest.param(b"\0\0\x01\xeb", "aout", "a Plan 9 kernel", "i386", id="Plan 9"),
    pytest.param(b"\0\0\x8a\x97", "aout", "a Plan 9 kernel", "x86_64", id="Plan 9, 64 bits"),
    pytest.param(
        pe(0x8664, b".text").ljust(0x400, b"\0") + MB1,
        "pe",
        "an EFI program",
        "x86_64",
        id="xen.efi",
    ),
    pytest.param(b"\x27\x05\x19\x56", "uImage", "a U-Boot legacy image", "", id="uImage"),
    pytest.param(b"MZ", "dos", "a DOS program", "", id="dos"),
]


@pytest.mark.parametrize(("head", "name", "text", "machine"), CASES)
def test_identify(head, name, text, machine):
    kind = identify(head)
    assert (kind.name, kind.text, kind.machine) == (name, text, machine)


@pytest.mark.parametrize("tool", ["gzip", "xz", "lzma", "bzip2", "zstd", "lz4", "lz4 -l"])
def test_compressed_by_the_real_tool(tool):
    packed = subprocess.run(
        [*tool.split(), "-c"], input=b"kernel" * 99, capture_output=True, check=True, timeout=20
    ).stdout
    assert identify(packed).packed
    assert identify(packed).text == f"a {tool.split()[0]}-compressed file"


@given(st.binary(max_size=2048), st.sampled_from([b"", b"MZ", b"\x7fELF", MB1, MB2]))
def test_any_bytes_are_something(data, start):
    assert identify(start + data).text
