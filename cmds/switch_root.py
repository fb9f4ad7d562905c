"""switch_root - leave the initramfs for another root.

Everything in the initramfs is deleted, the new root takes its place, and INIT becomes process 1.
From a shell it asks process 1 to do that.
Ref: switch_root(8); Linux Documentation/filesystems/ramfs-rootfs-initramfs.rst.
"""

from __future__ import annotations

import os
import stat
import time

from uroot_py.abi import signals
from uroot_py.abi.mount import MNT_DETACH, MS_MOVE, mount, mounts, umount
from uroot_py.base.errors import KernelError, RefusedError
from uroot_py.base.options import Command, Option
from uroot_py.machine import handover
from uroot_py.machine.child import ends
from uroot_py.machine.program import execute

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container
    from typing import TextIO

_PATIENCE = 30  # seconds for process 1 to end everything, this process, too
SECONDS = 20.0  # that the disk of the new root may do nothing at all
_MODPROBE = "/proc/sys/kernel/modprobe"
MOVED = ("/dev", "/proc", "/sys", "/run")
COMMAND = Command(
    "switch_root",
    "switch_root [-c DEVICE] NEWROOT INIT [ARGUMENT]...",
    CONSOLE := Option(
        "-c", "--console", value="DEVICE", help="the console of INIT, such as /dev/ttyS0"
    ),
    example="mount LABEL=root /mnt; switch_root /mnt /sbin/init",
    notes="From a shell it ends everything that runs, process 1, too: INIT takes its place.\n"
    "chroot -b NEWROOT repairs a system without starting it.",
    posix=True,
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Check everything first, then go; comes back only while nothing was changed."""
    given = COMMAND.parse(args, min_operands=2)
    root, *words = given.operands
    device = os.stat("/").st_dev
    if not ends(lambda: check(root, words[0], device), SECONDS, SECONDS):
        raise RefusedError(f"{root}: its disk has not answered for {SECONDS:g} s")
    stdout.flush()
    if os.getpid() != 1:
        handover.ask(["switch_root", *args])
        time.sleep(_PATIENCE)
        raise RefusedError("process 1 did not do it", hint="dmesg may say why")
    console = given.text(CONSOLE)
    leave(root, device)
    for name in ("SIGHUP", "SIGINT", "SIGTERM", "SIGUSR1", "SIGUSR2"):
        signals.default(signals.NUMBERS[name])
    if console:
        handle = os.open(console, os.O_RDWR | os.O_NOCTTY)
        for number in (0, 1, 2):
            os.dup2(handle, number)
    execute(words)
    return 1


def check(root: str, init: str, old: int) -> None:
    """RefusedError for what would leave a machine without process 1; OLD is the old root's device.

    It changes its root, and whoever calls it may wait for a disk: a child's work. What process 1
    reads on the new root has been read then.
    """
    inside = os.path.join(root, init.lstrip("/"))
    if os.stat(root).st_dev == old:
        raise RefusedError(f"{root}: it is not a mount point", hint="mount the new root there")
    if not os.path.lexists(inside):
        raise RefusedError(f"{inside}: no such file", hint="name the init of the new root")
    if os.statvfs("/").f_flag & os.ST_RDONLY or not is_memory("/"):
        raise RefusedError("/: it is not an initramfs, what is in it would be deleted")
    for path in MOVED:
        os.path.isdir(root + path)
    os.chroot(root)
    os.chdir("/")
    try:
        with open(init if init.startswith("/") else f"/{init}", "rb") as file:
            while file.read(1 << 20):
                continue
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise RefusedError(f"{inside}: {why}", hint="name the init of the new root") from error
    if not os.access(init, os.X_OK):
        raise RefusedError(f"{inside}: it cannot be executed", hint="name the init of the new root")


def is_memory(path: str) -> bool:
    """Whether the file system of PATH is a ramfs or tmpfs that no device holds."""
    kinds = [line.fstype for line in mounts() if line.target == path]
    return bool(kinds) and kinds[-1] in ("rootfs", "ramfs", "tmpfs")


def leave(root: str, device: int) -> None:
    """Move the kernel's file systems over, empty the old root, and enter the new one."""
    if os.path.exists(_MODPROBE):
        with open(_MODPROBE, "w", encoding="ascii") as file:
            file.write("/sbin/modprobe\n")  # init named ours
    mounted = {line.target for line in mounts()}
    for path in MOVED:
        target = root + path
        if os.path.ismount(path):
            try:
                mount(path, target, "", MS_MOVE)
            except KernelError:
                umount(path, MNT_DETACH)
    os.chdir(root)
    empty("/", device, mounted)
    mount(".", "/", "", MS_MOVE)
    os.chroot(".")
    os.chdir("/")


def empty(folder: str, device: int, mounted: Container[str]) -> None:
    """Delete everything below FOLDER that lies on DEVICE, to give its memory back.

    What is MOUNTED is not even looked at: a server that is gone would not answer.
    """
    waiting = [folder]
    folders = []
    while waiting:
        here = waiting.pop()
        folders.append(here)
        for name in os.listdir(here):
            path = os.path.join(here, name)
            if path in mounted:
                continue
            status = os.lstat(path)
            if status.st_dev != device:
                continue
            if stat.S_ISDIR(status.st_mode):
                waiting.append(path)
            else:
                os.unlink(path)
    for path in reversed(folders[1:]):
        try:
            os.rmdir(path)
        except OSError:
            continue  # a mount point is in it
