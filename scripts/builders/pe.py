"""PE images from binutils, and from struct where binutils cannot (sections of the same name)."""

import struct
import subprocess
from pathlib import Path

SECTIONS = [(".linux", b"kernel" * 900), (".initrd", b"i" * 700), (".osrel", b"ID=x\n")]


def by_struct(sections: list[tuple[str, bytes]], machine: int = 0x8664) -> bytes:
    """A PE32+ image with SECTIONS in this order, aligned to 512 bytes."""
    headers = bytearray(b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x40))
    headers += b"PE\0\0" + struct.pack("<HHIIIHH", machine, len(sections), 0, 0, 0, 240, 0x22E)
    headers += struct.pack("<H", 0x20B).ljust(68, b"\0") + struct.pack("<H", 10).ljust(40, b"\0")
    headers += struct.pack("<I", 16).ljust(132, b"\0")  # data directories; systemd counts them
    place = (len(headers) + 40 * len(sections) + 511) // 512 * 512
    body = bytearray()
    for name, data in sections:
        size = (len(data) + 511) // 512 * 512
        headers += name.encode().ljust(8, b"\0")
        headers += struct.pack("<IIII", len(data), 0x1000 + place, size, place).ljust(32, b"\0")
        body += data.ljust(size, b"\0")
        place += size
    return bytes(headers.ljust((len(headers) + 511) // 512 * 512, b"\0") + body)


def by_objcopy(folder: Path, sections: list[tuple[str, bytes]]) -> bytes:
    """A PE image that objcopy makes of a small one by adding SECTIONS, as ``ukify`` once did."""
    (folder / "stub").write_bytes(by_struct([(".text", b"\x90" * 16)]))
    command = ["objcopy"]
    for index, (name, data) in enumerate(sections):
        path = folder / f"section{index}"
        path.write_bytes(data)
        command += ["--add-section", f"{name}={path}"]
        command += ["--change-section-vma", f"{name}={0x100000 * (index + 1):#x}"]
    subprocess.run([*command, folder / "stub", folder / "a.efi"], check=True, timeout=30)
    return (folder / "a.efi").read_bytes()
