"""uname - print the kernel's name, release and machine.

Ref: POSIX.1-2017 XCU uname.
"""

from __future__ import annotations

import os

from uroot_py.base.options import Command, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

ROWS = (
    ("s", "kernel-name", "the kernel's name (the default)"),
    ("n", "nodename", "the host name"),
    ("r", "kernel-release", "the kernel's release"),
    ("v", "kernel-version", "its build"),
    ("m", "machine", "the processor's architecture"),
    ("o", "operating-system", "GNU/Linux"),
)
COMMAND = Command(
    "uname",
    "uname [-asnrvmo]",
    Option("-a", "--all", help="everything"),
    *(Option(f"-{letter}", f"--{name}", help=text) for letter, name, text in ROWS),
    example="uname -r",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Print the parts that were asked for, in the order of the list."""
    given = COMMAND.parse(args, max_operands=0)
    values = (*os.uname(), "GNU/Linux")
    wanted = [
        value
        for (_, name, _), value in zip(ROWS, values, strict=True)
        if given.flag(name) or given.flag("all")
    ]
    stdout.write(" ".join(wanted or [values[0]]) + "\n")
    return 0
