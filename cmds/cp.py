"""cp - copy files and directories.

Ref: POSIX.1-2017 XCU cp; the options are GNU's.
"""

from __future__ import annotations

from uroot_py.base.errors import Report
from uroot_py.base.options import Command, Option
from uroot_py.files.targets import TARGET_OPTIONS, Targets
from uroot_py.files.trees import Copier

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMAND = Command(
    "cp",
    "cp [OPTION]... SOURCE... TARGET",
    RECURSIVE := Option("-r", "-R", "--recursive", help="directories with everything in them"),
    ARCHIVE := Option("-a", "--archive", help="-dR --preserve: as exact as it can be"),
    KEEP := Option("-p", help="keep owner, mode and times"),
    PRESERVE := Option("--preserve", value="LIST", optional=True),
    NO_FOLLOW := Option("-d", "-P", "--no-dereference", help="copy links, not what they point to"),
    DEREFERENCE := Option("-L", "--dereference", help="copy what links point to"),
    FORCE := Option("-f", "--force", help="remove a target that cannot be written to"),
    LINK := Option("-l", "--link", help="make hard links"),
    SYMBOLIC_LINK := Option("-s", "--symbolic-link", help="make symbolic links"),
    ONE_FILE_SYSTEM := Option("-x", "--one-file-system", help="stay on the source's file system"),
    *TARGET_OPTIONS,
    example="cp -a /mnt/etc /tmp/etc.before",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Copy every SOURCE to TARGET, or into it."""
    given = COMMAND.parse(args)
    report = Report("cp", stderr)
    targets = Targets(given, COMMAND, stdin, stdout, stderr)
    copier = Copier(report)
    archive = given.flag(ARCHIVE)
    copier.recursive = archive or given.flag(RECURSIVE)
    copier.preserve = archive or given.flag(KEEP) or given.flag(PRESERVE)
    links = archive or given.flag(NO_FOLLOW) or copier.recursive
    copier.follow = given.flag(DEREFERENCE) or not links
    copier.force = given.flag(FORCE)
    copier.one_device = given.flag(ONE_FILE_SYSTEM)
    copier.link = "hard" if given.flag(LINK) else ""
    copier.link = "symbolic" if given.flag(SYMBOLIC_LINK) else copier.link
    copier.allowed = targets.allowed
    copier.tell = targets.tell("", " -> ")
    for source, target in targets.pairs(report):
        copier.copy(source, target)
    return report.status
