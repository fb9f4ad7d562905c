"""chmod - change the modes of files.

``chown`` and ``chgrp`` change their owners. Ref: POSIX.1-2017 XCU chmod, chown, chgrp.
"""

from __future__ import annotations

import os
import stat

from uroot_py.base.errors import Report
from uroot_py.base.options import Command, Option
from uroot_py.files.modes import current_umask, parse_mode
from uroot_py.files.owners import GROUPS, number_of, owner_ids
from uroot_py.files.trees import walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from uroot_py.base.options import ParsedArgs

RECURSIVE = Option("-R", "--recursive", help="also everything in directories")
REFERENCE = Option("--reference", value="FILE", help="as FILE has it")
VERBOSE = Option("-v", "--verbose", help="say what is changed")
QUIET = Option("-f", "--quiet", "--silent", help="say nothing about faults")
LINKS = Option("-h", "--no-dereference", help="links themselves")
COMMAND = Command(
    "chmod",
    "chmod [-Rvf] MODE[,MODE]... FILE...",
    RECURSIVE,
    REFERENCE,
    VERBOSE,
    QUIET,
    example="chmod u+x,go-w script",
)
OWNER = Command(
    "chown",
    "chown [-Rhvf] OWNER[:GROUP] FILE...",
    RECURSIVE,
    LINKS,
    REFERENCE,
    VERBOSE,
    QUIET,
    example="chown -R root:root /mnt/etc/ssh",
)
GROUP = Command(
    "chgrp",
    "chgrp [-Rhvf] GROUP FILE...",
    RECURSIVE,
    LINKS,
    REFERENCE,
    VERBOSE,
    QUIET,
    example="chgrp disk image",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Change the mode of every operand."""
    # A mode such as -w looks like options; no option of chmod is made of these letters only.
    word = next((w for w in args if w[:1] == "-" and not w.strip("-rwxXst+=,")), "")
    given = COMMAND.parse([w for w in args if w != word] if word not in ("", "--") else args)
    if word not in ("", "--"):
        given.operands.insert(0, word)
    mask = current_umask()
    source = given.text(REFERENCE)
    words, files = split(COMMAND, given, source)
    mode = oct(stat.S_IMODE(os.stat(source).st_mode))[2:] if source else words

    parse_mode(mode, 0, mask)

    def change(path: str, status: os.stat_result) -> str:
        if stat.S_ISLNK(status.st_mode):
            status = os.stat(path)
        old = stat.S_IMODE(status.st_mode)
        new = parse_mode(mode, old, mask, directory=stat.S_ISDIR(status.st_mode))
        os.chmod(path, new)
        names = [f"{bits:04o} ({stat.filemode(bits)[1:]})" for bits in (old, new)]
        if old == new:
            return f"mode of '{path}' retained as {names[0]}"
        return f"mode of '{path}' changed from {names[0]} to {names[1]}"

    return each("chmod", given, files, change, stdout, stderr)


def chown(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Change the owner of every operand."""
    given = OWNER.parse(args)
    source = given.text(REFERENCE)
    words, files = split(OWNER, given, source)
    user, group = (os.stat(source).st_uid, os.stat(source).st_gid) if source else owner_ids(words)
    return give(given, files, user, group, "chown", stdout, stderr)


def chgrp(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Change the group of every operand."""
    given = GROUP.parse(args)
    source = given.text(REFERENCE)
    words, files = split(GROUP, given, source)
    group = os.stat(source).st_gid if source else number_of(GROUPS, words)
    return give(given, files, -1, group, "chgrp", stdout, stderr)


def split(command: Command, given: ParsedArgs, source: str | None) -> tuple[str, list[str]]:
    """The mode or owner, and the files; with --reference there are only files."""
    words = given.operands
    if len(words) < (1 if source else 2):
        raise command.usage_error("an operand is missing")
    return ("", words) if source else (words[0], words[1:])


def give(
    given: ParsedArgs,
    files: list[str],
    user: int,
    group: int,
    name: str,
    stdout: TextIO,
    stderr: TextIO,
) -> int:
    """Change owner and group, where they are not -1."""
    links = given.flag(LINKS) or given.flag(RECURSIVE)

    def change(path: str, status: os.stat_result) -> str:
        os.chown(path, user, group, follow_symlinks=not links)
        return f"owner of '{path}' is now {user}:{group}"

    return each(name, given, files, change, stdout, stderr)


def each(
    name: str,
    given: ParsedArgs,
    files: list[str],
    change: Callable[[str, os.stat_result], str],
    stdout: TextIO,
    stderr: TextIO,
) -> int:
    """Apply CHANGE to FILES and, with -R, to what is in them; links found there are left alone."""
    report = Report(name, stderr)
    if given.flag(QUIET):
        report.quiet()
    for top in files:
        with report:
            found = walk(top, report) if given.flag(RECURSIVE) else [(top, os.lstat(top))]
            for path, status in found:
                if name == "chmod" and path != top and stat.S_ISLNK(status.st_mode):
                    continue
                with report:
                    said = change(path, status)
                    stdout.write(said + "\n" if given.flag(VERBOSE) else "")
    return report.status
