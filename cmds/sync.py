"""sync - write what the kernel still holds to the disks.

Ref: sync(1), sync(2), fsync(2).
"""

from __future__ import annotations

import os

from uroot_py.base.errors import RefusedError, Report
from uroot_py.base.options import Command, Option
from uroot_py.machine.child import SYNC_SECONDS, ends, sync_disks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

HINT = "dmesg may say which and why"
COMMAND = Command(
    "sync",
    "sync [-d] [FILE]...",
    DATA := Option("-d", "--data", help="only the data of the files, not their dates"),
    example="sync",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Write everything, or only the files named."""
    given = COMMAND.parse(args)
    report = Report("sync", stderr)
    call = os.fdatasync if given.flag(DATA) else os.fsync
    if not given.operands and not sync_disks(seconds=None):
        raise RefusedError(f"a disk has not answered for {SYNC_SECONDS:.0f} s", hint=HINT)
    for path in given.operands:
        with report:
            write(path, call)
    return report.status


def write(path: str, call: Callable[[int], None]) -> None:
    """Let CALL, fsync or fdatasync, write the file or directory PATH, in a child."""

    def work() -> None:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            call(handle)
        finally:
            os.close(handle)

    if not ends(work, None, SYNC_SECONDS):
        raise RefusedError(f"{path}: its disk has not answered", hint=HINT)
