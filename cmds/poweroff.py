"""poweroff - sync and switch the machine off.

``reboot`` and ``halt`` are the same with another ending. Mounted disks are unmounted first, or
made read-only where they are in use. Ref: reboot(2).
"""

from __future__ import annotations

import os

from uroot_py.abi import mount
from uroot_py.abi import reboot as machine
from uroot_py.base.errors import KernelError
from uroot_py.base.options import Command, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO


FORCE = Option("-f", "--force", help="at once: leave the mounts alone")
NO_SYNC = Option("-n", "--no-sync", help="do not write what the kernel still holds")


def _command(name: str) -> Command:
    return Command(
        name,
        f"{name} [-fn]",
        FORCE,
        NO_SYNC,
        example=name,
    )


COMMAND = _command("poweroff")


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Switch off."""
    return _end(COMMAND, args, stdout, machine.LINUX_REBOOT_CMD_POWER_OFF)


def reboot(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Restart."""
    return _end(_command("reboot"), args, stdout, machine.LINUX_REBOOT_CMD_RESTART)


def halt(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Stop the processor, leave the power on."""
    return _end(_command("halt"), args, stdout, machine.LINUX_REBOOT_CMD_HALT)


def _end(command: Command, args: list[str], stdout: TextIO, number: int) -> int:
    given = command.parse(args, max_operands=0)
    stdout.flush()
    if not given.flag(NO_SYNC):
        os.sync()
    if not given.flag(FORCE):
        release_disks()
    machine.reboot(number)
    return 0


def release_disks() -> None:
    """Unmount what lies on devices, newest first; what is in use becomes read-only."""
    for line in reversed(mount.mounts()):
        if not line.source.startswith("/dev/"):
            continue
        try:
            mount.umount(line.target)
        except KernelError:
            try:
                mount.mount("none", line.target, flags=mount.MS_REMOUNT | mount.MS_RDONLY)
            except KernelError:
                continue  # the sync above is what is left
