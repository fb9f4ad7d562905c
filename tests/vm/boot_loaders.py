"""The same disks, started by the boot loaders that they were made for: GRUB and systemd-boot.

What they start without being asked is what tests/vm/boot_disks.py demands of `boot`: the patterns
are the same ones. GRUB runs from a disk of its own on a BIOS, systemd-boot on a UEFI firmware.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from scripts import apt
from scripts.tools import command
from scripts.vmtest.case import Case
from scripts.vmtest.guest import EDK2
from tests.vm.boot import SLOW, final_os
from tests.vm.boot_disks import DISK, KINDS, ROOT

if TYPE_CHECKING:
    from pathlib import Path

# Where grub-install would have put GRUB's files.
GRUB = {
    "grub-ext4": "/boot/grub",
    "grub-boot": "/grub",
    "grub-btrfs": "/@rootfs/boot/grub",
    "grub-xfs": "/boot/grub",
}
# What grub-mkconfig's output loads or uses.
MODULES = """
    all_video biosdisk btrfs configfile echo ext2 gfxterm gzio linux loadenv minicmd normal
    part_gpt search search_fs_file search_fs_uuid search_label test xfs
"""


def grub(where: str, folder: Path) -> tuple[str, ...]:
    """GRUB on a disk of its own that the BIOS starts; it reads WHERE of the other disk."""
    modules = apt.unpacked("grub-pc-bin") / "usr/lib/grub/i386-pc"
    config = folder / "early.cfg"
    config.write_text(f"set prefix=(hd1,gpt1){where}\nconfigfile $prefix/grub.cfg\n")
    core = folder / "core.img"
    files = ("-d", modules, "-c", config, "-o", core)
    command(["grub-mkimage", "-O", "i386-pc", "-p", where, *files, *MODULES.split()])
    disk = folder / "grub.img"
    disk.write_bytes((modules / "boot.img").read_bytes() + core.read_bytes())
    with disk.open("ab") as file:
        file.truncate(4 << 20)
    drive = f"file={disk},format=raw,if=none,id=grub,snapshot=on"
    first = "virtio-blk-pci,drive=grub,bootindex=0"
    return ("-device", "VGA", "-drive", drive, "-device", first)


def uefi(folder: Path) -> tuple[str, ...]:
    """A UEFI firmware, which starts what is on the ESP of the disk."""
    return ("-bios", EDK2)


CASES = [
    *(
        Case(
            f"loader.{disk}",
            loader=functools.partial(grub, where),
            disks=(disk,),
            steps=final_os(disk, KINDS.get(disk, ROOT + DISK)),
            tags=SLOW,
        )
        for disk, where in GRUB.items()
    ),
    *(
        Case(
            f"loader.{disk}",
            loader=uefi,
            disks=(disk,),
            steps=final_os(disk, KINDS[disk]),
            writes=True,  # systemd-boot counts tries and keeps a seed
            tags=SLOW,
        )
        for disk in ("systemd-boot", "uki")
    ),
]
