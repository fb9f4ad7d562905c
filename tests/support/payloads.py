"""Files that kexec is to start, made by Debian's packages and tools."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from scripts import apt, fetch_kernel, make_disk, make_final_os, make_grub
from scripts.builders import uki as builders_uki
from scripts.tools import BUILD, command, published

if TYPE_CHECKING:
    from pathlib import Path

GIVEN = "console=ttyS0 marker=a=b c"
GRUB_MODULES = "normal serial terminal echo linux lsmmap"
GRUB_CONFIG = """\
serial --speed=115200
terminal_input serial
terminal_output serial
set timeout=-1
menuentry "the final OS, by GRUB on $grub_platform" {{
    lsmmap
    linux {kernel} {words}
    initrd {initrd}
}}
"""


def made(name: str, *words: str | Path) -> Path:
    """A file below build/ that a command writes on its output, made once."""
    target = BUILD / "kexec" / name
    if not target.is_file():
        with published(target.with_suffix(".d")) as fresh:
            with (fresh / "out").open("wb") as out:
                subprocess.run([str(word) for word in words], stdout=out, check=True, timeout=300)
            target.parent.mkdir(parents=True, exist_ok=True)
            (fresh / "out").rename(target)
    return target


def kernel(flavour: str = "cloud-amd64") -> Path:
    """Debian's kernel, which is a bzImage."""
    return fetch_kernel.fetch(flavour) / "vmlinuz"


# The first bytes of what a kernel is packed as, and the tool that unpacks it: kernels differ in it.
UNPACK = {
    b"\x02\x21\x4c\x18": "lz4",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\xfd7zXZ\x00": "xz",
    b"\x1f\x8b": "gzip",
}


def vmlinux() -> Path:
    """The ELF file inside the cloud kernel, taken out by its header and Debian's tools."""
    whole = kernel()
    data = whole.read_bytes()
    setup = (data[0x1F1] + 1) * 512
    start = setup + int.from_bytes(data[0x248:0x24C], "little")
    size = int.from_bytes(data[0x24C:0x250], "little")
    packed = BUILD / "kexec" / f"{whole.parent.name}.packed"
    packed.parent.mkdir(parents=True, exist_ok=True)
    packed.write_bytes(data[start : start + size - 4])
    tool = next((tool for magic, tool in UNPACK.items() if data.startswith(magic, start)), None)
    if tool is None:
        raise FileNotFoundError(f"{whole}: at {start:#x}: not packed with any of {UNPACK.values()}")
    release = (whole.parent / "version").read_text().strip()
    return made(f"vmlinux-{release}", tool, "-dc", packed)


def uki() -> Path:
    """A unified kernel image."""
    stub = apt.file("systemd-boot-efi", "usr/lib/systemd/boot/efi/linuxx64.efi.stub")
    target = BUILD / "kexec" / "uki.efi"
    line = BUILD / "kexec" / "cmdline"
    line.parent.mkdir(parents=True, exist_ok=True)
    line.write_text(GIVEN)
    sections = {".cmdline": line, ".initrd": make_final_os.initrd(), ".linux": kernel()}
    builders_uki.uki(target, stub, sections)
    return target


def grub_standalone(platform: str, modules: Path, more: str, config: str, *files: str) -> Path:
    """GRUB with its CONFIG and FILES (``path in it=path here``) in one file."""
    made, whole = BUILD / "kexec" / f"grub-{platform}.cfg", BUILD / "kexec" / f"grub.{platform}"
    made.parent.mkdir(parents=True, exist_ok=True)
    made.write_text(config)
    words: list[str | Path] = ["grub-mkstandalone", "-d", modules, "-O", platform, "-o", whole]
    words += ["--locales=", "--fonts=", "--themes="]
    wanted = f"{GRUB_MODULES} {more}".strip()
    words += [f"--install-modules={wanted}", f"--modules={wanted}"]
    command([*words, f"boot/grub/grub.cfg={made}", *files])
    return whole


def grub_multiboot() -> Path:
    """GRUB as a Multiboot kernel, whose menu starts the kernel that is inside of it."""
    config = GRUB_CONFIG.format(kernel="/vmlinuz", initrd="/initrd", words=GIVEN)
    files = f"vmlinuz={kernel()}", f"initrd={make_final_os.initrd()}"
    return grub_standalone("i386-multiboot", make_grub.make(), "", config, *files)


def grub_lkrn() -> Path:
    """GRUB for a BIOS in the clothes of a Linux kernel, whose menu starts Linux from a disk."""
    make_disk.make("grub-others")
    release = (fetch_kernel.fetch("amd64") / "release").read_text().strip()
    boot = "(hd0,gpt1)/boot/"
    names = {"kernel": f"{boot}vmlinuz-{release}", "initrd": f"{boot}initrd.img-{release}"}
    config = GRUB_CONFIG.format(**names, words=GIVEN)
    modules = apt.unpacked("grub-pc-bin") / "usr/lib/grub/i386-pc"
    core = grub_standalone("i386-pc", modules, "biosdisk part_gpt ext2", config)
    whole = core.with_suffix(".lkrn")
    whole.write_bytes((modules / "lnxboot.img").read_bytes() + core.read_bytes())
    return whole


def bios_console() -> tuple[str, ...]:
    """QEMU's words that make SeaBIOS print on the serial line."""
    port = BUILD / "kexec" / "sercon-port"
    port.parent.mkdir(parents=True, exist_ok=True)
    port.write_bytes((0x3F8).to_bytes(2, "little"))
    return ("-fw_cfg", f"name=etc/sercon-port,file={port}")
