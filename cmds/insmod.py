"""insmod - load a kernel module from a file.

Ref: insmod(8), init_module(2).
"""

from __future__ import annotations

from uroot_py.base.errors import RefusedError
from uroot_py.base.options import Command
from uroot_py.machine.modules import insert

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMAND = Command(
    "insmod",
    "insmod FILE [PARAMETER=VALUE]...",
    example="insmod /mnt/e1000e.ko.xz",
    notes="The file may be packed. modprobe NAME also loads what the module needs.",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Load the module; it is an error that it is loaded already."""
    path, *parameters = COMMAND.parse(args, min_operands=1).operands
    if not insert(path, " ".join(parameters)):
        raise RefusedError(f"{path}: it is loaded already")
    return 0
