"""ln - make links.

Ref: POSIX.1-2017 XCU ln; the options are GNU's.
"""

from __future__ import annotations

import os

from uroot_py.base.errors import RefusedError, Report, about
from uroot_py.base.options import Command, Option
from uroot_py.files.targets import asked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMAND = Command(
    "ln",
    "ln [OPTION]... TARGET [NAME] | ln [OPTION]... TARGET... DIRECTORY",
    SYMBOLIC := Option(
        "-s", "--symbolic", help="a symbolic link, which may lead to another file system"
    ),
    FORCE := Option("-f", "--force", help="replace a NAME that exists"),
    NO_FOLLOW := Option(
        "-n", "--no-dereference", help="a NAME that is a link to a directory is no directory"
    ),
    NO_TARGET_DIRECTORY := Option(
        "-T", "--no-target-directory", help="NAME is the link, whatever it is now"
    ),
    RELATIVE := Option("-r", "--relative", help="with -s: a path relative to the link"),
    INTERACTIVE := Option("-i", "--interactive", help="ask before a NAME is replaced"),
    VERBOSE := Option("-v", "--verbose", help="say what is made"),
    example="ln -sf /proc/self/mounts /mnt/etc/mtab",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Make a link for every TARGET."""
    given = COMMAND.parse(args, min_operands=1)
    *targets, last = given.operands if len(given.operands) > 1 else [*given.operands, "."]
    whole = given.flag(NO_TARGET_DIRECTORY)
    as_link = given.flag(NO_FOLLOW) and os.path.islink(last)
    into = os.path.isdir(last) and not whole and not as_link
    if len(targets) > 1 and not into:
        raise RefusedError(f"{last}: is no directory", hint="several links need one")
    report = Report("ln", stderr)
    rule = given.last(FORCE, INTERACTIVE)
    for target in targets:
        with report:
            name = os.path.join(last, os.path.basename(target.rstrip("/"))) if into else last
            if os.path.lexists(name) and rule:
                question = f"ln: replace {name!r}? "
                if rule is INTERACTIVE and not asked(question, stdin, stderr):
                    continue
                if not given.flag(SYMBOLIC) and os.path.samefile(target, name):
                    raise RefusedError(f"{target} and {name} are the same file")
                os.unlink(name)
            make(target, name, symbolic=given.flag(SYMBOLIC), relative=given.flag(RELATIVE))
            if given.flag(VERBOSE):
                arrow = "->" if given.flag(SYMBOLIC) else "=>"
                stdout.write(f"'{name}' {arrow} '{target}'\n")
    return report.status


def make(target: str, name: str, *, symbolic: bool, relative: bool) -> None:
    """One link; an error names the link where the target is not at fault."""
    try:
        if symbolic:
            text = os.path.relpath(target, os.path.dirname(name) or ".") if relative else target
            os.symlink(text, name)
        else:
            os.link(target, name, follow_symlinks=False)
    except FileExistsError as error:
        raise about(name, error) from None
