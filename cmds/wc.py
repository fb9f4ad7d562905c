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
    LINES := Option("-l", "--lines", help="newlines"),
    WORDS := Option("-w", "--words", help="words"),
    CHARS := Option("-m", "--chars", help="characters (UTF-8)"),
    BYTES := Option("-c", "--bytes", help="bytes"),
    LENGTH := Option("-L", "--max-line-length", help="the length of the longest line"),
    example="dmesg | wc -l",
)
FIRST = bytes(byte for byte in range(256) if byte & 0xC0 != 0x80)  # of a character in UTF-8
ORDER = (LINES, WORDS, CHARS, BYTES, LENGTH)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Print the counts of every operand, and their sum."""
    given = COMMAND.parse(args)
    wanted = [row for row in ORDER if given.flag(row)] or [LINES, WORDS, BYTES]
    report = Report("wc", stderr)
    rows: list[tuple[list[int], str]] = []
    width = 1
    for file in opened(given.operands, stdin, report):
        with report:
            counts = count(file, wanted)
            name = "-" if given.operands else ""
            if file is not stdin.buffer:
                name = str(file.name)
            rows.append((counts, name))
            width = width if regular(file) else 7
    if len(given.operands) > 1:
        total = []
        for at, row in enumerate(wanted):
            column = [counts[at] for counts, _ in rows]
            total.append(max(column, default=0) if row is LENGTH else sum(column))
        rows.append((total, "total"))
    sizes = [os.stat(p).st_size for p in given.operands if os.path.isfile(p)]
    width = max(width, len(str(sum(sizes))))
    width = 1 if len(rows) == 1 and len(wanted) == 1 else width
    for counts, name in rows:
        words = [f"{n:>{width}}" for n in counts]
        if name:
            words.append(name)
        stdout.write(" ".join(words) + "\n")
    return report.status


def regular(file: BinaryIO) -> bool:
    """Whether FILE is a file on a disk, whose size bounds the counts."""
    try:
        return stat.S_ISREG(os.fstat(file.fileno()).st_mode)
    except OSError:
        return False


def count(file: BinaryIO, wanted: list[Option]) -> list[int]:
    """The counts of FILE that are WANTED."""
    found = dict.fromkeys(ORDER, 0)
    inside = False  # a word goes on
    longest = at = 0  # columns of the longest line, and of this one so far
    for chunk in chunks(file):
        found[BYTES] += len(chunk)
        found[LINES] += chunk.count(b"\n")
        if CHARS in wanted:
            found[CHARS] += len(chunk) - len(chunk.translate(None, FIRST))
        if WORDS in wanted:
            found[WORDS] += len(chunk.split()) - (inside and not chunk[:1].isspace())
            inside = not chunk[-1:].isspace()
        for number, part in enumerate(chunk.split(b"\n") if LENGTH in wanted else ()):
            shift = 0 if number else at
            at = len((b" " * shift + part).expandtabs(8)) if b"\t" in part else shift + len(part)
            longest = max(longest, at)
    found[LENGTH] = longest
    return [found[row] for row in wanted]
