"""What a process may use. Ref: prlimit(2), proc(5) (statm, oom_score_adj)."""

from __future__ import annotations

import os

from uroot_py.abi.libc import syscall
from uroot_py.base.reader import as_bytes, number_at

RLIMIT_DATA = 2


def confine(size: int) -> None:
    """Let this process have SIZE bytes of memory of its own more than now, and end before others.

    Python raises MemoryError then. Without /proc there is no limit. KernelError.
    """
    try:
        with open("/proc/self/statm", "rb") as file:
            used = int(file.read().split()[5]) * os.sysconf("SC_PAGE_SIZE")
        with open("/proc/self/oom_score_adj", "wb") as file:
            file.write(b"1000")
    except OSError:
        return
    limits = bytearray(16)  # struct rlimit64: now, and at most
    syscall("prlimit64", 0, RLIMIT_DATA, None, limits)
    limits[:8] = as_bytes(min(used + size, number_at(limits, 8, 8)), 8)
    syscall("prlimit64", 0, RLIMIT_DATA, bytes(limits), None)
