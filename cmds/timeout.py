"""timeout - run a command with a limit of time.

Ref: timeout(1) of GNU coreutils.
"""

from __future__ import annotations

import os
import time

from uroot_py.abi.signals import SIGKILL, number_of
from uroot_py.base.options import Command, Option
from uroot_py.base.text import parse_duration
from uroot_py.machine.program import start

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMAND = Command(
    "timeout",
    "timeout [-s SIGNAL] [-k TIME] TIME COMMAND [ARGUMENT]...",
    SIGNAL := Option("-s", "--signal", value="SIGNAL", help="what ends it (TERM)"),
    KILL_AFTER := Option(
        "-k", "--kill-after", value="TIME", help="KILL if it is still there after TIME"
    ),
    example="timeout 10 ping 10.0.2.2",
    posix=True,
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """The status of COMMAND, or 124 when its time was over."""
    given = COMMAND.parse(args, min_operands=2)
    limit = parse_duration(given.operands[0])
    number = number_of(given.text(SIGNAL) or "TERM")
    grace = given.text(KILL_AFTER)
    stdout.flush()
    pid = start(given.operands[1:])
    status = ended(pid, limit or None)
    if status is not None:
        return status
    os.kill(pid, number)
    status = ended(pid, parse_duration(grace) if grace else None)
    if status is None:
        os.kill(pid, SIGKILL)
        ended(pid, None)
        return 137
    return 137 if number == SIGKILL else 124


def ended(pid: int, limit: float | None) -> int | None:
    """The status of the child PID; None if it is still running after LIMIT seconds."""
    import select

    handle = os.pidfd_open(pid)
    try:
        begin = time.monotonic()
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        while True:
            left = None if limit is None else max(limit - (time.monotonic() - begin), 0)
            if poll.poll(None if left is None else left * 1000):
                code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                return code if code >= 0 else 128 - code
            if not left:
                return None
    finally:
        os.close(handle)
