"""The kernel's log: reading it, writing into it, its console level. Ref: syslog(2), kmsg(4)."""

from __future__ import annotations

import os

from uroot_py.abi.libc import syscall

SYSLOG_ACTION_READ_ALL = 3
SYSLOG_ACTION_CLEAR = 5
SYSLOG_ACTION_CONSOLE_LEVEL = 8
SYSLOG_ACTION_SIZE_BUFFER = 10
LOG_ERR = 3
LOG_WARNING = 4
LOG_NOTICE = 5
LOG_INFO = 6
_LINE_LIMIT = 900  # a write to /dev/kmsg longer than LOG_LINE_MAX fails as a whole


def read_all() -> str:
    """The whole ring buffer, oldest line first, each with its ``<level>`` prefix."""
    size = syscall("syslog", SYSLOG_ACTION_SIZE_BUFFER, None, 0, subject="size")
    buffer = bytearray(max(size, 1))
    used = syscall("syslog", SYSLOG_ACTION_READ_ALL, buffer, len(buffer), subject="read")
    return bytes(buffer[:used]).decode("utf-8", "replace")


def clear() -> None:
    """Forget the ring buffer for later ``read_all`` calls."""
    syscall("syslog", SYSLOG_ACTION_CLEAR, None, 0, subject="clear")


def console_level(level: int) -> None:
    """Show messages below LEVEL (1-8) on the console."""
    syscall("syslog", SYSLOG_ACTION_CONSOLE_LEVEL, None, level, subject=f"console level {level}")


def write(text: str, level: int = LOG_INFO, tag: str = "uroot") -> bool:
    """Write TEXT into the kernel's log, a record per line; False where there is no /dev/kmsg."""
    try:
        handle = os.open("/dev/kmsg", os.O_WRONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        for line in text.splitlines():
            record = f"<{8 + level}>{tag}: {line}".encode("utf-8", "backslashreplace")
            # Without its newline a record waits for the next one before anybody sees it.
            os.write(handle, record[:_LINE_LIMIT] + b"\n")
    except OSError:
        return False
    finally:
        os.close(handle)
    return True
