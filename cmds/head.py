"""head - print the beginning of files.

Ref: POSIX.1-2017 XCU head; the options are GNU's.
"""

from __future__ import annotations

from uroot_py.base.errors import Report
from uroot_py.base.options import Command, Option
from uroot_py.base.text import parse_size
from uroot_py.streams.inputs import Headings, chunks, lines, old_count, opened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO, TextIO

COMMAND = Command(
    "head",
    "head [-n N | -c N] [-qv] [FILE]...",
    LINES := Option("-n", "--lines", value="N", help="so many lines (10); -N: all but the last N"),
    BYTES := Option("-c", "--bytes", value="N", help="so many bytes; -N: all but the last N"),
    QUIET := Option("-q", "--quiet", "--silent", help="no names above the files"),
    VERBOSE := Option("-v", "--verbose", help="always names above the files"),
    example="head -n 20 /proc/iomem",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Print the beginning of every operand."""
    given = COMMAND.parse(old_count(args, "-n"))
    words = given.text(BYTES) or given.text(LINES) or "10"
    back = words.startswith("-")
    count = parse_size(words.lstrip("+-"), "N")
    report = Report("head", stderr)
    style = given.last(VERBOSE, QUIET)
    many = len(given.operands) > 1
    heading = Headings(stdout, wanted=style is VERBOSE or (many and style is not QUIET))
    for file in opened(given.operands, stdin, report):
        with report:
            heading.show(file)
            pieces = chunks(file) if given.flag(BYTES) else lines(file)
            if back:
                kept = but_the_last(pieces, count, whole=not given.flag(BYTES))
            else:
                kept = the_first(file, pieces, count, whole=not given.flag(BYTES))
            stdout.buffer.writelines(kept)
    return report.status


def the_first(
    file: BinaryIO, pieces: Iterator[bytes], count: int, *, whole: bool
) -> Iterator[bytes]:
    """The first COUNT lines (WHOLE) or bytes; no more is read than that."""
    if not whole:
        while count and (data := file.read(min(count, 1 << 16))):
            yield data
            count -= len(data)
        return
    if count:
        for number, line in enumerate(pieces, 1):
            yield line
            if number == count:
                return


def but_the_last(pieces: Iterator[bytes], count: int, *, whole: bool) -> Iterator[bytes]:
    """All but the last COUNT lines (WHOLE) or bytes."""
    held: list[bytes] = []
    for piece in pieces:
        if whole:
            held.append(piece)
            if len(held) > count:
                yield held.pop(0)
        else:
            data = b"".join([*held, piece])
            cut = max(len(data) - count, 0)
            yield data[:cut]
            held = [data[cut:]]
