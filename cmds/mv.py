"""mv - move or rename files.

Ref: POSIX.1-2017 XCU mv; the options are GNU's.
"""

from __future__ import annotations

import errno
import os

from uroot_py.base.errors import RefusedError, Report, about
from uroot_py.base.options import Command, Option
from uroot_py.files.targets import TARGET_OPTIONS, Targets
from uroot_py.files.trees import Copier, remove_tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMAND = Command(
    "mv",
    "mv [OPTION]... SOURCE... TARGET",
    FORCE := Option("-f", "--force", help="do not ask"),
    *TARGET_OPTIONS,
    example="mv /mnt/etc/fstab /mnt/etc/fstab.broken",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Move every SOURCE to TARGET, or into it."""
    given = COMMAND.parse(args)
    report = Report("mv", stderr)
    targets = Targets(given, COMMAND, stdin, stdout, stderr)
    targets.rules += (FORCE,)
    tell = targets.tell("renamed ", " -> ")
    for source, target in targets.pairs(report):
        with report:
            os.lstat(source)
            if os.path.lexists(target) and not replaceable(source, target, targets):
                continue
            move(source, target, report)
            if tell:
                tell(source, target)
    return report.status


def replaceable(source: str, target: str, targets: Targets) -> bool:
    """Whether TARGET may be replaced; RefusedError where that is impossible."""
    if os.path.samestat(os.lstat(source), os.lstat(target)):
        raise RefusedError(f"{source} and {target} are the same file")
    folder, into = (os.path.isdir(path) and not os.path.islink(path) for path in (source, target))
    if into and not folder:
        raise RefusedError(f"{target}: is a directory, {source} is none")
    if folder and not into:
        raise RefusedError(f"{target}: is no directory, {source} is one")
    return targets.allowed(source, target)


def move(source: str, target: str, report: Report) -> None:
    """Rename; to another file system: copy everything, then remove the source."""
    try:
        os.rename(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            if error.errno == errno.EINVAL:
                raise RefusedError(f"{source}: cannot be moved into itself, {target}") from None
            raise about(target, error) from None
        if os.path.lexists(target) and not os.path.isdir(target):
            os.unlink(target)
        before, report.status = report.status, 0
        copier = Copier(report)
        copier.recursive = copier.preserve = True
        copier.follow = False
        copier.copy(source, target)
        if not report.status:
            remove_tree(source, report)
        report.status = report.status or before
