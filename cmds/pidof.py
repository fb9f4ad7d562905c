"""pidof - print the numbers of the processes with a name.

Ref: pidof(1).
"""

from __future__ import annotations

import os

from uroot_py.base.options import Command, Option
from uroot_py.machine.processes import processes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMAND = Command(
    "pidof",
    "pidof [-s] NAME...",
    SINGLE_SHOT := Option("-s", "--single-shot", help="only one of them"),
    example="kill $(pidof dhclient)",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Print the matching processes, newest first; 1 if there is none."""
    given = COMMAND.parse(args, min_operands=1)
    wanted = {name.rpartition("/")[2] for name in given.operands}
    found = []
    for process in processes():
        first = process.words[0].rpartition("/")[2] if process.words else ""
        if process.pid != os.getpid() and wanted & {process.name, first}:
            found.append(str(process.pid))
    if found:
        found = found[-1:] if given.flag(SINGLE_SHOT) else found[::-1]
        stdout.write(" ".join(found) + "\n")
    return 0 if found else 1
