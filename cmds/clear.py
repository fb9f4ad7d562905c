"""clear - empty the screen.

``reset`` also brings back a terminal that a program left in a strange state. Ref: ECMA-48.
"""

from __future__ import annotations

from uroot_py.base.door import plain
from uroot_py.base.options import Command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMAND = Command("clear", "clear", example="clear")


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Move to the upper left corner, erase the screen and what was scrolled out of it."""
    COMMAND.parse(args, max_operands=0)
    plain(stdout).write("\033[H\033[2J\033[3J")
    return 0


def reset(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Reset the terminal (RIS), its colours and its line discipline."""
    Command("reset", "reset", example="reset").parse(args, max_operands=0)
    plain(stdout).write("\033c\033[m")
    stdout.flush()
    if stdin.isatty():
        from uroot_py.abi.tty import sane

        sane(stdin.fileno())
    return 0
