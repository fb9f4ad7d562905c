"""readlink - print where a link leads.

``realpath`` prints paths without any link in them. Ref: readlink(1), realpath(1).
"""

from __future__ import annotations

import os

from uroot_py.base.errors import Report
from uroot_py.base.options import Command, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMAND = Command(
    "readlink",
    "readlink [-fen] FILE...",
    CANONICALIZE := Option(
        "-f", "--canonicalize", help="the path without links; its last part may be missing"
    ),
    EXISTING := Option("-e", "--canonicalize-existing", help="the same, everything must exist"),
    MISSING := Option("-m", "--canonicalize-missing", help="the same, anything may be missing"),
    NO_NEWLINE := Option("-n", "--no-newline", help="no newline at the end"),
    VERBOSE := Option("-v", "--verbose", help="say what is wrong"),
    example="readlink -f /dev/disk/by-label/root",
)
REAL = Command(
    "realpath",
    "realpath [-em] FILE...",
    ALL_EXISTS := Option("-e", "--canonicalize-existing", help="everything must exist"),
    ANY_MISSING := Option("-m", "--canonicalize-missing", help="anything may be missing"),
    example="realpath ../boot",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Print the target of every operand; 1 if one is no link."""
    given = COMMAND.parse(args, min_operands=1)
    report = Report("readlink", stderr)
    if not given.flag(VERBOSE):
        report.quiet()
    end = "" if given.flag(NO_NEWLINE) and len(given.operands) == 1 else "\n"
    whole = given.flag(CANONICALIZE) or given.flag(MISSING)
    for path in given.operands:
        with report:
            if whole or given.flag(EXISTING):
                strict = given.flag(EXISTING)
                stdout.write(real(path, strict, given.flag(MISSING)) + end)
            else:
                stdout.write(os.readlink(path) + end)
    return report.status


def realpath(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Print every operand without links."""
    given = REAL.parse(args, min_operands=1)
    report = Report("realpath", stderr)
    strict, missing = given.flag(ALL_EXISTS), given.flag(ANY_MISSING)
    for path in given.operands:
        with report:
            stdout.write(real(path, strict, missing) + "\n")
    return report.status


def real(path: str, strict: bool, missing: bool) -> str:
    """PATH without links; all of it must exist (STRICT), all but its end, or nothing (MISSING)."""
    found = os.path.realpath(path, strict=strict)
    if not strict and not missing:
        os.stat(os.path.dirname(found))
    return found
