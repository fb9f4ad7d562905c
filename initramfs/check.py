"""Would this kernel take this image? By its configuration, its release, or by starting it."""

from __future__ import annotations

import os
import re
import selectors
import subprocess
import time
from typing import TYPE_CHECKING

from initramfs import target
from uroot_py.base.errors import RefusedError
from uroot_py.base.text import printable
from uroot_py.formats.archive import cpio
from uroot_py.formats.kernel import modules_dep
from uroot_py.formats.kernel.bzimage import BzImage
from uroot_py.payload import request

if TYPE_CHECKING:
    from pathlib import Path

    from initramfs.contents import Image
    from initramfs.kernel import Config

# Option, and what does not work without it.
REQUIRED = (
    ("BLK_DEV_INITRD", "the kernel takes no image at all"),
    ("BINFMT_ELF", "/init cannot be started"),
    ("PROC_FS", "kexec, mount and ps read /proc"),
    ("SYSFS", "devices are found in /sys"),
    ("DEVTMPFS", "disks get no device nodes"),
    ("TMPFS", "/run and /tmp are tmpfs"),
    ("FUTEX", "Python's locks wait on it"),
    ("TTY", "the shell needs a terminal"),
    ("PRINTK", "dmesg and the reasons for a failed boot are lost"),
)
# What one of a group is enough for: (option, module) pairs.
GROUPS = (
    ("a system call to start the next kernel", (("KEXEC_FILE", ""), ("KEXEC", ""))),
    (
        "a console",
        (
            ("SERIAL_8250_CONSOLE", ""),
            ("SERIAL_AMBA_PL011_CONSOLE", ""),
            ("VT_CONSOLE", ""),
            ("HVC_DRIVER", ""),
        ),
    ),
    (
        "a disk driver",
        (
            ("BLK_DEV_NVME", "nvme"),
            ("SATA_AHCI", "ahci"),
            ("VIRTIO_BLK", "virtio_blk"),
            ("BLK_DEV_SD", "sd_mod"),
            ("MMC_BLOCK", "mmc_block"),
        ),
    ),
    (
        "a file system of disks",
        (
            ("EXT4_FS", "ext4"),
            ("XFS_FS", "xfs"),
            ("BTRFS_FS", "btrfs"),
            ("VFAT_FS", "vfat"),
        ),
    ),
)
PASSED = "uroot-check-passed"
_REASON = re.compile(r"Initramfs unpacking failed: .*|Kernel panic - .*|VFS: .*|.*Out of memory.*")


def against_config(image: Image, config: Config) -> list[str]:
    """A line for each thing that this kernel does not have and the image needs."""
    found = {config.refuse_compression(segment.packing) for segment in image.segments} - {""}
    lines = sorted(found)
    for option, loss in REQUIRED[1:]:
        if not config.built_in(option):
            lines.append(f"{config.source}: CONFIG_{option} is not set: {loss}")
    modules = _modules(image)
    if modules and not config.built_in("MODULES"):
        lines.append(
            f"{config.source}: CONFIG_MODULES is not set, but {len(modules)} are in the image"
        )
    if _has_scripts(image) and not config.built_in("BINFMT_SCRIPT"):
        lines.append(f"{config.source}: CONFIG_BINFMT_SCRIPT is not set: scripts do not start")
    for what, options in GROUPS:
        if not any(_usable(config, modules, *pair) for pair in options):
            names = ", ".join(f"CONFIG_{option}" for option, _ in options)
            lines.append(f"{config.source}: {what} is missing: none of {names}")
    return lines


def _usable(config: Config, modules: set[str], option: str, module: str) -> bool:
    return config.built_in(option) or (config.values.get(option) == "m" and module in modules)


def missing(image: Image, config: Config | None, wanted: list[str]) -> list[str]:
    """A line for each module of WANTED that is not in the image (nor, by its option, built in)."""
    modules = _modules(image)
    builtin = set()
    for member in image.members():
        if member.name.endswith("/modules.builtin"):
            builtin = modules_dep.parse_builtin(member.data.decode(errors="replace"))
    options = {module: option for _, pairs in GROUPS for option, module in pairs}
    lines = []
    for name in wanted:
        plain = modules_dep.module_name(name)
        in_kernel = config is not None and config.built_in(options.get(plain, ""))
        if plain not in modules | builtin and not in_kernel:
            lines.append(f"{image.source}: module {name} is missing")
    return lines


def against_kernel(image: Image, kernel: Path) -> list[str]:
    """Whether the modules in the image are those of the kernel in the file KERNEL."""
    release = _release(kernel.read_bytes())
    found = re.compile(r"lib/modules/([^/]+)/")
    others = {match[1] for member in image.members() if (match := found.match(member.name))}
    return [
        f"{image.source}: its modules are for {other}, but {kernel} is {release}"
        for other in sorted(others - {release})
    ]


def _release(kernel: bytes) -> str:
    """What a kernel's file says of its release; an arm64 Image has it in its greeting only."""
    if request.identify(kernel[: request.HEAD_SIZE]).name != "Image":
        return BzImage(kernel).release().partition(" ")[0]
    found = re.search(rb"Linux version ([!-~]+) ", kernel)
    return found[1].decode() if found else ""


def by_booting(image: Image, kernel: Path, memory: int, limit: float = 180) -> list[str]:
    """Start KERNEL with the image in QEMU; a line with the reason when init does not work."""
    with kernel.open("rb") as file:
        machine = target.choose(request.identify(file.read(request.HEAD_SIZE)).machine)
    append = f'console={machine.console} panic=-1 norandmaps uroot.uinit="echo {PASSED}"'
    words = [machine.emulator, "-nodefaults", "-no-reboot", "-display", "none"]
    words += [*machine.machine_words("tcg"), "-m", str(memory), "-serial", "stdio"]
    words += ["-kernel", str(kernel), "-initrd", image.source, "-append", append]
    try:
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
    except FileNotFoundError:
        raise RefusedError(f"{words[0]} is not installed", hint="run `make setup`") from None
    try:
        text, ended = _listen(process, limit)
    finally:
        process.kill()
        process.wait()
    if re.search(rf"^{PASSED}", text, re.MULTILINE):
        return []
    reasons = _REASON.findall(text)
    lines = [line for line in text.splitlines() if line.strip()]
    last = printable((reasons or lines or ["nothing was printed"])[0 if reasons else -1].strip())
    how = "it ended" if ended else f"nothing after {limit:.0f} s"
    return [f"{image.source}: {kernel} did not get to the first command: {how}: {last}"]


def _listen(process: subprocess.Popen[bytes], limit: float) -> tuple[str, bool]:
    """What the guest prints until the check passes, it ends, or LIMIT; and whether it ended."""
    assert process.stdout is not None
    end = time.monotonic() + limit
    data = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while f"\n{PASSED}".encode() not in data:
            if not selector.select(max(end - time.monotonic(), 0)):
                return data.decode(errors="replace"), False
            part = os.read(process.stdout.fileno(), 4096)
            if not part:
                return data.decode(errors="replace"), True
            data += part.replace(b"\r", b"")
    return data.decode(errors="replace"), False


def _modules(image: Image) -> set[str]:
    return {
        modules_dep.module_name(member.name)
        for member in image.members()
        if member.name.startswith("lib/modules/") and ".ko" in member.name
    }


def _has_scripts(image: Image) -> bool:
    return any(
        member.kind == cpio.S_IFREG and member.data.startswith(b"#!") for member in image.members()
    )
