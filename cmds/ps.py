"""ps - list processes.

Every process is listed, whatever terminal it is on. Ref: POSIX.1-2017 XCU ps; proc(5).
"""

from __future__ import annotations

import os
import time

from uroot_py.base.options import Command, Ignored, Option
from uroot_py.base.text import printable
from uroot_py.files.owners import USERS, name_of
from uroot_py.machine.processes import PAGE, Process, processes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO


def clock(seconds: float) -> str:
    """``00:01:02``, with days in front if there are any."""
    whole = int(seconds)
    days, rest = divmod(whole, 86400)
    text = f"{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
    return f"{days}-{text}" if days else text


def elapsed(process: Process) -> str:
    """How long it has been running, ``01:02`` or ``03:01:02``."""
    text = clock(time.clock_gettime(time.CLOCK_BOOTTIME) - process.started)
    return text.removeprefix("00:")


def owner(process: Process) -> str:
    """The name of its user."""
    return name_of(USERS, process.user)


# Field -> heading, whether it is a number, how it is made.
FIELDS: dict[str, tuple[str, bool, Callable[[Process], str]]] = {
    "pid": ("PID", True, lambda p: str(p.pid)),
    "ppid": ("PPID", True, lambda p: p.fields[1]),
    "pgid": ("PGID", True, lambda p: p.fields[2]),
    "sid": ("SID", True, lambda p: p.fields[3]),
    "uid": ("UID", True, lambda p: str(p.user)),
    "user": ("USER", False, owner),
    "stat": ("S", False, lambda p: p.fields[0]),
    "nice": ("NI", True, lambda p: p.fields[16]),
    "vsz": ("VSZ", True, lambda p: str(p.number(23) // 1024)),
    "rss": ("RSS", True, lambda p: str(p.number(24) * PAGE // 1024)),
    "etime": ("ELAPSED", True, elapsed),
    "time": ("TIME", True, lambda p: clock(p.seconds)),
    "comm": ("COMMAND", False, lambda p: p.name),
    "args": ("COMMAND", False, lambda p: p.command),
}
ALIASES = {"s": "stat", "state": "stat", "ni": "nice", "cmd": "args", "command": "args"}
COMMAND = Command(
    "ps",
    "ps [-o FIELD,...] [-p PID,...]",
    FORMAT := Option("-o", "--format", value="LIST", help="the columns; FIELD=TEXT sets a heading"),
    PID := Option("-p", "--pid", value="LIST", help="only these processes"),
    WIDE := Option("-w", help="lines that are wider than the terminal, too"),
    Ignored("-A", "-e", "-f", "-a", "-x", "-u", "-l"),
    example="ps -o pid,rss,args",
    notes=f"The fields: {' '.join(FIELDS)}.\nps aux and ps -ef list the same processes.",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Print a line per process."""
    given = COMMAND.parse([f"-{args[0]}", *args[1:]] if args and args[0][:1] != "-" else args)
    if given.operands:
        raise COMMAND.usage_error(f"unexpected operand {given.operands[0]!r}")
    columns = chosen(given.all(FORMAT) or ["pid,ppid,user,stat,rss,time,args"])
    numbers = [word for text in given.all(PID) for word in text.replace(",", " ").split()]
    rows = [[heading for _, heading in columns]]
    found = False
    for process in processes():
        if not numbers or str(process.pid) in numbers:
            rows.append([FIELDS[field][2](process) for field, _ in columns])
            found = True
    numeric = [FIELDS[field][1] for field, _ in columns]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    widths[-1] = widths[-1] if numeric[-1] else 0
    for row in rows if any(rows[0]) else rows[1:]:
        words = [
            word.rjust(width) if right else word.ljust(width)
            for word, width, right in zip(row, widths, numeric, strict=True)
        ]
        line = " ".join(words)
        if stdout.isatty():
            across = os.get_terminal_size(stdout.fileno()).columns or 80
            line = printable(line)[: None if given.flag(WIDE) else across]
        stdout.write(f"{line}\n")
    return 0 if found else 1


def chosen(lists: list[str]) -> list[tuple[str, str]]:
    """The (field, heading) pairs of ``-o`` words; a heading ends its word."""
    pairs = []
    for text in lists:
        head, equals, heading = text.partition("=")
        names = head.replace(",", " ").split()
        for at, name in enumerate(names, 1):
            field = ALIASES.get(name, name)
            if field not in FIELDS:
                raise COMMAND.usage_error(f"unknown field {name!r}")
            own = equals and at == len(names)
            pairs.append((field, heading if own else FIELDS[field][0]))
    if not pairs:
        raise COMMAND.usage_error("-o wants the name of a field")
    return pairs
