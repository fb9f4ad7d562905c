"""The end of this kernel: a restart, the power off, or the next kernel.

Before it ends, the kernel waits for each device, and for ever for one whose driver is still waiting
for an answer: the call is made in a child. Ref: reboot(2); Linux drivers/base/core.c,
device_shutdown; Documentation/admin-guide/sysrq.rst.
"""

from __future__ import annotations

from uroot_py.abi.reboot import LINUX_REBOOT_CMD_KEXEC, LINUX_REBOOT_CMD_RESTART, reboot
from uroot_py.base.errors import KernelError, RefusedError
from uroot_py.machine.child import SilentError, records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uroot_py.machine.child import Send

SECONDS = 20.0  # that the kernel may do nothing at all while it ends
SYSRQ = "/proc/sysrq-trigger"


def end(command: int, say: Callable[[str], None]) -> None:
    """End this kernel as COMMAND says, one of the LINUX_REBOOT_CMD_ numbers; does not return.

    KernelError when the kernel refuses. When it waits for a device, a restart is made without its
    devices, and SAY gets a line; what cannot be done so is a RefusedError.
    """

    def work(send: Send) -> None:
        try:
            reboot(command)
        except KernelError as error:
            send(error.call, error.errno, error.subject, error.cause, error.hint)

    try:
        for call, errno, subject, cause, hint in records(work, None, SECONDS):
            raise KernelError(call, errno, subject=subject, cause=cause, hint=hint)
    except SilentError:
        pass
    else:
        return
    waits = f"the kernel has waited for {SECONDS:g} s for a device that does not answer"
    if command != LINUX_REBOOT_CMD_RESTART:
        what = "start another" if command == LINUX_REBOOT_CMD_KEXEC else "switch the machine off"
        hint = "reboot restarts the machine without its devices"
        raise RefusedError(f"{waits}, it cannot {what}", hint=hint)
    say(f"{waits}: restarting without it")
    try:
        with open(SYSRQ, "w", encoding="ascii") as file:
            file.write("b")
    except OSError as error:
        why = error.strerror or str(error)
        raise RefusedError(f"{SYSRQ}: {why.lower()}", hint="switch the machine off") from error
