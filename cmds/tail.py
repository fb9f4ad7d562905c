"""tail - print the end of files, and follow them as they grow.

Ref: POSIX.1-2017 XCU tail; the options are GNU's.
"""

from __future__ import annotations

import os

from uroot_py.base.errors import Report
from uroot_py.base.options import Command, Option
from uroot_py.base.text import parse_size
from uroot_py.streams.inputs import Headings, chunks, lines, old_count, opened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO, TextIO

COMMAND = Command(
    "tail",
    "tail [-n [+]N | -c [+]N] [-fqv] [FILE]...",
    LINES := Option("-n", "--lines", value="N", help="so many lines (10); +N: from line N on"),
    BYTES := Option("-c", "--bytes", value="N", help="so many bytes; +N: from byte N on"),
    FOLLOW := Option("-f", "--follow", help="go on with what is added, until interrupted"),
    FOLLOW_NAME := Option("-F", help="-f, also when the file is replaced by a new one"),
    EVERY := Option("-s", "--sleep-interval", value="SECONDS", help="with -f: look so often (1)"),
    QUIET := Option("-q", "--quiet", "--silent", help="no names above the files"),
    VERBOSE := Option("-v", "--verbose", help="always names above the files"),
    example="tail -f /var/log/boot",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Print the end of every operand."""
    given = COMMAND.parse(old_count(args, "-n"))
    words = given.text(BYTES) or given.text(LINES) or "10"
    forward = words.startswith("+")
    count = parse_size(words.lstrip("+-"), "N")
    report = Report("tail", stderr)
    style = given.last(VERBOSE, QUIET)
    many = len(given.operands) > 1
    heading = Headings(stdout, wanted=style is VERBOSE or (many and style is not QUIET))
    places: dict[str, tuple[int, int]] = {}  # name -> inode, and how far it was printed
    for file in opened(given.operands, stdin, report):
        with report:
            heading.show(file)
            if forward:
                since(file, stdout.buffer, max(count - 1, 0), whole=not given.flag(BYTES))
            elif given.flag(BYTES):
                last_bytes(file, stdout.buffer, count)
            else:
                last_lines(file, stdout.buffer, count)
            stdout.buffer.flush()
            if file is not stdin.buffer and file.seekable():
                places[str(file.name)] = (os.fstat(file.fileno()).st_ino, file.tell())
    if given.flag(FOLLOW) or given.flag(FOLLOW_NAME):
        interval = float(given.text(EVERY) or 1)
        by_name = given.flag(FOLLOW_NAME)
        names = [name for name in given.operands if by_name or name in places]
        if names:
            follow(names, places, heading, stdout.buffer, interval, by_name=by_name)
    return report.status


def since(file: BinaryIO, output: BinaryIO, passed: int, *, whole: bool) -> None:
    """Print what comes after PASSED lines (WHOLE) or bytes."""
    if whole:
        for number, line in enumerate(lines(file)):
            if number >= passed:
                output.write(line)
        return
    for chunk in chunks(file):
        output.write(chunk[passed:])
        passed = max(passed - len(chunk), 0)


def last_bytes(file: BinaryIO, output: BinaryIO, count: int) -> None:
    """Print the last COUNT bytes."""
    try:
        size = file.seek(0, os.SEEK_END)
    except OSError:
        held = b""
        for chunk in chunks(file):
            held = (held + chunk)[-count or len(held) + len(chunk) :]
        output.write(held)
    else:
        file.seek(max(size - count, 0))
        output.writelines(chunks(file))


def last_lines(file: BinaryIO, output: BinaryIO, count: int) -> None:
    """Print the last COUNT lines; of a file that can be searched only its end is read."""
    if not count:
        return
    try:
        end = file.seek(0, os.SEEK_END)
    except OSError:
        held: list[bytes] = []
        for line in lines(file):
            held.append(line)
            del held[:-count]
        output.writelines(held)
    else:
        file.seek(begin(file, end, count))
        output.writelines(chunks(file))


def begin(file: BinaryIO, end: int, count: int) -> int:
    """Where the last COUNT lines of FILE, which ends at END, begin."""
    at = end - 1  # a newline there ends the last line
    while at > 0:
        size = min(at, 1 << 16)
        at -= size
        file.seek(at)
        data = file.read(size)
        found = data.count(b"\n")
        if found >= count:
            place = size
            for _ in range(count):
                place = data.rfind(b"\n", 0, place)
            return at + place + 1
        count -= found
    return 0


def follow(
    names: list[str],
    places: dict[str, tuple[int, int]],
    heading: Headings,
    output: BinaryIO,
    interval: float,
    *,
    by_name: bool,
) -> None:
    """Print what is added to the files, for ever."""
    import time

    while True:
        for name in names:
            if os.path.exists(name):
                status = os.stat(name)
                inode, size = places.get(name, (0, 0))
                if (by_name and status.st_ino != inode) or status.st_size < size:
                    size = 0
                if status.st_size > size:
                    with open(name, "rb") as file:
                        heading.show(file)
                        file.seek(size)
                        data = file.read()
                        output.write(data)
                        output.flush()
                        size += len(data)
                places[name] = (status.st_ino, size)
        time.sleep(interval)
