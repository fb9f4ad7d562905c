"""clear - empty the screen.

Ref: ECMA-48.
"""

from __future__ import annotations

from uroot_py.base.options import Command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMAND = Command("clear", "clear", example="clear")


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Move to the upper left corner, erase the screen and what was scrolled out of it."""
    COMMAND.parse(args, most=0)
    stdout.write("\033[H\033[2J\033[3J")
    return 0
