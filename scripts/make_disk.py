#!/usr/bin/env python3
"""make_disk - disks with a system on them, for tests; configured by the distribution's own tools.

usage: scripts/make_disk.py [--force] [--list] NAME...

build/disks/NAME.img is made when it is missing or what it is made of has changed (this program,
the kernel, the final OS, GRUB). Needs root: loop devices and mounts, in a namespace of their own.

A disk is a row of DISKS: its partitions, and the functions that fill the mounted system, in
order. A new kind of disk is a new row, and a new function where its configuration comes from
another tool.
"""

from __future__ import annotations

import argparse
import hashlib
import inspect
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts import fetch_kernel, make_final_os
from scripts.support import BUILD, ROOT, command
from scripts.support.disk import FIRST_PARTITION, Part, Root, partitioned
from uroot_py.base.errors import RefusedError, UrootError

if TYPE_CHECKING:
    from collections.abc import Callable

    Fill = Callable[[Root], None]

# What an administrator adds to Debian's /etc/default/grub.
GRUB_ADDED = """
GRUB_CMDLINE_LINUX="console=ttyS0,115200 disk={name}"
"""
SUITE = "bookworm"


@dataclass(frozen=True)
class Disk:
    """A row: partitions, and what fills them."""

    about: str
    parts: tuple[Part, ...]
    fill: tuple[Fill, ...] = ()
    size: int = 96  # MiB
    spoil: tuple[int, bytes] | None = None  # an offset in the finished image, what goes there


def final_os(root: Root) -> None:
    """Debian's cloud kernel with the initrd of make_final_os, as a Debian lays them out."""
    kernel = fetch_kernel.fetch("cloud-amd64")
    release = (kernel / "release").read_text().strip()
    root.copy(kernel / "vmlinuz", f"/boot/vmlinuz-{release}")
    root.copy(kernel / "config", f"/boot/config-{release}")
    root.copy(make_final_os.initrd(), f"/boot/initrd.img-{release}")
    root.copy(Path("/etc/os-release"), "/etc/os-release")


def grub_of_this_machine(root: Root) -> None:
    """grub.cfg by this machine's grub-mkconfig, lent to the disk."""
    defaults = Path("/usr/share/grub/default/grub").read_text()
    root.write("/etc/default/grub", defaults + GRUB_ADDED.format(name=root.name))
    _grub_mkconfig(root, borrowed=True)


def _grub_mkconfig(root: Root, *, borrowed: bool) -> None:
    # The map makes it the first disk, as it will be for the machine that boots from it.
    root.write("/boot/grub/device.map", f"(hd0) {root.disk}\n")
    with root.alive(borrowed=borrowed):
        root.chroot("grub-mkconfig", "-o", "/boot/grub/grub.cfg")
        root.chroot("grub-script-check", "/boot/grub/grub.cfg")
    (root.path / "boot/grub/device.map").unlink()


def debian(root: Root) -> None:
    """A complete Debian with systemd, its kernel and initramfs; root logs in without a password."""
    empty = "grub-pc grub-pc/install_devices_empty boolean true"
    command(
        [
            *("mmdebstrap", "--mode=root", "--variant=important"),
            "--include=linux-image-cloud-amd64,grub-pc,systemd-sysv",
            "--aptopt=Acquire::Retries 2",
            f"--essential-hook=echo {empty} | chroot $1 debconf-set-selections",
            *("--customize-hook=chroot $1 passwd --delete root", "--skip=check/empty"),
            *(SUITE, str(root.path)),
        ],
        limit=1500,
    )
    root.write("/etc/hostname", "debian-disk\n")
    root.write("/etc/fstab", f"UUID={root.nodes['/'][1]} / ext4 errors=remount-ro 0 1\n")
    defaults = (root.path / "etc/default/grub").read_text()
    root.write("/etc/default/grub", defaults + GRUB_ADDED.format(name=root.name))
    _grub_mkconfig(root, borrowed=False)


DISKS = {
    "grub-ext4": Disk(
        "the final OS on GPT and ext4, grub.cfg by Debian's grub-mkconfig",
        (Part("ext4", "/", label="root"),),
        (final_os, grub_of_this_machine),
    ),
    "empty": Disk("one partition without a file system", (Part(""),), size=8),
    "corrupt-ext4": Disk(
        "an ext4 whose superblock has its magic number and nothing else right",
        (Part("ext4", "/"),),
        (final_os,),
        size=64,
        spoil=(FIRST_PARTITION + 1024 + 0x40, bytes(range(256))),
    ),
    "debian": Disk(
        f"a complete Debian {SUITE}: mmdebstrap, systemd, grub-mkconfig, a serial console",
        (Part("ext4", "/", label="debian"),),
        (debian,),
        size=2048,
    ),
}


def make(name: str, *, force: bool = False) -> Path:
    """The image of the disk NAME, made when it is missing, out of date, or FORCE is given."""
    if name not in DISKS:
        raise RefusedError(f"no disk {name!r}", hint=f"known: {', '.join(DISKS)}")
    target = BUILD / "disks" / f"{name}.img"
    stamp = target.with_suffix(".key")
    key = _key(name)
    if force or not (target.is_file() and stamp.is_file() and stamp.read_text() == key):
        if os.geteuid() != 0:
            raise RefusedError("making a disk needs root (loop devices, mounts)")
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_suffix(".new")
        # What is fetched is fetched here, outside of the namespace and before anything is mounted.
        fetch_kernel.fetch("cloud-amd64")
        make_final_os.initrd()
        _fill_in_namespace(name, fresh)
        stamp.unlink(missing_ok=True)
        fresh.rename(target)
        stamp.write_text(key)
    return target


def _fill_in_namespace(name: str, fresh: Path) -> None:
    words = ["unshare", "--mount", "--propagation", "private", sys.executable, __file__]
    try:
        command([*words, "--fill", fresh, name], limit=1800)
    except RefusedError as error:
        cause = str(error).rpartition("make_disk: ")[2]
        raise RefusedError(f"making disk {name}: {cause}") from error


def _key(name: str) -> str:
    disk = DISKS[name]
    inputs = [
        f"{name} {disk.parts} {disk.size} {disk.spoil} {GRUB_ADDED} {make_final_os.initrd()}\n"
    ]
    steps: list[Fill] = [*disk.fill]
    inputs += [inspect.getsource(step) for step in steps]
    inputs.append(inspect.getsource(_grub_mkconfig))
    inputs.append((ROOT / "scripts/support/disk.py").read_text())
    inputs.append((fetch_kernel.fetch("cloud-amd64") / "version").read_text())
    inputs.append(command(["grub-mkconfig", "--version"]))
    return hashlib.sha256("".join(inputs).encode()).hexdigest() + "\n"


def _fill(name: str, image: Path) -> None:
    disk = DISKS[name]
    with partitioned(image, name, disk.size, disk.parts) as root:
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
    parser.add_argument("names", nargs="*", metavar="NAME")
    given = parser.parse_args()
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
