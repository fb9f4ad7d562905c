"""Encrypted disks: opened by hand and by `boot`; the key goes on to the next system."""

from __future__ import annotations

from scripts.disks import luks
from scripts.vmtest.case import Case, Prompt, Run
from tests.vm.boot import SLOW

KINDS = ("luks2-argon2id", "luks2-pbkdf2", "luks1")


def by_hand(letter: str, disk: str) -> list[Run]:
    """The volume on /dev/vdLETTER1, which is DISK, is opened, mounted and closed by hand."""
    device = f"/dev/vd{letter}1"
    version = "LUKS1" if disk == "luks1" else "LUKS2"
    size = "sectors$"
    return [
        Run(f"cryptsetup isLuks {device}"),
        Run(f"cryptsetup luksUUID {device}", shows=f"^{luks.luks_uuid(disk)}$"),
        Run(
            f"printf wrong | cryptsetup open -d - {device} {disk}",
            shows=f"^cryptsetup: {device}: no keyslot has this passphrase$",
            status=2,
            limit=120,
        ),
        Run("dmsetup ls", hides=("uroot-keyslot", disk)),
        Run(
            f"printf '{luks.SECRET}' | cryptsetup open -v --readonly -d - {device} {disk}",
            shows=("^Key slot 0 unlocked.$", "^Command successful.$"),
            limit=120,
        ),
        Run(
            f"cryptsetup status {disk}",
            shows=(
                f"^/dev/mapper/{disk} is active.$",
                f"^  type:    {version}$",
                "^  cipher:  aes-xts-plain64$",
                "^  keysize: 512 bits$",
                "^  key location: keyring$",
                f"^  device:  {device}$",
                f"^  size:    [0-9]+ {size}",
                "^  mode:    readonly$",
            ),
        ),
        Run("dmsetup table", hides=("[0-9a-f]{64}",)),
        Run(f"blkid /dev/mapper/{disk}", shows='LABEL="root".* TYPE="ext4"'),
        Run(f"mount -o ro,noload /dev/mapper/{disk} /mnt && ls /mnt/boot", shows="vmlinuz-"),
        Run(f"umount /mnt && cryptsetup close {disk} && cryptsetup status {disk}", status=4),
    ]


CASES = [
    Case(
        "crypt.by-hand",
        append="uroot.shell",
        disks=KINDS,
        steps=[
            Prompt(),
            *(
                step
                for letter, disk in zip("abc", KINDS, strict=True)
                for step in by_hand(letter, disk)
            ),
        ],
        tags=SLOW,
    ),
]
