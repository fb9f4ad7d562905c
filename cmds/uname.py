"""uname - print the kernel's name, release and machine.

Ref: POSIX.1-2017 XCU uname.
"""

from __future__ import annotations

import os

from uroot_py.base.options import Command, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

PARTS = (
    Option("-s", "--kernel-name", help="the kernel's name (the default)"),
    Option("-n", "--nodename", help="the host name"),
    Option("-r", "--kernel-release", help="the kernel's release"),
    Option("-v", "--kernel-version", help="its build"),
    Option("-m", "--machine", help="the processor's architecture"),
    Option("-o", "--operating-system", help="GNU/Linux"),
)
COMMAND = Command(
    "uname",
    "uname [-asnrvmo]",
    ALL := Option("-a", "--all", help="everything"),
    *PARTS,
    example="uname -r",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Print the parts that were asked for, in the order of the list."""
    given = COMMAND.parse(args, max_operands=0)
    values = (*os.uname(), "GNU/Linux")
    wanted = [
        value
        for row, value in zip(PARTS, values, strict=True)
        if given.flag(row) or given.flag(ALL)
    ]
    stdout.write(" ".join(wanted or [values[0]]) + "\n")
    return 0
