r"""echo - print words.

GNU's echo: ``-n`` and ``-e`` count only before the first word, anything unknown is text.
Ref: POSIX.1-2017 XCU echo.
"""

from __future__ import annotations

from uroot_py.base.options import Command, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMAND = Command(
    "echo",
    "echo [-neE] [WORD]...",
    Option("-n", help="no newline at the end"),
    Option("-e", help=r"undo escapes such as \n, \t, \0NNN, \xHH, \c (ends the output)"),
    Option("-E", help="leave escapes alone (the default)"),
    example=r"echo -e 'one\ttwo'",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Print ARGS, separated by single spaces."""
    if args == ["--help"]:
        COMMAND.parse(args)
    newline, escapes, first = True, False, 0
    for word in args:
        if len(word) < 2 or word[0] != "-" or word.strip("neE") != "-":
            break
        first += 1
        newline = newline and "n" not in word
        switches = word.replace("n", "")
        escapes = switches[-1] == "e" if len(switches) > 1 else escapes
    text = " ".join(args[first:])
    if escapes:
        from uroot_py.base.escapes import unescape

        stdout.flush()
        data, ended = unescape(text, echo=True)
        stdout.buffer.write(data if ended or not newline else data + b"\n")
        return 0
    stdout.write(text + "\n" if newline else text)
    return 0
