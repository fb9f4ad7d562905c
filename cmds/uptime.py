"""uptime - say how long the machine has been up.

Ref: uptime(1), proc(5).
"""

from __future__ import annotations

import time

from uroot_py.base.options import Command, Option
from uroot_py.machine.sysroot import HERE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMAND = Command(
    "uptime",
    "uptime [-p | -s]",
    PRETTY := Option("-p", "--pretty", help="only how long"),
    SINCE := Option("-s", "--since", help="only since when"),
    example="uptime",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Print the time of day, the time since the start, and the load."""
    given = COMMAND.parse(args, max_operands=0)
    seconds = time.clock_gettime(time.CLOCK_BOOTTIME)
    if given.flag(SINCE):
        moment = time.localtime(time.time() - seconds)
        stdout.write(time.strftime("%Y-%m-%d %H:%M:%S\n", moment))
        return 0
    minutes, hours = int(seconds // 60 % 60), int(seconds // 3600 % 24)
    days = int(seconds // 86400)
    if given.flag(PRETTY):
        counts = ((days, "day"), (hours, "hour"), (minutes, "minute"))
        words = [
            f"{n} {unit}{'' if n == 1 else 's'}" for n, unit in counts if n or unit == "minute"
        ]
        stdout.write(f"up {', '.join(words)}\n")
        return 0
    long = ""
    if days:
        long = f"{days} days, " if days > 1 else "1 day, "
    span = f"{hours:2}:{minutes:02}" if hours else f"{minutes} min"
    load = ", ".join(HERE.text("/proc/loadavg").split()[:3])
    stdout.write(f" {time.strftime('%H:%M:%S')} up {long}{span},  load average: {load}\n")
    return 0
