"""How much of the memory files may take: nobody whom the kernel ends gives them back."""

from __future__ import annotations

import os

from uroot_py.abi.mount import MS_REMOUNT, mount
from uroot_py.base.errors import RefusedError

_FOR_COMMANDS = 16 << 10  # KiB: a shell, and a command that reads a disk


def memory() -> int:
    """The bytes of memory that this kernel has for its programs; the next one has about as many."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def room() -> int:
    """KiB for new files in memory: the rest is left for commands, three quarters of a small one."""
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 10
    return max(free - _FOR_COMMANDS, free // 4)


def limit_root(more: int, top: str = "/") -> None:
    """Let what is mounted on TOP (/, with /root), a tmpfs, grow by MORE KiB at most.

    RefusedError where it has no limit; KernelError.
    """
    status = os.statvfs(top)
    if not status.f_blocks:
        raise RefusedError(f"{top} is a ramfs, which has none", hint="boot without root=")
    used = (status.f_blocks - status.f_bfree) * status.f_frsize >> 10
    mount("none", top, "", MS_REMOUNT, f"size={used + more}k")
