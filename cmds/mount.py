"""mount - mount a file system, or list the mounts.

Without ``-t`` every file system this kernel knows is tried. Ref: mount(8), mount(2), fstab(5).
"""

from __future__ import annotations

import errno
import os

from uroot_py.abi.mount import (
    MS_BIND,
    MS_MOVE,
    MS_RDONLY,
    MS_REC,
    MS_REMOUNT,
    MountLine,
    mount,
    mounts,
    parse_mounts,
    parse_options,
)
from uroot_py.base.errors import KernelError, RefusedError
from uroot_py.base.options import Command, Option
from uroot_py.base.text import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from uroot_py.base.options import Given

COMMAND = Command(
    "mount",
    "mount [-t TYPE] [-o OPTIONS] [DEVICE] DIRECTORY | mount [-t TYPE]",
    Option("-t", "--types", value="TYPE", help="file system, such as ext4, vfat, tmpfs"),
    Option("-o", "--options", value="LIST", help="such as ro, remount, noatime; loop for a file"),
    Option("-r", "--read-only", help="-o ro"),
    Option("-w", "--rw", help="-o rw"),
    Option("-B", "--bind", help="show a directory in another place"),
    Option("-R", "--rbind", help="the same with what is mounted below it"),
    Option("-M", "--move", help="move a mount to another place"),
    Option("-n", hidden=True),
    example="mount -o ro /dev/vda1 /mnt",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Mount, or list what is mounted."""
    given = COMMAND.parse(args, most=2)
    kind = given.text("types")
    if not given.operands:
        for line in mounts():
            if kind in (None, line.fstype):
                source, target = printable(line.source), printable(line.target)
                stdout.write(f"{source} on {target} type {line.fstype} ({line.options})\n")
        return 0
    words = given.all("options") + (["ro"] if given.flag("read-only") else [])
    source, target, known, options = locate(given, ",".join(words))
    kind = kind or known
    flags, data = parse_options(options, flags_of(given))
    if flags & (MS_BIND | MS_MOVE | MS_REMOUNT):
        change(source, target, flags, data)
    elif kind:
        mount(source, target, kind, flags, data)
    else:
        stderr.write(try_each(source, target, flags, data))
    return 0


def flags_of(given: Given) -> int:
    """The flags that have an option of their own."""
    flags = MS_BIND if given.flag("bind") else 0
    flags |= MS_BIND | MS_REC if given.flag("rbind") else 0
    return flags | (MS_MOVE if given.flag("move") else 0)


def locate(given: Given, options: str) -> tuple[str, str, str, str]:
    """Device, directory, file system, options: what is not given is looked up (fstab, mounts)."""
    if len(given.operands) == 2:
        return given.operands[0], given.operands[1], "", options
    known = mounts() if "remount" in options.split(",") else fstab()
    operand = given.operands[0]
    for line in reversed(known):
        if os.path.realpath(operand) == line.target or operand == line.source:
            return line.source, line.target, line.fstype, f"{line.options},{options}".rstrip(",")
    raise RefusedError(
        f"{operand}: not in /etc/fstab", hint=f"name the device, too: mount DEVICE {operand}"
    )


def fstab() -> list[MountLine]:
    """The lines of /etc/fstab that can be mounted."""
    try:
        with open("/etc/fstab", encoding="utf-8", errors="surrogateescape") as file:
            text = "\n".join(" ".join(line.split()) for line in file if line.strip()[:1] != "#")
    except FileNotFoundError:
        return []
    return [line for line in parse_mounts(text) if line.fstype != "swap"]


def change(source: str, target: str, flags: int, data: str) -> None:
    """Bind, move or remount; a read-only bind takes two calls."""
    mount(source, target, "", flags, data)
    if flags & MS_BIND and flags & MS_RDONLY and not flags & MS_REMOUNT:
        mount("none", target, "", MS_REMOUNT | MS_BIND | MS_RDONLY)


def try_each(source: str, target: str, flags: int, data: str) -> str:
    """Mount with the first file system that takes it; returns what there is to say about it."""
    with open("/proc/filesystems", encoding="ascii") as file:
        kinds = [line.strip() for line in file if not line.startswith("nodev")]
    for kind in kinds:
        try:
            mount(source, target, kind, flags, data)
            return ""
        except KernelError as error:
            if error.errno == errno.EACCES and not flags & MS_RDONLY:
                mount(source, target, kind, flags | MS_RDONLY, data)
                return f"mount: {source} is write-protected: mounted read-only\n"
            if error.errno not in (errno.EINVAL, errno.ENODEV):
                raise
    raise RefusedError(
        f"{source}: none of the file systems of this kernel is on it ({', '.join(kinds)})",
        hint="modprobe the file system's module, or name it with -t",
    )
