"""which - say which program a name means.

Ref: which(1).
"""

from __future__ import annotations

import os

from uroot_py.base.options import Command, Option
from uroot_py.machine.program import found

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMAND = Command(
    "which",
    "which [-a] NAME...",
    ALL := Option("-a", "--all", help="every match in PATH, not only the first"),
    example="which -a sh",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Print where each NAME is; 1 if one is nowhere."""
    given = COMMAND.parse(args, min_operands=1)
    status = 0
    for name in given.operands:
        matches = list(found(name, os.environ.get("PATH", "")))
        stdout.write("".join(f"{m}\n" for m in matches[: None if given.flag(ALL) else 1]))
        status = status if matches else 1
    return status
