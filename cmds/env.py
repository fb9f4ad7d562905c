"""env - print the environment, or run a command in a changed one.

``printenv`` prints single variables. Ref: POSIX.1-2017 XCU env.
"""

from __future__ import annotations

import os

from uroot_py.base.options import Command, Option
from uroot_py.machine.program import execute

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMAND = Command(
    "env",
    "env [-i] [-0] [-u NAME]... [NAME=VALUE]... [COMMAND [ARGUMENT]...]",
    IGNORE_ENVIRONMENT := Option("-i", "--ignore-environment", help="begin with nothing"),
    UNSET := Option("-u", "--unset", value="NAME", help="without this variable"),
    NULL := Option("-0", "--null", help="lines end with NUL"),
    example="env TERM=dumb sh",
    posix=True,
)
PRINT = Command(
    "printenv",
    "printenv [-0] [NAME]...",
    NULL,
    example="printenv PATH",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Change the environment, then print it or become COMMAND."""
    given = COMMAND.parse(["-i" if word == "-" else word for word in args])
    variables = {} if given.flag(IGNORE_ENVIRONMENT) else dict(os.environ)
    for name in given.all(UNSET):
        variables.pop(name, None)
    words = given.operands
    while words and "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        variables[name] = value
    if words:
        stdout.flush()
        execute(words, variables)
    end = "\0" if given.flag(NULL) else "\n"
    stdout.write("".join(f"{name}={value}{end}" for name, value in variables.items()))
    return 0


def printenv(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Print the values of the operands, or the whole environment; 1 if one is not set."""
    given = PRINT.parse(args)
    end = "\0" if given.flag(NULL) else "\n"
    if not given.operands:
        stdout.write("".join(f"{name}={value}{end}" for name, value in os.environ.items()))
        return 0
    known = [name for name in given.operands if name in os.environ]
    stdout.write("".join(os.environ[name] + end for name in known))
    return 0 if known == given.operands else 1
