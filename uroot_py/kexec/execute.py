"""Start the loaded kernel: disks synced, network interfaces down, then reboot(2)."""

from __future__ import annotations

import os

from uroot_py.abi.netdev import interface_down
from uroot_py.abi.reboot import LINUX_REBOOT_CMD_KEXEC
from uroot_py.base.errors import KernelError, RefusedError
from uroot_py.kexec.state import is_loaded
from uroot_py.machine.child import SYNC_SECONDS, sync_disks
from uroot_py.machine.ending import end

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def interfaces_down(say: Callable[[str], None]) -> None:
    """Take every network interface but the loopback down, so that no card writes into memory."""
    try:
        names = os.listdir("/sys/class/net")
    except OSError as error:
        say(f"network interfaces stay up: /sys/class/net: {error.strerror}")
        return
    for name in sorted(set(names) - {"lo", "bonding_masters"}):
        try:
            interface_down(name)
        except KernelError as error:
            say(f"{name} stays up: {error}")


def execute(
    say: Callable[[str], None],
    *,
    name: str = "the loaded kernel",
    sync: bool = True,
    interfaces: bool = True,
) -> None:
    """Start what is loaded; SAY gets each line for people, NAME is what is started.

    Does not return. RefusedError when nothing is loaded or the kernel waits for a device that does
    not answer, KernelError when it refuses.
    """
    if not is_loaded():
        raise RefusedError("no kernel is loaded", hint="load one first: kexec -l KERNEL")
    if sync and not sync_disks():
        say(f"the disks are not in sync after {SYNC_SECONDS:.0f} s; going on")
    if interfaces:
        interfaces_down(say)
    say(f"starting {name} now")
    end(LINUX_REBOOT_CMD_KEXEC, say)
