"""The kernel's own file systems, and those in memory, where programs expect them. Ref: mount(2)."""

from __future__ import annotations

import os

from uroot_py.abi.mount import MS_NODEV, MS_NOEXEC, MS_NOSUID, mount
from uroot_py.base.errors import UrootError, explain

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
