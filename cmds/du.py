"""du - sum up how much room files take.

Ref: POSIX.1-2017 XCU du; the options are GNU's.
"""

from __future__ import annotations

import stat

from uroot_py.base.errors import Report
from uroot_py.base.options import Command, Option
from uroot_py.base.text import short_size
from uroot_py.files.trees import walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from typing import TextIO

    from uroot_py.base.options import ParsedArgs

COMMAND = Command(
    "du",
    "du [OPTION]... [FILE]...",
    SUMMARIZE := Option("-s", "--summarize", help="only the sum of each operand"),
    ALL := Option("-a", "--all", help="files, too, not only directories"),
    MAX_DEPTH := Option("-d", "--max-depth", value="N", help="directories at most N deep"),
    HUMAN_READABLE := Option("-h", "--human-readable", help="as 1.5K, 20M"),
    KIB := Option("-k", help="in KiB (the default)"),
    MIB := Option("-m", help="in MiB"),
    BYTES := Option("-b", "--bytes", help="--apparent-size in bytes"),
    APPARENT := Option("--apparent-size", help="the sizes of the files, not the room on the disk"),
    TOTAL := Option("-c", "--total", help="also the sum of all operands"),
    ONE_FILE_SYSTEM := Option("-x", "--one-file-system", help="stay on one file system"),
    example="du -xhd 1 /mnt",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Print the sums, deepest directories first."""
    given = COMMAND.parse(args)
    report = Report("du", stderr)
    seen: set[tuple[int, int]] = set()
    total = 0
    for top in given.operands or ["."]:
        total += measure(top, given, report, stdout, seen)
    if given.flag(TOTAL):
        stdout.write(f"{shown(total, given)}\ttotal\n")
    return report.status


def measure(
    top: str, given: ParsedArgs, report: Report, stdout: TextIO, seen: set[tuple[int, int]]
) -> int:
    """Print and return the sum of TOP; a file with several names counts once."""
    limit = 0 if given.flag(SUMMARIZE) else given.number(MAX_DEPTH)
    below: dict[int, int] = {}  # depth -> the sum of what was finished there
    base = top.rstrip("/").count("/")
    size = 0
    for path, status in walk(top, report, after=True, one_device=given.flag(ONE_FILE_SYSTEM)):
        key = (status.st_dev, status.st_ino)
        if key in seen and not stat.S_ISDIR(status.st_mode):
            continue
        if status.st_nlink > 1:
            seen.add(key)
        depth = path.rstrip("/").count("/") - base if path != top else 0
        size = own_size(status, given) + below.pop(depth + 1, 0)
        below[depth] = below.get(depth, 0) + size
        wanted = stat.S_ISDIR(status.st_mode) or given.flag(ALL) or not depth
        if wanted and (limit is None or depth <= limit):
            stdout.write(f"{shown(size, given)}\t{path}\n")
    return size


def own_size(status: os.stat_result, given: ParsedArgs) -> int:
    """The bytes of one file."""
    if given.flag(APPARENT) or given.flag(BYTES):
        return status.st_size
    return status.st_blocks * 512


def shown(size: int, given: ParsedArgs) -> str:
    """SIZE in the unit that was asked for, rounded up."""
    unit = given.last(HUMAN_READABLE, KIB, MIB, BYTES) or KIB
    if unit is HUMAN_READABLE:
        return short_size(size)
    return str(-(-size // {BYTES: 1, KIB: 1 << 10, MIB: 1 << 20}[unit]))
