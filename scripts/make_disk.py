#!/usr/bin/env python3
"""make_disk - disks with a system on them, for tests; configured by the distribution's own tools.

usage: scripts/make_disk.py [--force] [--list] NAME...

build/disks/NAME.img is made when it is missing or what it is made of has changed (this program,
the kernel, the final OS, GRUB). Needs root: loop devices and mounts, in a namespace of their own.

A disk is a row of DISKS: its partitions, and the functions that fill the mounted system, in
order. A new kind of disk is a new row, and a new function in scripts/disks/fill.py where its
configuration comes from another tool.
"""

from __future__ import annotations

import argparse
import hashlib
import inspect
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts import fetch_kernel, make_final_os
from scripts.disks import broken, efi, fill, forms, hostile, luks, rows
from scripts.disks.disk import FIRST_PARTITION, Part, Root, partitioned
from scripts.tools import BUILD, ROOT, command
from uroot_py.base.errors import RefusedError, UrootError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FunctionType

    Fill = Callable[[Root], None]


@dataclass(frozen=True)
class Disk:
    """A row: partitions, and what fills them."""

    about: str
    parts: tuple[Part, ...] = ()
    fill: tuple[Fill, ...] = ()
    size: int = 96  # MiB
    logical: bool = False  # an MBR with logical partitions, not a GPT
    whole: Callable[[Path, str], None] | None = None  # makes the image itself
    needs: tuple[str, ...] = ()  # rows that are made before
    arch: str = "amd64"  # of its kernel
    spoil: tuple[int, bytes] | None = None  # an offset in the finished image, what goes there


def image_file(root: Root) -> None:
    """The live image as a file of a disk that has nothing else to boot."""
    root.copy(BUILD / "disks/live-iso.img", "/isos/live.iso")


def blank(image: Path, name: str) -> None:
    """Nothing, as much as the row NAME says."""
    with image.open("wb") as file:
        file.truncate(DISKS[name].size << 20)


ESP = Part("vfat", fill.ESP, size=48, kind="esp", label="ESP")
EXT4 = Part("ext4", "/", label="root")
GRUB = (fill.final_os, fill.grub_of_this_machine)

DISKS = {
    "grub-ext4": Disk(
        "the final OS on GPT and ext4, grub.cfg by Debian's grub-mkconfig", (EXT4,), GRUB
    ),
    "grub-boot": Disk(
        "the same with /boot on a partition of its own, and a saved default entry",
        (Part("ext4", "/boot", size=40, label="boot"), EXT4),
        (*GRUB, fill.saved_default),
    ),
    "grub-btrfs": Disk(
        "the same on a btrfs, in the subvolume @rootfs as Debian's installer makes it",
        (Part("btrfs", "/", subvolume="@rootfs"),),
        GRUB,
        size=128,
    ),
    "grub-xfs": Disk("the same on xfs", (Part("xfs", "/", label="root"),), GRUB, size=320),
    "systemd-boot": Disk(
        "systemd-boot, two entries with tries, a default: bootctl, kernel-install",
        (ESP, EXT4),
        (fill.final_os, fill.systemd_boot, fill.kernel_install),
        size=128,
    ),
    "uki": Disk(
        "systemd-boot and a unified kernel image on an ESP: bootctl, objcopy with systemd's stub",
        (ESP, EXT4),
        (fill.final_os, fill.systemd_boot, fill.unified_image),
        size=128,
    ),
    "extlinux": Disk(
        "extlinux.conf by u-boot-menu's u-boot-update, on a logical partition of an MBR",
        (EXT4,),
        (fill.final_os, fill.u_boot_menu),
        logical=True,
    ),
    "arm64-grub": Disk(
        "grub-ext4 with Debian's arm64 kernel",
        (EXT4,),
        (fill.final_os_arm64, fill.grub_of_this_machine),
        arch="arm64",
    ),
    "arm64-extlinux": Disk(
        "extlinux.conf with fdtdir and fdtoverlays by u-boot-update, Debian's arm64 kernel",
        (EXT4,),
        (fill.final_os_arm64, fill.device_trees, fill.u_boot_menu),
        arch="arm64",
    ),
    "arm64-forms": Disk(
        "Debian's arm64 kernel compressed, as EFI zboot, UKI and FIT image; device trees",
        (EXT4,),
        (forms.arm64_forms,),
        size=192,
        arch="arm64",
    ),
    "riscv64-extlinux": Disk(
        "extlinux.conf by u-boot-update, Debian's riscv64 kernel",
        (EXT4,),
        (fill.final_os_riscv64, fill.u_boot_menu),
        arch="riscv64",
    ),
    "live-iso": Disk(
        "a live image: isolinux, GRUB's loopback.cfg and xorriso by Debian's live-build",
        whole=fill.live_image,
    ),
    "iso-file": Disk(
        "that image as a file on an ext4", (EXT4,), (image_file,), size=64, needs=("live-iso",)
    ),
    "fedora": Disk(
        "Fedora's layout: ESP, /boot, btrfs; blscfg and snippets as Fedora writes them",
        (ESP, Part("ext4", "/boot", size=80), Part("btrfs", "/", subvolume="root")),
        (fill.final_os, fill.fedora),
        size=260,
    ),
    "grub-custom": Disk(
        "GRUB by grub-install; what Debian's grub.cfg sources, in words that GRUB alone splits so",
        (
            Part("ext4", "/boot", size=64, label="boot"),
            Part("ext4", "/", size=16, label="root"),
            Part("", kind="bios"),
        ),
        (fill.final_os, rows.grub_installed),
    ),
    "rhel": Disk(
        "RHEL 8's layout with /boot on the root: blscfg, grubenv by grub-editenv",
        (EXT4,),
        (fill.final_os, rows.rhel),
        size=64,
    ),
    "bls-names": Disk(
        "systemd-boot by bootctl; entries and unified images without a sort-key",
        (Part("vfat", fill.ESP, size=96, kind="esp", label="ESP"), EXT4),
        (fill.final_os, fill.systemd_boot, rows.names_without_keys),
        size=160,
    ),
    "syslinux": Disk(
        "SYSLINUX by extlinux --install; titles, labels and kernels of several words",
        (replace(EXT4, options=("-O", "^64bit,^metadata_csum"), flags="LegacyBIOSBootable"),),
        (fill.final_os, rows.extlinux),
        size=64,
    ),
    "counted": Disk(
        "what a start writes beside files: tries of Flatcar's slots, a block in btrfs' header",
        (
            Part("btrfs", "/", size=120),
            Part("ext4", "/a", size=8, kind="coreos-usr", flags="GUID:48,52,53"),
            Part("ext4", "/b", size=8, kind="coreos-usr"),
        ),
        (fill.final_os, rows.counted),
        size=140,
    ),
    "efi-grub": Disk(
        "GRUB's EFI image on an ESP, a menu with the final OS: grub-mkimage",
        (ESP, EXT4),
        (fill.final_os, efi.grub),
        size=128,
    ),
    "efi-other": Disk(
        "GRUB's EFI image with its menu inside, where Windows has its boot manager",
        (ESP, EXT4),
        (fill.final_os, efi.other_system),
        size=128,
    ),
    "efi-shell": Disk(
        "a script of the UEFI shell on an ESP, which writes a marker",
        (ESP, EXT4),
        (efi.shell_script,),
    ),
    "empty": Disk("one partition without a file system", (Part(""),), size=8),
    "blank": Disk("nothing at all", whole=blank, size=100),
    "blank-large": Disk("nothing at all, more of it", whole=blank, size=200),
    "corrupt-ext4": Disk(
        "an ext4 whose superblock has its magic number and nothing else right",
        (Part("ext4", "/"),),
        (fill.final_os,),
        size=64,
        spoil=(FIRST_PARTITION + 1024 + 0x40, bytes(range(256))),
    ),
    "broken": Disk(
        "every fault beside something that boots (scripts/disks/broken.py)",
        broken.PARTS,
        (broken.files, broken.loops, broken.garbage),
        spoil=broken.SPOIL,
    ),
    "hostile": Disk(
        "what kept a boot from its menu, each on a partition (scripts/disks/hostile.py)",
        hostile.PARTS,
        (hostile.files,),
        size=hostile.SIZE,
    ),
    "hostile-many": Disk(
        "128 partitions with 400 entries each", hostile.MANY, (hostile.many,), size=144
    ),
    "hostile-panic": Disk("a damaged ext4 that asks for a panic", whole=hostile.panics),
    "grub-saved": Disk(
        "grub-ext4 with GRUB_SAVEDEFAULT, and an entry chosen once by grub-reboot",
        (EXT4,),
        (fill.final_os, fill.grub_saved),
    ),
    "grub-others": Disk(
        "Xen with a dom0, iPXE and memtest86+, grub.cfg by their packages' scripts",
        (EXT4,),
        (fill.xen_dom0, fill.grub_others),
    ),
    "debian": Disk(
        f"a complete Debian {fill.SUITE}: mmdebstrap, systemd, grub-mkconfig, a serial console",
        (Part("ext4", "/", label="debian"),),
        (fill.debian,),
        size=2048,
    ),
    "luks2-argon2id": Disk(
        "grub-ext4 with all of it in LUKS2, argon2id: cryptsetup",
        whole=luks.luks2_argon2id,
        needs=("grub-ext4",),
    ),
    "luks2-pbkdf2": Disk("the same with PBKDF2", whole=luks.luks2_pbkdf2, needs=("grub-ext4",)),
    "luks1": Disk("the same in LUKS1", whole=luks.luks1, needs=("grub-ext4",)),
    "debian-vault": Disk(
        "a complete Debian that finds its root in an encrypted volume, with initramfs-tools",
        (Part("ext4", "/", label="debian"),),
        (luks.debian_vault,),
        size=2048,
    ),
    "debian-luks": Disk(
        "the same, encrypted: LUKS2 with argon2id", whole=luks.debian_luks, needs=("debian-vault",)
    ),
    "debian-dracut-vault": Disk(
        "a complete Debian that finds its root in an encrypted volume, with dracut",
        (Part("ext4", "/", label="debian"),),
        (luks.debian_dracut_vault,),
        size=2048,
    ),
    "debian-dracut-luks": Disk(
        "the same, encrypted", whole=luks.debian_dracut_luks, needs=("debian-dracut-vault",)
    ),
}


def make(name: str, *, force: bool = False) -> Path:
    """The image of the disk NAME, made when it is missing, out of date, or FORCE is given."""
    if name not in DISKS:
        raise RefusedError(f"no disk {name!r}", hint=f"known: {', '.join(DISKS)}")
    for other in DISKS[name].needs:
        make(other)
    target = BUILD / "disks" / f"{name}.img"
    stamp = target.with_suffix(".key")
    key = _key(name)
    if force or not (target.is_file() and stamp.is_file() and stamp.read_text() == key):
        if os.geteuid() != 0:
            raise RefusedError("making a disk needs root (loop devices, mounts)")
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_suffix(".new")
        # What is fetched is fetched here, outside of the namespace and before anything is mounted.
        fetch_kernel.usual(DISKS[name].arch)
        make_final_os.initrd(DISKS[name].arch)
        _fill_in_namespace(name, fresh)
        stamp.unlink(missing_ok=True)
        fresh.rename(target)
        stamp.write_text(key)
    return target


def _fill_in_namespace(name: str, fresh: Path) -> None:
    # setpriv: should this program be killed, the kernel ends that one, and takes its device back.
    words = [
        "setpriv",
        "--pdeathsig",
        "KILL",
        "unshare",
        "--mount",
        "--propagation",
        "private",
        sys.executable,
        __file__,
    ]
    for flavour, other in fetch_kernel.STAND_INS.items():
        words += ["--stand-in", flavour, other]
    try:
        command([*words, "--fill", fresh, name], limit=1800)
    except RefusedError as error:
        cause = str(error).rpartition("make_disk: ")[2]
        raise RefusedError(f"making disk {name}: {cause}") from error


def _key(name: str) -> str:
    disk = DISKS[name]
    words = f"{disk.parts} {disk.size} {disk.logical} {disk.spoil} {fill.WORDS}"
    inputs = [f"{name} {words} {make_final_os.initrd(disk.arch)}\n"]
    steps: list[FunctionType] = [*disk.fill, *([disk.whole] if disk.whole else [])]  # type: ignore[list-item]
    inputs += [text for step in steps for text in _sources(step)]
    for module in (rows, luks):
        if any(step.__module__ == module.__name__ for step in steps):
            inputs.append(inspect.getsource(module))
    inputs += [_key(other) for other in disk.needs]
    inputs.append((ROOT / "scripts/disks/disk.py").read_text())
    inputs.append((fetch_kernel.usual(disk.arch) / "version").read_text())
    inputs.append(command(["grub-mkconfig", "--version"]))
    return hashlib.sha256("".join(inputs).encode()).hexdigest() + "\n"


def _sources(function: FunctionType) -> Iterator[str]:
    """The text of FUNCTION and of those of this module's or fill's that it calls."""
    yield inspect.getsource(function)
    for name in function.__code__.co_names:
        other = function.__globals__.get(name)
        if inspect.isfunction(other) and other.__module__ == function.__module__:
            yield from _sources(other)


def _fill(name: str, image: Path) -> None:
    disk = DISKS[name]
    if disk.whole:
        disk.whole(image, name)
        return
    with partitioned(image, name, disk.size, disk.parts, logical=disk.logical) as root:
        for step in disk.fill:
            step(root)
    if disk.spoil:
        offset, data = disk.spoil
        with image.open("r+b") as file:
            file.seek(offset)
            file.write(data)


def main() -> int:
    """Make what was asked for; one line each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--force", action="store_true", help="make it again")
    parser.add_argument("--list", action="store_true", help="print the disks")
    parser.add_argument("--fill", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--stand-in", nargs=2, action="append", default=[], help=argparse.SUPPRESS)
    parser.add_argument("names", nargs="*", metavar="NAME")
    given = parser.parse_args()
    fetch_kernel.STAND_INS.update(given.stand_in)
    if given.list:
        print("\n".join(f"{name:<16}{disk.about}" for name, disk in DISKS.items()))
    try:
        for name in given.names:
            if given.fill:
                _fill(name, given.fill)
            else:
                print(f"{name}: {make(name, force=given.force)}")
    except UrootError as error:
        print(f"make_disk: {error}", file=sys.stderr)
        return error.status
    return 0


if __name__ == "__main__":
    sys.exit(main())
