"""Encrypted disks: opened by hand and by `boot`; the key goes on to the next system."""

from __future__ import annotations

from scripts.disks import luks
from scripts.vmtest.case import Case, Expect, Prompt, Run, Send
from tests.vm.boot import SLOW, final_os

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


def asked(left: str = "3 tries left", what: str = "", limit: float = 120) -> Expect:
    """Somebody is asked for the passphrase of the first disk's volume."""
    called = r"/dev/vda1( \(vault\))?"
    return Expect(f"^Passphrase for {called}, {left}: ", limit=limit, name=what or "asked")


def login(disk: str) -> list[Expect | Send]:
    """The encrypted Debian on DISK comes up and asks for nothing more than a name."""
    again = (r"Please unlock disk", r"Please enter passphrase", r"Enter passphrase for")
    return [
        asked("3 tries left", "power on to the passphrase"),
        Send(f"{luks.SECRET}\r"),
        Expect("^debian-disk login: ", limit=600, absent=again, name="to Debian's login"),
        Send("root\r"),
        Expect(r"^root@debian-disk:~# ", limit=90, name="logged in"),
        Send("lsblk -nro NAME,TYPE; cat /proc/cmdline\r"),
        Expect(r"^\S+ crypt$", name="its root is encrypted"),
        Expect(r"^.*disk=debian", name="its cmdline", absent=(luks.SECRET,)),
    ]


CASES = [
    *(
        Case(
            f"crypt.boot-{disk}",
            append="uroot.timeout=1",
            disks=(disk,),
            steps=[asked(), Send(f"{luks.SECRET}\r"), *final_os("grub-ext4")],
            tags=SLOW,
        )
        for disk in KINDS
    ),
    Case(
        "crypt.wrong",
        append="uroot.timeout=1",
        disks=("luks2-pbkdf2",),
        steps=[
            asked("3 tries left", "the first"),
            Send("a\r"),
            asked("2 tries left", "the second"),
            Send("b\r"),
            asked("the last try", "the third"),
            Send("c\r"),
            Expect("which system shall be started", name="the menu again"),
            Expect(r"unlock /dev/vda1 \(vault\)", name="with its row"),
            Send("\r"),
            asked("3 tries left", "asked again"),
            Send(f"{luks.SECRET}\r"),
            *final_os("grub-ext4"),
        ],
        tags=SLOW,
    ),
    *(
        Case(
            f"crypt.{disk}",
            writes=True,
            append="uroot.timeout=1",
            disks=(disk,),
            memory=1024,
            cpus=2,
            tags=SLOW,
            steps=login(disk),
        )
        for disk in ("debian-luks", "debian-dracut-luks")
    ),
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
