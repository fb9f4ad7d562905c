"""cmp - compare two files byte by byte.

Ref: POSIX.1-2017 XCU cmp; the options are GNU's.
"""

from __future__ import annotations

from uroot_py.base.errors import Report
from uroot_py.base.options import Command, Option
from uroot_py.streams.inputs import CHUNK, source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO, TextIO

COMMAND = Command(
    "cmp",
    "cmp [-ls] [-n N] [-i N] FILE [FILE]",
    VERBOSE := Option("-l", "--verbose", help="every difference: place and both bytes"),
    QUIET := Option("-s", "--quiet", "--silent", help="say nothing, only the status"),
    BYTES := Option("-n", "--bytes", value="N", help="compare at most N bytes"),
    SKIP := Option("-i", "--ignore-initial", value="N", help="pass over the first N bytes"),
    example="cmp -n 1M /dev/sda backup.img",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Status 0 if they are equal, 1 if not, 2 if one cannot be read."""
    given = COMMAND.parse(args, min_operands=1, max_operands=2)
    names = [*given.operands, "-"][:2]
    report = Report("cmp", stderr)
    verbose = given.flag(VERBOSE)
    with report, source(names[0], stdin) as one, source(names[1], stdin) as other:
        for file in (one, other):
            pass_over(file, given.size(SKIP) or 0)
        ended, differences = compare([one, other], given.size(BYTES), stop=not verbose)
    if report.status:
        return 2
    if not given.flag(QUIET):
        width = len(str(differences[-1][0])) if differences else 0
        for at, left, right, line in differences:
            if verbose:
                stdout.write(f"{at:>{width}} {left:3o} {right:3o}\n")
            else:
                stdout.write(f"{names[0]} {names[1]} differ: byte {at}, line {line}\n")
        if ended:
            side, text = ended
            stderr.write(f"cmp: EOF on {names[side]}{text}\n")
    return 1 if differences or ended else 0


def pass_over(file: BinaryIO, count: int) -> None:
    """Read COUNT bytes away."""
    while count and (data := file.read(min(count, CHUNK))):
        count -= len(data)


def compare(
    files: list[BinaryIO], limit: int | None, *, stop: bool
) -> tuple[tuple[int, str] | None, list[tuple[int, int, int, int]]]:
    """Which file ended first, and where; and the differences (place, bytes, line)."""
    at, line = 0, 1
    found: list[tuple[int, int, int, int]] = []
    while limit is None or at < limit:
        size = CHUNK if limit is None else min(CHUNK, limit - at)
        left, right = (file.read(size) for file in files)
        common = min(len(left), len(right))
        if left[:common] != right[:common]:
            for place in range(common):
                if left[place] != right[place]:
                    newlines = left.count(b"\n", 0, place) if stop else 0
                    found.append((at + place + 1, left[place], right[place], line + newlines))
                    if stop:
                        return None, found
        line += left.count(b"\n", 0, common)
        at += common
        if len(left) != len(right):
            side = 0 if len(left) < len(right) else 1
            if not at:
                return (side, " which is empty"), found
            whole = left[common - 1 : common] == b"\n"
            where = f", line {line - 1}" if whole else f", in line {line}"
            return (side, f" after byte {at}" + (where if stop else "")), found
        if not left:
            break
    return None, found
