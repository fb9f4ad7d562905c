"""find - look for files in a directory tree.

Ref: POSIX.1-2017 XCU find; the tests are GNU's.
"""

from __future__ import annotations

from uroot_py.base.errors import Report
from uroot_py.base.options import Command
from uroot_py.files.find_expression import Search

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMAND = Command(
    "find",
    "find [-L] [PATH]... [EXPRESSION]",
    example="find /mnt/etc -name '*.conf' -mtime -7",
    notes="""-name -iname -path PATTERN   the name, the whole path
-type f|d|l|b|c|p|s          the kind of file
-size [+-]N[ckMG]            more than, less than, exactly N (blocks of 512 bytes)
-mtime -mmin [+-]N           changed N days, minutes ago
-newer FILE  -empty  -perm [-/]MODE  -user U  -group G  -links N  -inum N
-maxdepth N  -mindepth N  -xdev  -depth
-print -print0 -ls -delete -prune -quit -exec COMMAND {} ; or {} +
! -a -o ( )                  not, and (may be left out), or, grouped""",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Walk every PATH and do what the expression says."""
    if args == ["--help"]:
        COMMAND.parse(args)
    words = list(args)
    follow = words[:1] == ["-L"]
    if follow or words[:1] == ["-P"]:
        words.pop(0)
    paths = []
    while words and words[0][:1] != "-" and words[0] not in ("!", "(", ")", ","):
        paths.append(words.pop(0))
    report = Report("find", stderr)
    search = Search(words, stdout, report)
    search.run(paths or ["."], follow=follow)
    return report.status
