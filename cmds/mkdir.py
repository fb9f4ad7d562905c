"""mkdir - make directories.

``rmdir`` removes empty ones. Ref: POSIX.1-2017 XCU mkdir, rmdir.
"""

from __future__ import annotations

import os

from uroot_py.base.errors import Report
from uroot_py.base.options import Command, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMAND = Command(
    "mkdir",
    "mkdir [-pv] [-m MODE] DIRECTORY...",
    PARENTS := Option(
        "-p", "--parents", help="with the directories above; one that exists is no error"
    ),
    MODE := Option("-m", "--mode", value="MODE", help="as chmod takes it"),
    VERBOSE := Option("-v", "--verbose", help="say what is made"),
    example="mkdir -p /mnt/boot/efi",
)
REMOVE = Command(
    "rmdir",
    "rmdir [-pv] DIRECTORY...",
    PARENTS_TOO := Option(
        "-p", "--parents", help="and the directories above, as far as they become empty"
    ),
    FULL_IS_FINE := Option("--ignore-fail-on-non-empty", help="one that is not empty is no error"),
    SAY := Option("-v", "--verbose", help="say what is removed"),
    example="rmdir /mnt",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Make every operand."""
    given = COMMAND.parse(args, min_operands=1)
    report = Report("mkdir", stderr)
    wanted = given.text(MODE)
    for path in given.operands:
        with report:
            for part in missing(path) if given.flag(PARENTS) else [path]:
                os.mkdir(part)
                if given.flag(VERBOSE):
                    stdout.write(f"mkdir: created directory '{part}'\n")
                if wanted is not None and part.rstrip("/") == path.rstrip("/"):
                    from uroot_py.files.modes import current_umask, parse_mode

                    os.chmod(part, parse_mode(wanted, 0o777, current_umask(), directory=True))
    return report.status


def missing(path: str) -> list[str]:
    """PATH and the directories above it that do not exist, topmost first."""
    found: list[str] = []
    here = path.rstrip("/") or "/"
    while here and not os.path.isdir(here):
        found.append(here)
        here = os.path.dirname(here)
    return found[::-1]


def rmdir(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Remove every operand, with ``-p`` also what is above it."""
    given = REMOVE.parse(args, min_operands=1)
    report = Report("rmdir", stderr)
    for path in given.operands:
        with report:
            here = path.rstrip("/") or path
            while here and here != "/":
                if given.flag(SAY):
                    stdout.write(f"rmdir: removing directory, '{here}'\n")
                try:
                    os.rmdir(here)
                except OSError:
                    if given.flag(FULL_IS_FINE) and os.listdir(here):
                        break
                    raise
                here = os.path.dirname(here) if given.flag(PARENTS_TOO) else ""
    return report.status
