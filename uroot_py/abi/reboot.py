"""The reboot system call. Ref: reboot(2); include/uapi/linux/reboot.h."""

from __future__ import annotations

import errno

from uroot_py.abi.libc import syscall
from uroot_py.base.errors import KernelError

LINUX_REBOOT_MAGIC1 = 0xFEE1DEAD
LINUX_REBOOT_MAGIC2 = 0x28121969
LINUX_REBOOT_CMD_RESTART = 0x01234567
LINUX_REBOOT_CMD_HALT = 0xCDEF0123
LINUX_REBOOT_CMD_CAD_OFF = 0x00000000
LINUX_REBOOT_CMD_POWER_OFF = 0x4321FEDC
LINUX_REBOOT_CMD_KEXEC = 0x45584543

_NAMES = {
    LINUX_REBOOT_CMD_RESTART: "restart",
    LINUX_REBOOT_CMD_HALT: "halt",
    LINUX_REBOOT_CMD_POWER_OFF: "power off",
    LINUX_REBOOT_CMD_CAD_OFF: "Ctrl-Alt-Del to init",
    LINUX_REBOOT_CMD_KEXEC: "kexec",
}


def reboot(command: int) -> None:
    """Call reboot(2) with one of the LINUX_REBOOT_CMD_ numbers; does not sync by itself."""
    name = _NAMES.get(command, f"{command:#x}")
    try:
        syscall("reboot", LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, command, None, subject=name)
    except KernelError as error:
        if error.errno == errno.EPERM:
            raise error.with_cause("not permitted", "only root may do that") from None
        if error.errno == errno.EINVAL and command == LINUX_REBOOT_CMD_KEXEC:
            hint = "load one first: kexec -l KERNEL"
            raise error.with_cause("no kernel is loaded", hint) from None
        raise
