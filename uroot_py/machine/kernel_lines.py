"""The kernel's messages while a screen is drawn: not on it, but to be read.

Ref: Documentation/ABI/testing/dev-kmsg; Documentation/admin-guide/sysctl/kernel.rst, printk.
"""

from __future__ import annotations

import errno
import os

from uroot_py.abi import klog
from uroot_py.base.errors import KernelError
from uroot_py.machine.sysroot import HERE

MAX_LINES = 1000  # what is older is in dmesg
_QUIET = 1  # the level at which only a machine that is lost speaks
_RECORD = 8192  # bytes; a shorter read fails with EINVAL


class KernelLines:
    """As a context: keeps what the kernel would have shown on its consoles. Without root, nothing.

    ``lines`` may be asked for afterwards, too.
    """

    def __init__(self) -> None:
        self.level = 0  # the one to put back
        self._handle = -1
        self._lines: list[str] = []

    def __enter__(self) -> KernelLines:
        level = level_now()
        try:
            self._handle = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            os.lseek(self._handle, 0, os.SEEK_END)
            klog.console_level(_QUIET)
        except (OSError, KernelError):
            return self  # nothing was lowered: the messages stay where they were
        self.level = level
        return self

    def __exit__(self, *_: object) -> None:
        self.lines()
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
        if self.level:
            klog.console_level(self.level)
            self.level = 0

    def lines(self) -> list[str]:
        """What was kept so far, the oldest first: ``kernel: [   12.345678] text``."""
        while self._handle >= 0:
            try:
                record = os.read(self._handle, _RECORD)
            except BlockingIOError:
                break
            except OSError as error:
                if error.errno == errno.EPIPE:  # some were lost: the next one is the oldest left
                    continue
                break
            line = shown(record, self.level)
            if line:
                self._lines.append(line)
        del self._lines[:-MAX_LINES]
        return list(self._lines)


def level_now() -> int:
    """The level of the consoles, 0 where it is not known."""
    words = HERE.text("/proc/sys/kernel/printk").split()
    return int(words[0]) if words and words[0].isdecimal() else 0


def shown(record: bytes, level: int) -> str:
    """A RECORD of /dev/kmsg as a line; '' for none, or one that consoles of LEVEL do not show."""
    head, _, text = record.decode("utf-8", "replace").partition(";")
    fields = head.split(",")
    if len(fields) < 3 or not (fields[0].isdecimal() and fields[2].isdecimal()):
        return ""
    if int(fields[0]) & 7 >= level:
        return ""
    seconds, micros = divmod(int(fields[2]), 1_000_000)
    return f"kernel: [{seconds:5}.{micros:06}] {text.partition(chr(10))[0]}"
