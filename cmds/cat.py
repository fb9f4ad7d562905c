"""cat - copy files to the output.

Ref: POSIX.1-2017 XCU cat; the options are GNU's.
"""

from __future__ import annotations

import os

from uroot_py.base.errors import RefusedError, Report
from uroot_py.base.options import Command, Option
from uroot_py.streams.inputs import CHUNK, chunks, lines, opened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO, TextIO

    from uroot_py.base.options import ParsedArgs

COMMAND = Command(
    "cat",
    "cat [OPTION]... [FILE]...",
    NUMBER := Option("-n", "--number", help="number the lines"),
    NUMBER_FULL := Option("-b", "--number-nonblank", help="number the lines that are not empty"),
    SQUEEZE_BLANK := Option("-s", "--squeeze-blank", help="one empty line in place of many"),
    CONTROL := Option("-v", "--show-nonprinting", help="show control characters as ^X and M-X"),
    SHOW_ENDS := Option("-E", "--show-ends", help="show each line's end as $"),
    SHOW_TABS := Option("-T", "--show-tabs", help="show tabs as ^I"),
    SHOW_ALL := Option("-A", "--show-all", help="-vET"),
    ENDS_TOO := Option("-e", help="-vE"),
    TABS_TOO := Option("-t", help="-vT"),
    UNBUFFERED := Option("-u", help="hold no line back"),
    example="cat -A /proc/cmdline",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Copy every operand; a file that cannot be read is reported, the others are still copied."""
    given = COMMAND.parse(args)
    report = Report("cat", stderr)
    stdout.flush()
    plain = not any(given.flag(row) for row in COMMAND.rows if row is not UNBUFFERED)
    shown = None if plain else Lines(given)
    for file in opened(given.operands, stdin, report):
        with report:
            check_other(file, stdout)
            copy(file, stdout.buffer) if shown is None else shown.copy(file, stdout.buffer)
    return report.status


def check_other(file: BinaryIO, output: TextIO) -> None:
    """RefusedError when what is read from FILE is what goes there: it would never end."""
    try:
        here, there = os.fstat(file.fileno()), os.fstat(output.fileno())
    except OSError:
        return  # a stream in memory
    if os.path.samestat(here, there) and file.seekable() and file.tell() < here.st_size:
        name = file.name if isinstance(file.name, str) else "input"
        raise RefusedError(f"{name}: is the output, too")


def copy(file: BinaryIO, output: BinaryIO) -> None:
    """Pass each piece on as soon as it is there."""
    for chunk in chunks(file):
        output.write(chunk)
        output.flush()


class Lines:
    """The state that goes from file to file: the line number, and whether a line was empty."""

    def __init__(self, given: ParsedArgs) -> None:
        self.number = given.flag(NUMBER) or given.flag(NUMBER_FULL)
        self.all_lines = not given.flag(NUMBER_FULL)
        self.unbuffered = given.flag(UNBUFFERED)
        self.squeeze = given.flag(SQUEEZE_BLANK)
        everything = given.flag(SHOW_ALL)
        self.ends = everything or given.flag(SHOW_ENDS) or given.flag(ENDS_TOO)
        self.tabs = everything or given.flag(SHOW_TABS) or given.flag(TABS_TOO)
        shown = everything or given.flag(CONTROL) or given.flag(ENDS_TOO) or given.flag(TABS_TOO)
        self.table = [visible(byte) if shown else bytes([byte]) for byte in range(256)]
        self.table[9] = b"^I" if self.tabs else b"\t"
        self.table[10] = b"$\n" if self.ends else b"\n"
        self.count = 0
        self.empty = False
        self.inside = False  # the last file ended without a newline: the line goes on

    def copy(self, file: BinaryIO, output: BinaryIO) -> None:
        """Copy FILE line by line."""
        for line in lines(file, CHUNK):
            if self.squeeze and self.empty and line == b"\n":
                continue
            self.empty = line == b"\n" and not self.inside
            if self.number and not self.inside and (self.all_lines or line != b"\n"):
                self.count += 1
                output.write(b"%6d\t" % self.count)
            output.write(b"".join([self.table[byte] for byte in line]))
            self.inside = not line.endswith(b"\n")
            if self.unbuffered:
                output.flush()


def visible(byte: int) -> bytes:
    """A byte as ``cat -v`` shows it."""
    meta = b"M-" if byte >= 128 else b""
    low = byte & 127
    if low == 127:
        return meta + b"^?"
    return meta + (b"^" + bytes([low + 64]) if low < 32 else bytes([low]))
