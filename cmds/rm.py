"""rm - remove files and directories.

Ref: POSIX.1-2017 XCU rm; the options are GNU's.
"""

from __future__ import annotations

import os

from uroot_py.base.errors import RefusedError, Report
from uroot_py.base.options import Command, Option
from uroot_py.files.targets import asked
from uroot_py.files.trees import remove_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMAND = Command(
    "rm",
    "rm [OPTION]... FILE...",
    RECURSIVE := Option("-r", "-R", "--recursive", help="directories with everything in them"),
    FORCE := Option("-f", "--force", help="a missing file is no error, ask nothing"),
    DIR := Option("-d", "--dir", help="also empty directories"),
    INTERACTIVE := Option("-i", "--interactive", help="ask before each operand"),
    VERBOSE := Option("-v", "--verbose", help="say what is removed"),
    example="rm -r /mnt/var/tmp/old",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Remove every operand."""
    given = COMMAND.parse(args)
    rule = given.last(FORCE, INTERACTIVE)
    force = rule is FORCE
    if not given.operands and not force:
        raise COMMAND.usage_error("an operand is missing")
    report = Report("rm", stderr)

    def removed(path: str, folder: bool) -> None:
        if given.flag(VERBOSE):
            stdout.write(f"removed {'directory ' if folder else ''}'{path}'\n")

    for path in given.operands:
        if force and not os.path.lexists(path):
            continue
        with report:
            folder = os.path.isdir(path) and not os.path.islink(path)
            check(path, folder=folder and not given.flag(RECURSIVE) and not given.flag(DIR))
            if rule is INTERACTIVE and not asked(f"rm: remove {path!r}? ", stdin, stderr):
                continue
            if folder and given.flag(RECURSIVE):
                remove_tree(path, report, removed)
            else:
                (os.rmdir if folder else os.unlink)(path)
                removed(path, folder)
    return report.status


def check(path: str, *, folder: bool) -> None:
    """RefusedError for what is never meant: a directory without -r, ``/``, ``.`` and ``..``."""
    if folder:
        raise RefusedError(f"{path}: is a directory", hint="-r removes directories")
    if os.path.basename(path.rstrip("/")) in (".", "..", ""):
        raise RefusedError(f"{path}: is not removed")
