"""What fills the hostile disks of scripts/make_disk.py: each input once kept a boot from its menu.

A partition for each configuration that takes time, and one whose entries take memory. None of them
can be started; the system that a machine has beside them must be.
"""

from __future__ import annotations

import lzma
import random
import struct
import tempfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from scripts import fetch_kernel
from scripts.builders.pe import by_struct
from scripts.disks.disk import MIB, Part
from scripts.tools import command

if TYPE_CHECKING:
    from collections.abc import Callable

    from scripts.disks.disk import Root

# A frame of 31 bytes that one decoder divided by zero for.
ZSTD_FRAME = bytes.fromhex("28b52ffd2000080000613c0000000154000100034500000862015401000001")
BOMB = 1 << 30  # bytes that each kernel unpacks to
ITS = """/dts-v1/; / {{ description = "b"; #address-cells = <1>;
images {{ k {{ data = /incbin/("{file}"); type = "kernel"; arch = "x86_64"; os = "linux";
  compression = "gzip"; load = <0>; entry = <0>; hash {{ algo = "sha256"; }}; }}; }};
configurations {{ default = "c"; c {{ kernel = "k"; }}; }}; }};
"""
GONE = "menuentry gone { linux /gone }\n"


def gzip_bomb() -> bytes:
    """A MB of gzip that is a GB of zeros."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join([*(packer.compress(bytes(MIB)) for _ in range(BOMB // MIB)), packer.flush()])


def wide_xz() -> bytes:
    """An initrd of 107 KB whose header claims a dictionary of 192 MiB."""
    data = bytearray(lzma.compress(random.Random(1).randbytes(107_000), lzma.FORMAT_XZ))
    size = 4 * data[12] + 4  # of the block header, behind the stream header
    data[12 + 4] = 31  # 3 << 26
    data[12 + size - 4 : 12 + size] = struct.pack("<I", zlib.crc32(data[12 : 12 + size - 4]))
    return bytes(data)


def overlapping_uki() -> bytes:
    """32 MB with 200 sections that are all of the file."""
    names = [".linux", ".osrel", *[".initrd"] * 198]
    image = bytearray(by_struct([(name, b"") for name in names]))
    body = len(image)
    for number in range(len(names)):
        header = 0x40 + 24 + 240 + 40 * number
        image[header + 8 : header + 24] = struct.pack("<IIII", 32 * MIB, 0x10000, 32 * MIB, body)
    return bytes(image) + random.Random(2).randbytes(32 * MIB)


def bombs(folder: Path) -> None:
    """Kernels and initrds that unpack to more than there is."""
    boot = folder / "boot/grub"
    boot.mkdir(parents=True)
    (folder / "zeros").write_bytes(gzip_bomb())
    (folder / "frame.zst").write_bytes(ZSTD_FRAME)
    (folder / "dictionary.xz").write_bytes(wide_xz())
    zeros = folder / "raw"
    with zeros.open("wb") as file:
        file.truncate(BOMB)
    command(["lz4", "-l", "-q", "-f", zeros, folder / "bomb.lz4"], limit=120)
    command(["lzop", "-q", "-f", "-o", folder / "bomb.lzo", zeros], limit=120)
    zeros.unlink()
    (folder / "its").write_text(ITS.format(file=folder / "zeros"))
    command(["mkimage", "-q", "-f", folder / "its", folder / "bomb.itb"])
    (folder / "its").unlink()
    names = ("zeros", "frame.zst", "bomb.lz4", "bomb.lzo", "bomb.itb")
    entries = [f"menuentry {name} {{ linux /{name} }}\n" for name in names]
    entries.append("menuentry dictionary { linux /boot/kernel; initrd /dictionary.xz }\n")
    (boot / "grub.cfg").write_text("set timeout=1\n" + "".join(entries))


def _grub(text: str) -> Callable[[Path], None]:
    def fill(folder: Path) -> None:
        (folder / "boot/grub").mkdir(parents=True)
        (folder / "boot/grub/grub.cfg").write_text(GONE + text)

    return fill


def endless_blscfg(folder: Path) -> None:
    """Two hundred entries, read for ever."""
    _grub("while true; do blscfg; done\n")(folder)
    entries = folder / "loader/entries"
    entries.mkdir(parents=True)
    for number in range(200):
        (entries / f"{number}.conf").write_text(f"title {number}\nlinux /gone\n")


def sections(folder: Path) -> None:
    """A unified kernel image that is 200 times its own size."""
    (folder / "EFI/Linux").mkdir(parents=True)
    (folder / "EFI/Linux/huge.efi").write_bytes(overlapping_uki())


def circles(folder: Path) -> None:
    """A configuration that names itself by more and more ways."""
    place = folder / "boot/syslinux"
    place.mkdir(parents=True)
    text = ""
    for number in range(3):
        text += f"label {number}\nconfig d{number}/syslinux.cfg\ninclude d{number}/syslinux.cfg\n"
        (place / f"d{number}").symlink_to(".")
    (place / "syslinux.cfg").write_text(text)


def pattern(folder: Path) -> None:
    """A default that is compared with 200 names for ever."""
    entries = folder / "loader/entries"
    entries.mkdir(parents=True)
    for number in range(200):
        (entries / f"{'a' * 200}{number}.conf").write_text("linux /gone\n")
    (folder / "loader/loader.conf").write_text(f"default *[{'a' * 20_000}]*\n")


def crowd(folder: Path) -> None:
    """A directory with more names than anybody has kernels."""
    (folder / "boot").mkdir()
    for number in range(3_000):
        (folder / f"boot/vmlinuz-{number}").write_text("k")


LONG = "x='" + "a" * 65_000 + "'\n"
EVAL = 'eval "eval \\"}\\""\n'
CONFIGURATIONS: dict[str, Callable[[Path], None]] = {
    "blscfg": endless_blscfg,
    "sections": sections,
    "circles": circles,
    "prefix": _grub(LONG + "set prefix=/$x\nwhile true; do load_env; done\n"),
    "sets": _grub(f"x='{'[a]' * 20_000}'\nwhile true; do for i in /$x*; do true; done; done\n"),
    "pattern": pattern,
    "faults": _grub(f"while true; do {EVAL.strip()}; eval '}}'; done\n"),
    "submenus": _grub("submenu a { menuentry b { linux /gone } }\n" * 23_154),
    "title": _grub(f"x='{chr(0x4E2D) * 20_000}'\nmenuentry $x {{ linux /gone }}\n"),
    "crowd": crowd,
}
PARTS = (
    *(Part("ext4", f"/{name}", size=48 if name == "sections" else 16) for name in CONFIGURATIONS),
    Part("ext4", "/", label="bombs"),
)
SIZE = 48 + 16 * len(CONFIGURATIONS) + 64
PLACES = (*(f"/{number}" for number in range(127)), "/")
MANY = tuple(Part("ext4", place, size=1 if place[1:] else 0) for place in PLACES)


def files(root: Root) -> None:
    """Every input above, on a partition of its own."""
    for name, fill in CONFIGURATIONS.items():
        fill(root.path / name)
    bombs(root.path)
    root.copy(fetch_kernel.fetch("cloud-amd64") / "vmlinuz", "/boot/kernel")


def many(root: Root) -> None:
    """A partition has 400 entries, and there are 128 of them."""
    fill = _grub("".join(f"menuentry {n} {{ linux /gone }}\n" for n in range(400)))
    for place in PLACES:
        fill(root.path / place[1:])


def panics(image: Path, name: str) -> None:
    """An ext4 whose configuration is damaged, and that asks for a panic when that is seen."""
    with tempfile.TemporaryDirectory() as folder:
        _grub("")(Path(folder))
        command(["mkfs.ext4", "-q", "-d", folder, image, "16M"])
    command(["tune2fs", "-e", "panic", image])
    command(["debugfs", "-w", "-R", "set_inode_field /boot/grub/grub.cfg links_count 0", image])
