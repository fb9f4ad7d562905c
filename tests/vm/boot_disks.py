"""`boot` starts the system of every kind of disk that distributions make, by itself.

The disks are those of scripts/make_disk.py, configured by the tools that it names.
"""

from __future__ import annotations

import re

from scripts.disks import fill
from scripts.vmtest.case import Case, Expect, Prompt, Run, Send
from tests.vm.boot import SLOW, final_os

NAME = re.escape(fill.PRETTY_NAME)
ROOT = r"root=UUID=\S+ ro .*"
DISK = r"disk={}\b"
LIVE = rf"boot=live components .*{DISK}"
# Disk -> what its configuration puts on the kernel's command line.
KINDS = {
    "grub-boot": rf"root=UUID=\S+ ro single .*{DISK}",
    "grub-btrfs": rf"root=UUID=\S+ ro rootflags=subvol=@rootfs .*{DISK}",
    "grub-xfs": ROOT + DISK,
    "systemd-boot": rf"{ROOT}{DISK} older\b",
    "uki": ROOT + DISK,
    "extlinux": rf"root=UUID=\S+ .*{DISK}",
    "fedora": rf"root=UUID=\S+ ro rootflags=subvol=root .*{DISK}",
}

# What is seen of those disks and of those that hold nothing to boot, all in one machine.
SEEN = (
    r"^/dev/vda1 .*: holds nothing that is known$",
    r"^/dev/vdb1 .*: mounted, ext4 label=boot uuid=",
    r"^/dev/vdc1 .*: mounted, btrfs uuid=",
    r"^/dev/vdd1 .*: mounted, xfs label=root uuid=",
    r"^/dev/vde1 .*: mounted, vfat label=ESP uuid=",
    r"^/dev/vdg1 .*: holds the logical partitions$",
    r"^/dev/vdj1 .*: the file system of /dev/vdj$",
    r"^/dev/sr0 .*: mounted, iso9660 label=LIVE uuid=",
    r"^/dev/vdi1: \(/isos/live\.iso\)/boot/grub/loopback\.cfg: ",
)
LISTED = (
    r"^ +\d+ \* Advanced options .* > .* \(recovery mode\) +/dev/vdb1$",
    *(rf"^ +\d+ \* Debian GNU/Linux .* /dev/vd{letter}$" for letter in ("c1", "d1", "g5")),
    rf"^ +\d+ \* {NAME} \({re.escape(fill.OLDER)}\) +/dev/vde1$",
    rf"^ +\d+ \* {NAME} +/dev/vdf1$",
    r"^ +\d+ \* Fedora Linux \(6\.11\.4-301\.fc41\.x86_64\) .* /dev/vdh1$",
    r"^ +\d+   live\.iso > Live system \(cloud-amd64\) +/dev/vdi1$",
    *(rf"^ +\d+ \* Live system \(cloud-amd64\) +/dev/{name}$" for name in ("vdj", "sr0")),
)


CASES = [
    *(
        Case(
            f"boot.{disk}",
            append="uroot.timeout=1",
            disks=(disk,),
            steps=final_os(disk, line),
            tags=SLOW,
        )
        for disk, line in KINDS.items()
    ),
    Case(
        "boot.iso-cd",
        append="uroot.timeout=1",
        cds=("live-iso",),
        steps=final_os("live-iso", LIVE),
        tags=SLOW,
    ),
    Case(
        "boot.iso-file",
        append="uroot.timeout=1",
        disks=("iso-file",),
        steps=final_os("live-iso", rf"{LIVE} findiso=/isos/live\.iso"),
        tags=SLOW,
    ),
    Case(
        "boot.empty-drive",
        devices=("-device", "virtio-scsi-pci", "-device", "scsi-cd"),
        steps=[
            Expect("^boot: nothing to boot:$", limit=120, name="power on to boot's verdict"),
            Expect("/dev/sr0 .*: holds no medium", absent=("cannot be read",)),
            Prompt(name="to the shell"),
            # The drive was asked before it was read: it would have said so 25 times.
            Run("dmesg", shows="sr0", hides=("I/O error", "Sense Key")),
        ],
        tags=SLOW,
    ),
    Case(
        "boot.many-disks",
        append="uroot.shell",
        disks=("empty", *KINDS, "iso-file", "live-iso"),
        cds=("live-iso",),
        steps=[
            Prompt(),
            Run("boot --explain | grep -v EFI/fedora", shows=SEEN, hides=("^fault:",), limit=90),
            Run("boot --list", shows=LISTED, limit=90),
            Run("grep -c uroot/mnt /proc/mounts", shows="^0$", status=1),
            Run("losetup", hides=("live.iso",)),
            Send("boot --entry 'Fedora Linux (6.5.6-300.fc39.x86_64) 39 (Server Edition)'\r"),
            *final_os("fedora", KINDS["fedora"]),
        ],
        tags=SLOW,
    ),
]
