"""mount - mount a file system, or list the mounts.

Without ``-t`` the superblock says what it is, or every file system of this kernel is tried.
Ref: mount(8), mount(2), fstab(5).
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
from uroot_py.base.options import Command, Ignored, Option
from uroot_py.base.text import printable
from uroot_py.disks.blockdev import identify, scan, tagged
from uroot_py.machine.modules import load_for_filesystem, load_for_loop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from uroot_py.base.options import ParsedArgs

# File systems whose source may have the name of a file that is here.
FOREIGN = ("9p", "virtiofs", "nfs", "tmpfs", "overlay")
COMMAND = Command(
    "mount",
    "mount [-t TYPE] [-o OPTIONS] [DEVICE | UUID=... | LABEL=...] DIRECTORY | mount [-t TYPE]",
    TYPES := Option("-t", "--types", value="TYPE", help="file system, such as ext4, vfat, tmpfs"),
    OPTIONS := Option(
        "-o", "--options", value="LIST", help="such as ro, remount, noatime; loop for a file"
    ),
    READ_ONLY := Option("-r", "--read-only", help="-o ro"),
    READ_WRITE := Option("-w", "--rw", help="-o rw"),
    BIND := Option("-B", "--bind", help="show a directory in another place"),
    RBIND := Option("-R", "--rbind", help="the same with what is mounted below it"),
    MOVE := Option("-M", "--move", help="move a mount to another place"),
    LABELS := Option("-l", "--show-labels", help="list the labels, too"),
    Ignored("-n", "-v"),
    example="mount -o ro /dev/vda1 /mnt",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Mount, or list what is mounted."""
    given = COMMAND.parse(args, max_operands=2)
    kind = given.text(TYPES)
    if not given.operands:
        labels = {v.path: v.label for v in scan()} if given.flag(LABELS) else {}
        for line in mounts():
            if kind in (None, line.fstype):
                source, target = printable(line.source), printable(line.target)
                label = f" [{printable(label)}]" if (label := labels.get(line.source)) else ""
                stdout.write(f"{source} on {target} type {line.fstype} ({line.options}){label}\n")
        return 0
    access = given.last(READ_ONLY, READ_WRITE)
    words = given.all(OPTIONS) + ([{READ_ONLY: "ro", READ_WRITE: "rw"}[access]] if access else [])
    source, target, known, options = locate(given, ",".join(words))
    kind = kind or known
    flags, data = parse_options(options, flags_of(given))
    if flags & (MS_BIND | MS_MOVE | MS_REMOUNT):
        change(source, target, flags, data)
        return 0
    source = tagged(source)
    handle = -1
    own = [word for word in data.split(",") if word != "loop"]
    if "loop" in data.split(",") or (kind not in FOREIGN and os.path.isfile(source)):
        source, handle = looped(source, flags)
    try:
        new = Mount(source, target, flags, ",".join(own))
        new.fallback = None if access is READ_WRITE else stderr
        new.place(kind or "auto")
    finally:
        if handle >= 0:
            os.close(handle)
    return 0


def looped(path: str, flags: int) -> tuple[str, int]:
    """A loop device for the file PATH, which goes with its mount, and a handle on it."""
    from uroot_py.abi import loop

    load_for_loop()
    read_only = loop.LO_FLAGS_READ_ONLY if flags & MS_RDONLY else 0
    return loop.attach(path, flags=loop.LO_FLAGS_AUTOCLEAR | read_only)


def found_on(source: str) -> str:
    """The file system that the superblock of SOURCE names, '' if that is not known."""
    if not source.startswith("/"):
        return ""
    found = identify(source)
    if found and not found.mount:
        raise RefusedError(f"{source}: holds {found.type}, which cannot be mounted")
    return found.mount if found else ""


def flags_of(given: ParsedArgs) -> int:
    """The flags that have an option of their own."""
    flags = MS_BIND if given.flag(BIND) else 0
    flags |= MS_BIND | MS_REC if given.flag(RBIND) else 0
    return flags | (MS_MOVE if given.flag(MOVE) else 0)


def locate(given: ParsedArgs, options: str) -> tuple[str, str, str, str]:
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


class Mount:
    """A file system on its way to its place."""

    def __init__(self, source: str, target: str, flags: int, data: str) -> None:
        self.source = source
        self.target = target
        self.flags = flags
        self.data = data
        # Where it is said that it became read-only; with None it does not become so.
        self.fallback: TextIO | None = None

    def place(self, kind: str) -> None:
        """Mount as KIND, as the superblock says, or as the first file system that takes it."""
        kind = found_on(self.source) if kind == "auto" else kind
        if not kind:
            self.try_each()
            return
        load_for_filesystem(kind)
        self.attempt(kind)

    def attempt(self, kind: str) -> None:
        """Mount, read-only if SOURCE cannot be written to; that is said."""
        try:
            mount(self.source, self.target, kind, self.flags, self.data)
        except KernelError as error:
            protected = error.errno in (errno.EACCES, errno.EROFS) and not self.flags & MS_RDONLY
            if not protected or not self.fallback:
                raise
            mount(self.source, self.target, kind, self.flags | MS_RDONLY, self.data)
            self.fallback.write(f"mount: {self.source} is write-protected: mounted read-only\n")

    def try_each(self) -> None:
        """Mount with the first file system of this kernel that takes it."""
        with open("/proc/filesystems", encoding="ascii") as file:
            kinds = [line.strip() for line in file if not line.startswith("nodev")]
        for kind in kinds:
            try:
                self.attempt(kind)
                return
            except KernelError as error:
                if error.errno not in (errno.EINVAL, errno.ENODEV):
                    raise
        raise RefusedError(
            f"{self.source}: none of the file systems of this kernel is on it ({', '.join(kinds)})",
            hint="modprobe the file system's module, or name it with -t",
        )
