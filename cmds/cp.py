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
    Option("-r", "-R", "--recursive", help="directories with everything in them"),
    Option("-a", "--archive", help="-dR --preserve: as exact as it can be"),
    Option("-p", help="keep owner, mode and times"),
    Option("--preserve", value="LIST", optional=True, hidden=True),
    Option("-d", "-P", "--no-dereference", help="copy links, not what they point to"),
    Option("-L", "--dereference", help="copy what links point to"),
    Option("-f", "--force", help="remove a target that cannot be written to"),
    Option("-l", "--link", help="make hard links"),
    Option("-s", "--symbolic-link", help="make symbolic links"),
    Option("-x", "--one-file-system", help="stay on the source's file system"),
    *TARGET_OPTIONS,
    example="cp -a /mnt/etc /tmp/etc.before",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Copy every SOURCE to TARGET, or into it."""
    given = COMMAND.parse(args)
    report = Report("cp", stderr)
    targets = Targets(given, COMMAND, stdin, stdout, stderr)
    copier = Copier(report)
    archive = given.flag("archive")
    copier.recursive = archive or given.flag("recursive")
    copier.preserve = archive or given.flag("p") or given.flag("preserve")
    links = archive or given.flag("no-dereference") or copier.recursive
    copier.follow = given.flag("dereference") or not links
    copier.force = given.flag("force")
    copier.one_device = given.flag("one-file-system")
    copier.link = "hard" if given.flag("link") else ""
    copier.link = "symbolic" if given.flag("symbolic-link") else copier.link
    copier.allowed = targets.allowed
    copier.tell = targets.tell("", " -> ")
    for source, target in targets.pairs(report):
        copier.copy(source, target)
    return report.status
