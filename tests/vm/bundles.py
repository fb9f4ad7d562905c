"""Debian's own tools in the image: each does its job once."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from initramfs import bundles
from initramfs.tree import ImageTree
from scripts.disks import luks
from scripts.tools import command
from scripts.vmtest import image
from scripts.vmtest.case import Case, Prompt, Run
from tests.vm.boot import SLOW

DAMAGE = 1024 + 0x0C, b"\1\2\3\4"  # how many blocks of an ext4 are free


def with_bundles(folder: Path) -> Path:
    """The built image with every bundle."""
    tree = ImageTree()
    for name in bundles.BUNDLES:
        bundles.add(tree, name)
    archive = folder / "bundles.cpio"
    archive.write_bytes(tree.archive())
    return image.joined(image.built(), archive, folder)


@cache
def volumes() -> dict[str, bytes]:
    """Small file systems, a damaged ext4 among them."""
    found = {}
    with tempfile.TemporaryDirectory() as name:
        for kind, size, words in (
            ("ext4", 16, ("mkfs.ext4", "-q", "-F")),
            ("fat", 8, ("mkfs.vfat",)),
            ("xfs", 320, ("mkfs.xfs", "-q")),
            ("btrfs", 112, ("mkfs.btrfs", "-q")),
        ):
            path = Path(name) / kind
            with path.open("wb") as file:
                file.truncate(size << 20)
            command([*words, path])
            with path.open("r+b") as file:
                if kind == "ext4":
                    file.seek(DAMAGE[0])
                    file.write(DAMAGE[1])
            found[f"{kind}.img"] = path.read_bytes()
    return found


CASES = [
    Case(
        "bundles.each-tool",
        append="uroot.shell",
        image=with_bundles,
        volume=volumes,
        disks=("luks2-argon2id",),
        memory=1024,
        steps=[
            Prompt(),
            Run("mount -o ro /dev/vda /mnt && cp /mnt/ext4.img /tmp && umount /mnt"),
            Run("e2fsck -f -y /tmp/ext4.img", shows="FILE SYSTEM WAS MODIFIED", status=1),
            Run("fsck.ext4 -f -n /tmp/ext4.img", shows="^Pass 5"),
            Run("mount -o ro /dev/vda /mnt"),
            Run("fsck.fat -nv /mnt/fat.img", shows="sectors total", hides=("internal CP850",)),
            Run("xfs_repair -n -f /mnt/xfs.img", shows="^Phase 7", limit=90),
            Run("btrfs check /mnt/btrfs.img", shows="no error found", limit=90),
            Run(
                f"printf '{luks.SECRET}' | /sbin/cryptsetup open -r -d - /dev/vdb1 vault",
                limit=120,
            ),
            Run("/sbin/cryptsetup status vault", shows="cipher:  aes-xts-plain64"),
            Run("blkid /dev/mapper/vault", shows='LABEL="root"'),
            Run("/sbin/cryptsetup close vault"),
            Run("lvm version && pvs", shows="LVM version"),
            Run("/sbin/mdadm --examine /mnt/xfs.img", shows="No md superblock", status=1),
        ],
        tags=SLOW,
    ),
]
