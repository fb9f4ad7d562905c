"""umount - unmount a file system.

Ref: umount(8), umount2(2).
"""

from __future__ import annotations

import os

from uroot_py.abi.mount import MNT_DETACH, MNT_FORCE, MountLine, mounts, umount
from uroot_py.base.errors import RefusedError, Report
from uroot_py.base.options import Command, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMAND = Command(
    "umount",
    "umount [-l] [-f] [-R] DEVICE|DIRECTORY...",
    LAZY := Option("-l", "--lazy", help="detach now, clean up when it is no longer used"),
    FORCE := Option("-f", "--force", help="even if a server does not answer"),
    RECURSIVE := Option("-R", "--recursive", help="and what is mounted below it"),
    ALL := Option("-a", "--all", help="everything that lies on a device"),
    example="umount -R /mnt",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Unmount every operand; one that fails is reported, the others are still unmounted."""
    given = COMMAND.parse(args, min_operands=0 if "-a" in args or "--all" in args else 1)
    flags = (MNT_DETACH if given.flag(LAZY) else 0) | (MNT_FORCE if given.flag(FORCE) else 0)
    report = Report("umount", stderr)
    wanted = given.operands
    if given.flag(ALL):
        wanted = [m.target for m in reversed(mounts()) if m.source.startswith("/dev/")]
    for operand in wanted:
        with report:
            known = mounts()
            target = mount_point(operand, known)
            for point in below(target, known) if given.flag(RECURSIVE) else [target]:
                umount(point, flags)
    return report.status


def mount_point(operand: str, known: list[MountLine]) -> str:
    """The directory that OPERAND, a directory or a device, is mounted on."""
    real = os.path.realpath(operand)
    for line in reversed(known):
        if real == line.target or (real == line.source and real.startswith("/dev/")):
            return line.target
    if not os.path.exists(operand):
        raise RefusedError(f"{operand}: no such file or directory")
    return real


def below(target: str, known: list[MountLine]) -> list[str]:
    """TARGET and the mount points below it, newest first."""
    inside = target.rstrip("/") + "/"
    found = [m.target for m in known if m.target == target or m.target.startswith(inside)]
    return list(reversed(found)) or [target]
