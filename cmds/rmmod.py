"""rmmod - remove kernel modules.

Ref: rmmod(8), delete_module(2).
"""

from __future__ import annotations

from uroot_py.abi.module import delete_module
from uroot_py.base.errors import Report
from uroot_py.base.options import Command, Option
from uroot_py.formats.kernel.modules_dep import module_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMAND = Command(
    "rmmod",
    "rmmod [-f] NAME...",
    FORCE := Option("-f", "--force", help="even if it is in use: the kernel may crash"),
    example="rmmod e1000e",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Remove each module; one that stays is reported."""
    given = COMMAND.parse(args, min_operands=1)
    report = Report("rmmod", stderr)
    for name in given.operands:
        with report:
            delete_module(module_name(name), force=given.flag(FORCE))
    return report.status
