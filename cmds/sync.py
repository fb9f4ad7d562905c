"""sync - write what the kernel still holds to the disks.

Ref: sync(1), sync(2), fsync(2).
"""

from __future__ import annotations

import os

from uroot_py.base.errors import Report
from uroot_py.base.options import Command, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

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
    if not given.operands:
        os.sync()
    for path in given.operands:
        with report:
            handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                (os.fdatasync if given.flag(DATA) else os.fsync)(handle)
            finally:
                os.close(handle)
    return report.status
