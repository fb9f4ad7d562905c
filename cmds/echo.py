r"""echo - print words.

GNU's echo: ``-n`` and ``-e`` count only before the first word, anything unknown is text.
Ref: POSIX.1-2017 XCU echo.
"""

from __future__ import annotations

from uroot_py.base.door import plain
from uroot_py.base.options import Command, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMAND = Command(
    "echo",
    "echo [-neE] [WORD]...",
    NO_NEWLINE := Option("-n", help="no newline at the end"),
    ESCAPES := Option("-e", help=r"undo escapes such as \n, \t, \0NNN, \xHH, \c (ends the output)"),
    NO_ESCAPES := Option("-E", help="leave escapes alone (the default)"),
    example=r"echo -e 'one\ttwo'",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Print ARGS, separated by single spaces."""
    if args == ["--help"]:
        COMMAND.parse(args)
    first = 0
    while first < len(args) and len(args[first]) > 1 and args[first].strip("neE") == "-":
        first += 1  # a word with any other letter is no option: it is printed
    given = COMMAND.parse(args[:first])
    newline = not given.flag(NO_NEWLINE)
    text = " ".join(args[first:])
    if given.last(ESCAPES, NO_ESCAPES) is ESCAPES:
        from uroot_py.base.escapes import unescape

        stdout.flush()
        data, ended = unescape(text, echo=True)
        stdout.buffer.write(data if ended or not newline else data + b"\n")
        return 0
    plain(stdout).write(text + "\n" if newline else text)
    return 0
