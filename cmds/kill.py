"""kill - send a signal to processes.

Ref: POSIX.1-2017 XCU kill; signal(7).
"""

from __future__ import annotations

import os

from uroot_py.abi.signals import NUMBERS, name_of, number_of
from uroot_py.base.errors import RefusedError, Report, about
from uroot_py.base.options import Command, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMAND = Command(
    "kill",
    "kill [-s SIGNAL | -SIGNAL] PID... | kill -l [STATUS]...",
    SIGNAL := Option("-s", "--signal", value="SIGNAL", help="a name or a number (TERM)"),
    LIST := Option("-l", "--list", help="list the signals, or the one behind an exit status"),
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
    if given.flag(LIST):
        stdout.write(listing(given.operands))
        return 0
    if not given.operands:
        raise COMMAND.usage_error("a process is missing")
    number = number_of(given.text(SIGNAL) or wanted)
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
        raise about(word, error) from None


def listing(words: list[str]) -> str:
    """The names of all signals, or of those behind statuses; a name gives its number."""
    numbers = [int(word) & 127 if word.isdecimal() else number_of(word) for word in words]
    lines = [
        str(number) if word.isalpha() else name_of(number).removeprefix("SIG")
        for word, number in zip(words, numbers, strict=True)
    ]
    every = [name_of(number).removeprefix("SIG") for number in sorted(set(NUMBERS.values()))]
    return "\n".join(lines or every) + "\n"
