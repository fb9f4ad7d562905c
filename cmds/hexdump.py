"""hexdump - print bytes in hexadecimal.

Ref: hexdump(1).
"""

from __future__ import annotations

from uroot_py.base.errors import Report
from uroot_py.base.options import Command, Option
from uroot_py.base.reader import numbers
from uroot_py.streams.dump import canonical_row, rows
from uroot_py.streams.inputs import CHUNK, opened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

COMMAND = Command(
    "hexdump",
    "hexdump [-Cv] [-s N] [-n N] [FILE]...",
    CANONICAL := Option("-C", "--canonical", help="bytes, and their text beside them"),
    NO_SQUEEZING := Option("-v", "--no-squeezing", help="also rows that repeat the one before"),
    SKIP := Option("-s", "--skip", value="N", help="pass over N bytes"),
    LENGTH := Option("-n", "--length", value="N", help="only N bytes"),
    example="hexdump -C -n 512 /dev/sda",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Print all operands as one row of bytes."""
    given = COMMAND.parse(args)
    report = Report("hexdump", stderr)
    shape = canonical_row if given.flag(CANONICAL) else words_row
    width = 8 if given.flag(CANONICAL) else 7
    window = Window(given.size(SKIP) or 0, given.size(LENGTH))
    at, before, starred = window.skip, b"", False
    for row in rows(window.pieces(given.operands, stdin, report)):
        if row == before and len(row) == 16 and not given.flag(NO_SQUEEZING):
            stdout.write("" if starred else "*\n")
            starred = True
        else:
            stdout.write(f"{shape(at, row)}\n")
            starred = False
        before = row
        at += len(row)
    stdout.write(f"{window.at:0{width}x}\n" if window.at else "")
    return report.status


def words_row(offset: int, row: bytes) -> str:
    """``0000010 6261 6463 ...``: words of two bytes, the second byte first."""
    words = [f"{number:04x}" for number in numbers(row + bytes(len(row) % 2), 2)]
    return f"{offset:07x} {' '.join(words):<39}"


class Window:
    """The bytes of all operands from SKIP on, at most LIMIT of them; ``at`` is how far it came."""

    def __init__(self, skip: int, limit: int | None) -> None:
        self.skip = skip
        self.limit = limit
        self.at = 0

    def pieces(self, operands: list[str], stdin: TextIO, report: Report) -> Iterator[bytes]:
        """The bytes; no more is read than is needed."""
        end = None if self.limit is None else self.skip + self.limit
        for file in opened(operands, stdin, report):
            with report:
                begin = self.at
                if self.at < self.skip and file.seekable():
                    size = file.seek(0, 2)
                    self.at += min(self.skip - self.at, size)  # most files of /proc have no size
                    file.seek(self.at - begin)
                while end is None or self.at < end:
                    stop = self.skip if self.at < self.skip else end
                    data = file.read(CHUNK if stop is None else min(CHUNK, stop - self.at))
                    if not data:
                        break
                    if self.at >= self.skip:
                        yield data
                    self.at += len(data)
