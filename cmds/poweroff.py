"""poweroff - sync and switch the machine off.

``reboot`` and ``halt`` are the same with another ending. Mounted disks are unmounted first, or
made read-only where they are in use. Ref: reboot(2).
"""

from __future__ import annotations

from uroot_py.abi import mount
from uroot_py.abi import reboot as machine
from uroot_py.base.errors import KernelError, RefusedError
from uroot_py.base.options import Command, Option
from uroot_py.machine.child import ends, sync_disks
from uroot_py.machine.ending import end

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

SECONDS = 5.0  # that a disk may do nothing at all while it is unmounted
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
    return _end(COMMAND, args, stdout, stderr, machine.LINUX_REBOOT_CMD_POWER_OFF)


def reboot(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Restart."""
    return _end(_command("reboot"), args, stdout, stderr, machine.LINUX_REBOOT_CMD_RESTART)


def halt(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Stop the processor, leave the power on."""
    return _end(_command("halt"), args, stdout, stderr, machine.LINUX_REBOOT_CMD_HALT)


def _end(command: Command, args: list[str], stdout: TextIO, stderr: TextIO, number: int) -> int:
    given = command.parse(args, max_operands=0)
    stdout.flush()
    if not given.flag(NO_SYNC) and not sync_disks(seconds=None):
        stderr.write(f"{command.name}: the disks are not in sync: one does not answer; going on\n")
    if not given.flag(FORCE):
        release_disks()

    def say(line: str) -> None:
        stderr.write(f"{command.name}: {line}\n")
        stderr.flush()

    end(number, say)
    return 0


def release_disks() -> None:
    """Unmount what lies on devices, newest first; what is in use becomes read-only."""
    for line in reversed(mount.mounts()):
        if line.source.startswith("/dev/"):
            release(line.target)


def release(target: str) -> None:
    """Unmount TARGET, or make it read-only, in a child; what is left otherwise is the sync."""

    def work() -> None:
        try:
            mount.umount(target)
        except KernelError:
            mount.mount("none", target, flags=mount.MS_REMOUNT | mount.MS_RDONLY)

    try:
        ends(work, None, SECONDS)
    except RefusedError:
        return
