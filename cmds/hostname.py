"""hostname - print or set the name of this machine.

Ref: hostname(1), sethostname(2).
"""

from __future__ import annotations

import os

from uroot_py.abi.libc import syscall
from uroot_py.base.options import Command, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMAND = Command(
    "hostname",
    "hostname [-s] | hostname NAME | hostname -F FILE",
    SHORT := Option("-s", "--short", help="only what is before the first dot"),
    FILE := Option("-F", "--file", value="FILE", help="set the name in a file"),
    example="hostname recovery",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Print the name, or set it."""
    given = COMMAND.parse(args, max_operands=1)
    name = given.operands[0] if given.operands else ""
    source = given.text(FILE)
    if source:
        with open(source, encoding="utf-8") as file:
            name = next((line.strip() for line in file if line.strip()[:1] not in ("", "#")), "")
    if name:
        data = name.encode()
        syscall("sethostname", data, len(data), subject=name)
        return 0
    here = os.uname().nodename
    stdout.write((here.partition(".")[0] if given.flag(SHORT) else here) + "\n")
    return 0
