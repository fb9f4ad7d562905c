"""wc - count lines, words and bytes.

Ref: POSIX.1-2017 XCU wc; the options are GNU's.
"""

from __future__ import annotations

import os
import stat

from uroot_py.base.errors import Report
from uroot_py.base.options import Command, Option
from uroot_py.streams.inputs import chunks, opened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO, TextIO

COMMAND = Command(
    "wc",
    "wc [-lwcmL] [FILE]...",
    Option("-l", "--lines", help="newlines"),
    Option("-w", "--words", help="words"),
    Option("-m", "--chars", help="characters (UTF-8)"),
    Option("-c", "--bytes", help="bytes"),
    Option("-L", "--max-line-length", help="the length of the longest line"),
    example="dmesg | wc -l",
)
FIRST = bytes(byte for byte in range(256) if byte & 0xC0 != 0x80)  # of a character in UTF-8
ORDER = ("lines", "words", "chars", "bytes", "max-line-length")


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Print the counts of every operand, and their sum."""
    given = COMMAND.parse(args)
    wanted = [key for key in ORDER if given.flag(key)] or ["lines", "words", "bytes"]
    report = Report("wc", stderr)
    rows: list[tuple[list[int], str]] = []
    width = 1
    for file in opened(given.operands, stdin, report):
        with report:
            counts = count(file)
            name = str(file.name) if file is not stdin.buffer else "-" * bool(given.operands)
            rows.append(([counts[key] for key in wanted], name))
            width = width if regular(file) else 7
    if len(given.operands) > 1:
        total = []
        for at, key in enumerate(wanted):
            column = [row[at] for row, _ in rows]
            total.append(max(column, default=0) if key == ORDER[-1] else sum(column))
        rows.append((total, "total"))
    sizes = [os.stat(p).st_size for p in given.operands if os.path.isfile(p)]
    width = max(width, len(str(sum(sizes))))
    width = 1 if len(rows) == 1 and len(wanted) == 1 else width
    for row, name in rows:
        stdout.write(" ".join([f"{n:>{width}}" for n in row] + [name] * bool(name)) + "\n")
    return report.status


def regular(file: BinaryIO) -> bool:
    """Whether FILE is a file on a disk, whose size bounds the counts."""
    try:
        return stat.S_ISREG(os.fstat(file.fileno()).st_mode)
    except OSError:
        return False


def count(file: BinaryIO) -> dict[str, int]:
    """Every count of FILE."""
    found = dict.fromkeys(ORDER, 0)
    tail = b""  # the last line so far, which may go on
    inside = False  # a word goes on
    for chunk in chunks(file):
        found["bytes"] += len(chunk)
        found["lines"] += chunk.count(b"\n")
        found["chars"] += len(chunk) - len(chunk.translate(None, FIRST))
        found["words"] += len(chunk.split()) - (inside and not chunk[:1].isspace())
        inside = not chunk[-1:].isspace()
        *full, tail = (tail + chunk).split(b"\n")
        longest = max((len(line.expandtabs(8)) for line in (*full, tail)), default=0)
        found["max-line-length"] = max(found["max-line-length"], longest)
    return found
