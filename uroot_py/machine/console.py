"""The consoles of this machine, and children that own one.

Ref: Documentation/ABI/testing/sysfs-tty (console/active); tty_ioctl(4), TIOCSCTTY.
"""

from __future__ import annotations

import os

from uroot_py.abi import process, signals, tty
from uroot_py.machine.sysroot import HERE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_OURS = ("SIGHUP", "SIGUSR1", "SIGUSR2")  # that process 1 ignores or catches; fork resets the rest


def consoles() -> list[str]:
    """The devices behind /dev/console, the one the kernel prefers first; [] when there is none.

    ``tty0`` stands for the virtual console in front, which is a terminal under its own name.
    """
    names = HERE.text("/sys/class/tty/console/active").split()
    paths = []
    for name in reversed(names):
        real = HERE.text("/sys/class/tty/tty0/active").strip() or "tty1" if name == "tty0" else name
        if os.path.exists(f"/dev/{real}"):
            paths.append(f"/dev/{real}")
    return paths


def spawn(work: Callable[[], int], console: str = "") -> int:
    """Start WORK in a child with a session of its own, on CONSOLE if one is given; returns its pid.

    The child's exit status is what WORK returns. CONSOLE becomes its standard streams and its
    controlling terminal, so that Ctrl-C reaches it and nobody else.
    """

    def prepare() -> None:
        for name in _OURS:
            signals.default(signals.NUMBERS[name])
        os.setsid()
        if console:
            handle = os.open(console, os.O_RDWR | os.O_NOCTTY)
            for stream in (0, 1, 2):
                os.dup2(handle, stream)
            if handle > 2:
                os.close(handle)
            tty.take(0)  # what is no terminal (a net console, a pipe in a test): without Ctrl-C

    def child() -> int:
        signals.interruptible()
        return work()

    return process.fork(child, prepare)


def ending(status: int) -> str:
    """How a child ended, from its wait status: ``ended with status 3``, ``killed by SIGSEGV``."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return f"killed by {signals.name_of(number)}"
    return f"ended with status {os.waitstatus_to_exitcode(status)}"
