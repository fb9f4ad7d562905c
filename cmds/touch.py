"""touch - change the times of files, or make empty ones.

Ref: POSIX.1-2017 XCU touch; the options are GNU's.
"""

from __future__ import annotations

import os
import time

from uroot_py.base.dates import parse_date, parse_stamp
from uroot_py.base.errors import Report
from uroot_py.base.options import Command, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from uroot_py.base.options import ParsedArgs

COMMAND = Command(
    "touch",
    "touch [OPTION]... FILE...",
    ACCESS := Option("-a", help="only the time of the last access"),
    CHANGE := Option("-m", help="only the time of the last change"),
    NO_CREATE := Option("-c", "--no-create", help="make no new file"),
    DATE := Option(
        "-d", "--date", value="TEXT", help="this time: 2026-01-31 12:30, 12:30, @SECONDS"
    ),
    STAMP := Option("-t", value="STAMP", help="this time: [[CC]YY]MMDDhhmm[.SS]"),
    REFERENCE := Option("-r", "--reference", value="FILE", help="the times of FILE"),
    NO_DEREFERENCE := Option("-h", "--no-dereference", help="links themselves"),
    example="touch -d '2026-01-31 12:30' note",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Set the times of every operand."""
    given = COMMAND.parse(args, min_operands=1)
    access, change = wanted(given)
    follow = not given.flag(NO_DEREFERENCE)
    report = Report("touch", stderr)
    for path in given.operands:
        with report:
            if not (os.path.exists(path) if follow else os.path.lexists(path)):
                if given.flag(NO_CREATE) or not follow:
                    continue
                os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o666))
            now = os.stat(path, follow_symlinks=follow)
            times = (
                now.st_atime_ns if given.flag(CHANGE) and not given.flag(ACCESS) else access,
                now.st_mtime_ns if given.flag(ACCESS) and not given.flag(CHANGE) else change,
            )
            os.utime(path, ns=times, follow_symlinks=follow)
    return report.status


def wanted(given: ParsedArgs) -> tuple[int, int]:
    """The access and change times to set, in nanoseconds."""
    source, text, stamp = given.text(REFERENCE), given.text(DATE), given.text(STAMP)
    if source is not None:
        status = os.stat(source)
        return status.st_atime_ns, status.st_mtime_ns
    if text is not None:
        moment = parse_date(text)
    elif stamp is not None:
        moment = parse_stamp(stamp, century_first=True)
    else:
        return (time.time_ns(),) * 2
    return (round(moment * 1e9),) * 2
