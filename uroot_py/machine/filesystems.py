"""The kernel's own file systems, and those in memory, where programs expect them. Ref: mount(2)."""

from __future__ import annotations

import os
import stat

from uroot_py.abi.mount import MS_NODEV, MS_NOEXEC, MS_NOSUID, mount
from uroot_py.base.errors import UrootError, explain
from uroot_py.machine.sysroot import HERE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.machine.sysroot import Sysroot

# (source, target, type, flags, data), in this order; a type that the kernel lacks is left out.
# {0} is an eighth of what all the tmpfs may have, {1} a half, in KiB; / has the other quarter.
_HARD = MS_NOSUID | MS_NODEV | MS_NOEXEC
_MOUNTS = (
    ("proc", "/proc", "proc", _HARD, ""),
    ("sysfs", "/sys", "sysfs", _HARD, ""),
    ("devtmpfs", "/dev", "devtmpfs", MS_NOSUID, "mode=0755"),
    ("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "mode=0620,ptmxmode=0666"),
    ("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777,size={0}k"),
    ("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size={0}k"),
    ("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777,size={1}k"),
    ("securityfs", "/sys/kernel/security", "securityfs", _HARD, ""),
    ("debugfs", "/sys/kernel/debug", "debugfs", _HARD, ""),
    ("efivarfs", "/sys/firmware/efi/efivars", "efivarfs", _HARD, ""),
)
_OPTIONAL = ("securityfs", "debugfs", "efivarfs", "devpts")


def mount_all(free: int) -> list[str]:
    """Mount what is not mounted yet, with FREE KiB for files in memory; a line for each fault."""
    faults = []
    for source, target, fstype, flags, data in _MOUNTS:
        try:
            os.makedirs(target, exist_ok=True)
            if not os.path.ismount(target):
                mount(source, target, fstype, flags, data.format(free // 8, free // 2))
        except (UrootError, OSError) as error:
            if fstype not in _OPTIONAL:
                faults.append(explain(error))
    return faults


def make_nodes(top: str = "/dev", machine: Sysroot = HERE) -> None:
    """Make the device files of all that the kernel has by now below TOP, if it has no devtmpfs.

    OSError. Ref: Linux Documentation/ABI/stable/sysfs-devices, /sys/dev; drivers/base/core.c,
    dev_uevent.
    """
    if os.path.ismount(top):
        return
    for folder, kind in (("/sys/dev/block", stat.S_IFBLK), ("/sys/dev/char", stat.S_IFCHR)):
        for number in machine.names(folder):
            lines = machine.text(f"{folder}/{number}/uevent").splitlines()
            name = next((line[8:] for line in lines if line.startswith("DEVNAME=")), "")
            path = os.path.join(top, name)
            if name and not os.path.lexists(path):
                os.makedirs(os.path.dirname(path), exist_ok=True)
                major, _, minor = number.partition(":")
                os.mknod(path, kind | 0o600, os.makedev(int(major), int(minor)))
