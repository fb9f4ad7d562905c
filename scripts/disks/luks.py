"""Encrypted disks: the first partition of other rows, encrypted in place by cryptsetup.

That needs neither device-mapper nor a virtual machine. A Debian that is encrypted so was told
before where its root is.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from scripts.disks import fill
from scripts.disks.disk import FIRST_PARTITION, GPT_TYPES, stable_uuid
from scripts.tools import BUILD, command
from uroot_py.formats.disk import partitions

if TYPE_CHECKING:
    from pathlib import Path

    from scripts.disks.disk import Root

SECRET = "open sesame"
HEADER = 16 << 20  # bytes that the data are moved by
_PIECE = 1 << 20
_PBKDF2 = ("--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "2000")
# Little memory and few passes: the guests are emulated.
_ARGON2ID = (
    *("--pbkdf", "argon2id", "--pbkdf-memory", "32768"),
    *("--pbkdf-parallel", "4", "--pbkdf-force-iterations", "4"),
)


def luks_uuid(name: str) -> str:
    """The UUID of the encrypted volume on the disk NAME."""
    return stable_uuid(name, "luks")


def luks2_argon2id(image: Path, name: str) -> None:
    """The final OS's disk in LUKS2 as Debian's installer makes it: argon2id."""
    encrypted(image, name, "grub-ext4", _ARGON2ID)


def luks2_pbkdf2(image: Path, name: str) -> None:
    """The same with PBKDF2, as GRUB needs it."""
    encrypted(image, name, "grub-ext4", _PBKDF2)


def luks1(image: Path, name: str) -> None:
    """The same in LUKS1."""
    encrypted(image, name, "grub-ext4", _PBKDF2, convert=True)


def debian_luks(image: Path, name: str) -> None:
    """A complete Debian with initramfs-tools, encrypted."""
    encrypted(image, name, "debian-vault", _ARGON2ID)


def debian_dracut_luks(image: Path, name: str) -> None:
    """A complete Debian with dracut, encrypted."""
    encrypted(image, name, "debian-dracut-vault", _ARGON2ID)


def encrypted(
    image: Path, name: str, inner: str, words: tuple[str, ...], *, convert: bool = False
) -> None:
    """IMAGE with one partition: that of the disk INNER, in LUKS2 with WORDS, or CONVERTed to 1."""
    volume = image.with_suffix(".volume")
    copy_partition(BUILD / f"disks/{inner}.img", volume)
    with volume.open("r+b") as file:
        size = file.seek(0, 2) + HEADER
        file.truncate(size)
    secret = image.with_suffix(".secret")
    secret.write_text(SECRET)
    option = f"--reduce-device-size={HEADER // 512}s"
    command(
        [
            *("cryptsetup", "reencrypt", "--encrypt", "--type", "luks2", "--batch-mode"),
            *("--key-file", str(secret), option, "--resilience", "none", *words, str(volume)),
        ],
        limit=600,
    )
    command(["cryptsetup", "luksUUID", "--batch-mode", "--uuid", luks_uuid(name), volume])
    if convert:
        command(["cryptsetup", "convert", "--batch-mode", "--type", "luks1", volume])
    else:
        command(["cryptsetup", "config", "--label", "vault", volume])
    partition(image, name, volume)
    secret.unlink()


def copy_partition(source: Path, target: Path) -> None:
    """The first partition of the disk SOURCE as the file TARGET."""
    with source.open("rb") as file, target.open("wb") as out:

        def read(offset: int, size: int) -> bytes:
            file.seek(offset)
            return file.read(size)

        _, rows = partitions.parse(read, source.stat().st_size)
        out.truncate(rows[0].size)
        for at in range(0, rows[0].size, _PIECE):
            piece = read(rows[0].start + at, min(_PIECE, rows[0].size - at))
            if any(piece):
                out.seek(at)
                out.write(piece)


def partition(image: Path, name: str, volume: Path) -> None:
    """IMAGE with a GPT and the file VOLUME, which is gone then, as its partition."""
    size = volume.stat().st_size
    with image.open("wb") as file:
        file.truncate(FIRST_PARTITION + size + _PIECE)
    words = f"type={GPT_TYPES['linux']}, uuid={stable_uuid(name, '1', 'part')}"
    table = f"label: gpt\nlabel-id: {stable_uuid(name)}\nsize={size // 512}, {words}\n"
    command(["sfdisk", "--quiet", image], feed=table)
    with volume.open("rb") as file, image.open("r+b") as out:
        out.seek(FIRST_PARTITION)
        shutil.copyfileobj(file, out, _PIECE)
    volume.unlink()


def debian_vault(root: Root) -> None:
    """A complete Debian whose root will be in an encrypted volume; initramfs-tools asks for it."""
    fill.debian_with(root, "cryptsetup-initramfs")
    _told(root, "debian-luks")
    with root.alive(borrowed=False):
        root.chroot("update-initramfs", "-u")


def debian_dracut_vault(root: Root) -> None:
    """The same with dracut, which learns of it by the kernel's command line."""
    fill.debian_with(root, "dracut,cryptsetup")
    uuid = luks_uuid("debian-dracut-luks")
    _told(root, "debian-dracut-luks", f"rd.luks.uuid={uuid}")
    root.write("/etc/dracut.conf.d/vault.conf", 'hostonly="no"\nadd_dracutmodules+=" crypt "\n')
    (release,) = [path.name for path in (root.path / "lib/modules").iterdir()]
    with root.alive(borrowed=False):
        root.chroot("dracut", "--force", f"/boot/initrd.img-{release}", release)


def _told(root: Root, disk: str, words: str = "") -> None:
    """The system's own files that say where its root is."""
    root.write("/etc/crypttab", f"vault UUID={luks_uuid(disk)} none luks,initramfs\n")
    if words:
        config = root.path / "boot/grub/grub.cfg"
        config.write_text(config.read_text().replace("console=ttyS0", f"{words} console=ttyS0"))
