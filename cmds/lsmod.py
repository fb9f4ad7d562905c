"""lsmod - list the loaded kernel modules.

Ref: lsmod(8).
"""

from __future__ import annotations

from uroot_py.abi.module import loaded
from uroot_py.base.options import Command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMAND = Command("lsmod", "lsmod", example="lsmod")


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Print name, size, use count and users of each module."""
    COMMAND.parse(args, max_operands=0)
    stdout.write("Module                  Size  Used by\n")
    for name, size, uses, users in loaded():
        stdout.write(f"{name:<19} {size:>8}  {uses} {','.join(users)}".rstrip() + "\n")
    return 0
