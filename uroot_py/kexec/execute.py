"""Start the loaded kernel: disks synced, network interfaces down, then reboot(2)."""

from __future__ import annotations

import os
import time

from uroot_py.abi.netdev import interface_down
from uroot_py.abi.reboot import LINUX_REBOOT_CMD_KEXEC, reboot
from uroot_py.base.errors import KernelError, RefusedError
from uroot_py.kexec.state import is_loaded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

SYNC_SECONDS = 20.0


def sync_disks(seconds: float = SYNC_SECONDS) -> bool:
    """Write what is in memory to the disks; False if that did not end within SECONDS.

    A dead disk or server can hold sync(2) for ever, so a child process makes the call.
    """
    child = os.fork()
    if not child:
        os.sync()
        os._exit(0)
    limit = time.monotonic() + seconds
    pause = 0.001
    while not os.waitpid(child, os.WNOHANG)[0]:
        if time.monotonic() > limit:
            return False
        time.sleep(pause)
        pause = min(2 * pause, 0.1)
    return True


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

    Does not return. RefusedError when nothing is loaded, KernelError when the kernel refuses.
    """
    if not is_loaded():
        raise RefusedError("no kernel is loaded", hint="load one first: kexec -l KERNEL")
    if sync and not sync_disks():
        say(f"the disks are not in sync after {SYNC_SECONDS:.0f} s; going on")
    if interfaces:
        interfaces_down(say)
    say(f"starting {name} now")
    reboot(LINUX_REBOOT_CMD_KEXEC)
