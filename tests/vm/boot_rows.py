"""Words that boot loaders read in their own ways, on disks that their own tools have made.

One machine has all of those disks and lists them; each is started by `boot` to its right entry, and
by its own boot loader where that is one of Debian's, which has to come to the same command line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts import make_disk
from scripts.vmtest.case import Case, Prompt, Run, Send
from tests.vm.boot import SLOW, final_os
from tests.vm.boot_disks import DISK, ROOT
from tests.vm.boot_loaders import uefi

if TYPE_CHECKING:
    from pathlib import Path

# Disk -> the command line of the entry that is its default.
ROWS = {
    "grub-custom": rf"{ROOT}{DISK} on=hd0 table=gpt(?!\S)",
    "rhel": rf"{ROOT}{DISK} 4\.18\.0-80\.el8\.x86_64(?!\S)",
    "bls-names": rf"{ROOT}{DISK} image=arch-linux(?!\S)",
    "syslinux": rf"second {ROOT}{DISK} (initrd=\S+ )?first(?!\S)",
}
LETTERS = dict(zip((*ROWS, "extlinux"), "abcde", strict=True))
# Of the entries on the ESP, image by image and file by file: names alone decide.
ORDER = (
    r"\(arch-linux\.efi\) +/dev/vdc1",
    r".* \(arch-linux-fallback\.efi\) +/dev/vdc1",
    r"arch +/dev/vdc1",
    r"arch-lts +/dev/vdc1",
    r"arch-fallback +/dev/vdc1",
)
LISTED = (
    r"^ +\d+ ! ends itself +/dev/vda1$",
    r"^ +exit: GRUB is left here, nothing is started$",
    r"^ +\d+ \* Own: \(hd0,gpt1\)/vmlinuz-\S+ +/dev/vda1$",
    r"^ +\d+   Red Hat Enterprise Linux \(4\.18\.0-553\.el8\.x86_64\) 8\.10 \(Ootpa\) +/dev/vdb1$",
    r"^ +\d+ \* Red Hat Enterprise Linux \(4\.18\.0-80\.el8\.x86_64\) 8\.10 \(Ootpa\) +/dev/vdb1$",
    r"\s+\d+ +".join(ORDER),
    r"^ +\d+   Chinese \(Simplified\) +/dev/vdd1$",
    r"^ +\d+ \* Own \(of two words\) +/dev/vdd1$",
    r"^ +\d+ \* Debian GNU/Linux .* /dev/vde5$",
)
VALUES = (
    r'^ +"id": "own",$',
    r'^ +"cmdline": "root=UUID=\S+ ro .*disk=grub-custom on=hd0 table=gpt",$',
    r'^ +"why": "exit: GRUB is left here, nothing is started",$',
    r'^ +"cmdline": "root=UUID=\S+ ro .*disk=rhel 4\.18\.0-80\.el8\.x86_64",$',
    r'^ +"title": "Chinese \(Simplified\)",$',
    r'^ +"cmdline": "second root=UUID=\S+ ro .*disk=syslinux first",$',
)


def itself(folder: Path) -> tuple[str, ...]:
    """The BIOS starts the boot loader that is on the disk."""
    return ("-device", "VGA")


# Of the disk `counted`: the attributes of the second row in both of its tables, and its sectors.
SIZE = make_disk.DISKS["counted"].size << 20
TABLES = [f"hexdump -C -s {at} -n 8 /dev/vda" for at in (1024 + 176, SIZE - 33 * 512 + 176)]
BLOCK = "dd if=/dev/vda1 bs=512 skip=512 count=1 2>/dev/null | head -n 2"


def tries(left: int) -> list[Run]:
    """Both tables say that the slot of priority 1 has LEFT tries."""
    return [Run(table, shows=f" 00 00 00 00 00 00 {left}1 00 ") for table in TABLES]


CASES = [
    Case(
        "boot.counted",
        append="uroot.shell",
        disks=("counted",),
        writes=True,
        steps=[
            Prompt(),
            Run("boot --load", shows="^boot: /dev/vda: tries left of /dev/vda2: 2: not written"),
            *tries(3),
            Run("boot --load --write", hides=("not written",)),
            *tries(2),
            Run(BLOCK, shows="^saved_entry=again$"),
            Run("boot --load --write --entry Counted", hides=("not written",)),
            *tries(1),
            Send("boot --write --entry Counted\r"),
            *final_os("counted", rf"{ROOT}{DISK} slot=hd0,gpt2(?!\S)"),
        ],
        tags=SLOW,
    ),
    Case(
        "boot.rows",
        append="uroot.shell",
        disks=tuple(LETTERS),
        steps=[
            Prompt(),
            Run("boot --list --explain", shows=LISTED, hides=("^fault:",), limit=120),
            Run("boot --json", shows=VALUES, limit=120),
        ],
        tags=SLOW,
    ),
    *(
        Case(
            f"boot.{disk}",
            append="uroot.timeout=1",
            disks=(disk,),
            steps=final_os(disk, line),
            tags=SLOW,
        )
        for disk, line in ROWS.items()
    ),
    *(
        Case(
            f"loader.{disk}",
            loader=loader,
            disks=(disk,),
            steps=final_os(disk, ROWS[disk]),
            writes=loader is uefi,  # systemd-boot keeps a seed
            tags=SLOW,
        )
        for disk, loader in (("grub-custom", itself), ("syslinux", itself), ("bls-names", uefi))
    ),
]
