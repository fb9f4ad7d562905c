"""Firmware starts our image: as an EFI program from EDK2, and with a kernel made for flash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from initramfs import uki
from scripts import build_firmware_kernel, fetch_kernel
from scripts.vmtest import image
from scripts.vmtest.case import Case, Expect, Prompt, Run, Send
from tests.vm.boot import final_os

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SLOW = frozenset({"slow"})
CONSOLE = "console=ttyS0 quiet panic=-1 norandmaps nowatchdog"


def program(append: str) -> Callable[[Path], Path]:
    """A kernel, the image and CONSOLE with APPEND, where a firmware looks on an ESP."""

    def made(folder: Path) -> Path:
        target = folder / "esp/EFI/BOOT/BOOTX64.EFI"
        target.parent.mkdir(parents=True, exist_ok=True)
        kernel = fetch_kernel.fetch("cloud-amd64") / "vmlinuz"
        uki.build(kernel, image.built(), f"{CONSOLE} {append}", target)
        return target

    return made


def small_kernel(folder: Path) -> Path:
    """The kernel of scripts/build_firmware_kernel.py; FOLDER has nothing to do with it."""
    return build_firmware_kernel.fetch() / "vmlinuz"


CASES = [
    Case(
        "firmware.final-os",
        own_kernel=program("uroot.timeout=1"),
        disks=("grub-ext4",),
        needs=frozenset({"qemu"}),
        steps=[
            Expect("BdsDxe: starting ", limit=200, name="power on to our program"),
            *final_os("grub-ext4"),
        ],
        tags=SLOW,
    ),
    Case(
        "firmware.debian",
        own_kernel=program("uroot.timeout=1"),
        disks=("debian",),
        writes=True,  # the system itself does
        needs=frozenset({"qemu"}),
        memory=1024,
        cpus=2,
        steps=[
            Expect("^debian-disk login: ", limit=600, name="power on to Debian's login"),
            Send("root\r"),
            Expect(r"^root@debian-disk:~# ", limit=90, name="logged in"),
            Send("ls -d /sys/firmware/efi; cat /proc/cmdline\r"),
            Expect(r"^/sys/firmware/efi$", name="it knows the firmware"),
            Expect(r"^.*root=UUID=\S+ ro .*disk=debian\b", name="its cmdline"),
        ],
        tags=SLOW,
    ),
    Case(
        "firmware.small-kernel",
        own_kernel=small_kernel,
        append="uroot.shell uroot.timeout=1",
        disks=("grub-ext4",),
        steps=[
            Prompt(),
            Run("uname -r", shows="-uroot$"),
            Run("dmesg", hides=("Call Trace", "BUG:", "init: .* error")),
            Send("boot\r"),
            *final_os("grub-ext4"),
        ],
        tags=SLOW,
    ),
]
