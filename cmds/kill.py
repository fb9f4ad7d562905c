"""kill - send a signal to processes.

Ref: POSIX.1-2017 XCU kill; signal(7).
"""

from __future__ import annotations

import os

from uroot_py.base.errors import RefusedError, Report
from uroot_py.base.options import Command, Option
from uroot_py.base.signals import NAMES, signal_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMAND = Command(
    "kill",
    "kill [-s SIGNAL | -SIGNAL] PID... | kill -l [STATUS]...",
    Option("-s", "--signal", value="SIGNAL", help="a name or a number (TERM)"),
    Option("-l", "--list", help="list the signals, or the one behind an exit status"),
    example="kill -9 123",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Send the signal to every process named; a negative number is a process group."""
    words = list(args)
    wanted = "TERM"
    first = words[0] if words else ""
    if first[:1] == "-" and len(first) > 1 and first[1] not in "sl-h":
        wanted = words.pop(0)[1:]
        words.insert(0, "--")
    elif first == "-s" and len(words) > 2:
        words.insert(2, "--")
    given = COMMAND.parse(words)
    if given.flag("list"):
        stdout.write(listing(given.operands))
        return 0
    if not given.operands:
        raise COMMAND.wrong("a process is missing")
    number = signal_number(given.text("signal") or wanted)
    report = Report("kill", stderr)
    for word in given.operands:
        with report:
            send(word, number)
    return report.status


def send(word: str, number: int) -> None:
    """Send signal NUMBER to the process WORD; the error names it."""
    try:
        pid = int(word)
    except ValueError:
        raise RefusedError(f"{word!r}: expected the number of a process", hint="see ps") from None
    try:
        os.kill(pid, number)
    except OSError as error:
        error.filename = word
        raise


def listing(statuses: list[str]) -> str:
    """The names of all signals, or of those behind STATUSES; a name gives its number."""
    if not statuses:
        return "\n".join(NAMES[1:]) + "\n"
    lines = []
    for word in statuses:
        number = signal_number(str(int(word) & 127) if word.isdigit() else word)
        lines.append(NAMES[number] if word.isdigit() and number < len(NAMES) else str(number))
    return "\n".join(lines) + "\n"
