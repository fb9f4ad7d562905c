"""Kernel files put together with struct, by the offsets of the specifications."""

import struct


def bzimage(
    payload: bytes = b"\x90" * 4096,
    *,
    version: int = 0x20F,
    setup_sects: int = 4,
    loadflags: int = 1,
    alignment: int = 0x200000,
    relocatable: int = 1,
    xloadflags: int = 0x7F,
    pref_address: int = 0x1000000,
    init_size: int = 0x3000000,
    cmdline_size: int = 2047,
    initrd_addr_max: int = 0x7FFFFFFF,
    code32_start: int = 0x100000,
    header_end: int = 0x26C,
    release: bytes | None = b"6.1.0-test (builder) #1",
) -> bytes:
    """A Linux kernel for x86: setup code with its header, and PAYLOAD behind it."""
    setup = bytearray((setup_sects or 4) * 512 + 512)
    setup[0x1F1] = setup_sects
    setup[0x1FE:0x200] = b"\x55\xaa"
    setup[0x200:0x202] = bytes([0xEB, header_end - 0x202])
    struct.pack_into("<4sH", setup, 0x202, b"HdrS", version)
    struct.pack_into("<H", setup, 0x20E, 0 if release is None else 0x300 - 0x200)
    struct.pack_into("<BBHI", setup, 0x210, 0, loadflags, 0, code32_start)
    struct.pack_into(
        "<IIBBHI",
        setup,
        0x22C,
        initrd_addr_max,
        alignment,
        relocatable,
        21,
        xloadflags,
        cmdline_size,
    )
    struct.pack_into("<QI", setup, 0x258, pref_address, init_size)
    release = release or b""
    setup[0x300 : 0x300 + len(release)] = release
    return bytes(setup) + payload


def elf(
    parts: list[tuple[int, bytes, int]],
    *,
    bits: int = 64,
    machine: int = 62,
    entry: int | None = None,
    virtual: int = 0,
    kind: int = 1,
) -> bytes:
    """PARTS are (physical address, contents, size in memory)."""
    entry = parts[0][0] if entry is None else entry
    head, each = (64, 56) if bits == 64 else (52, 32)
    offset = head + each * len(parts)
    ident = b"\x7fELF" + bytes([bits // 32, 1, 1]) + bytes(9)
    shape = "<16sHHIQQQIHHHHHH" if bits == 64 else "<16sHHIIIIIHHHHHH"
    out = struct.pack(
        shape, ident, 2, machine, 1, entry, head, 0, 0, head, each, len(parts), 0, 0, 0
    )
    body = b""
    for address, data, size in parts:
        at = offset + len(body)
        if bits == 64:
            out += struct.pack(
                "<IIQQQQQQ", kind, 5, at, address + virtual, address, len(data), size, 0x1000
            )
        else:
            out += struct.pack(
                "<IIIIIIII", kind, at, address + virtual, address, len(data), size, 5, 0x1000
            )
        body += data
    return out + body


def multiboot1(flags: int = 3, *addresses: int) -> bytes:
    """A Multiboot header."""
    head = struct.pack("<III", 0x1BADB002, flags, -(0x1BADB002 + flags) & 0xFFFFFFFF)
    return head + struct.pack(f"<{len(addresses)}I", *addresses)


def multiboot2(*tags: bytes, architecture: int = 0, end: bytes = b"\0\0\0\0\x08\0\0\0") -> bytes:
    """A Multiboot 2 header."""
    body = b"".join(tags) + end
    size = 16 + len(body)
    check = -(0xE85250D6 + architecture + size) & 0xFFFFFFFF
    return struct.pack("<IIII", 0xE85250D6, architecture, size, check) + body


def arm64_image(
    size: int = 0x940000, *, text_offset: int = 0, flags: int = 0xA, length: int = 0x2000
) -> bytes:
    """A Linux kernel for arm64."""
    head = struct.pack("<IIQQQQQQ", 0x91005A4D, 0, text_offset, size, flags, 0, 0, 0)
    return (head[:0x38] + b"ARM\x64" + bytes(4)).ljust(length, b"k")


def riscv_image(
    size: int = 0x940000,
    *,
    text_offset: int = 0x200000,
    flags: int = 0,
    version: int = 2,
    length: int = 0x2000,
) -> bytes:
    """A Linux kernel for riscv64."""
    head = struct.pack("<IIQQQIIQ", 0x106F, 0, text_offset, size, flags, version, 0, 0)
    return (head + b"RISCV\0\0\0RSC\x05" + bytes(4)).ljust(length, b"k")


def zboot(payload: bytes, kind: bytes, *, size: int | None = None, machine: int = 0xAA64) -> bytes:
    """An EFI zboot file; the PE part behind its header is left out."""
    size = len(payload) if size is None else size
    head = struct.pack("<4s4sIIII32s", b"MZ\0\0", b"zimg", 0x100, size, 0, 0, kind)
    pe = b"PE\0\0" + struct.pack("<HHIIIHH", machine, 0, 0, 0, 0, 0, 0)
    return (head + struct.pack("<II", 0x818223CD, 0x40) + pe).ljust(0x100, b"\0") + payload


def aout(magic: int, entry: int, text: bytes, data: bytes, bss: int, entry64: int = 0) -> bytes:
    """An a.out file of Plan 9."""
    head = struct.pack(">8I", magic, len(text), len(data), bss, 0, entry, 0, 0)
    return head + (struct.pack(">Q", entry64) if magic & 0x8000 else b"") + text + data
