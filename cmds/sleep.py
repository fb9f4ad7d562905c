"""sleep - wait for a time.

Ref: POSIX.1-2017 XCU sleep; fractions and units are GNU's.
"""

from __future__ import annotations

import time

from uroot_py.base.options import Command
from uroot_py.base.text import parse_duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMAND = Command("sleep", "sleep NUMBER[smhd]...", example="sleep 1.5")


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Wait for the sum of the operands."""
    given = COMMAND.parse(args, min_operands=1)
    time.sleep(sum(parse_duration(word) for word in given.operands))
    return 0
