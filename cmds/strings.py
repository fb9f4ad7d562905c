"""strings - print the text inside of binary files.

Ref: POSIX.1-2017 XCU strings.
"""

from __future__ import annotations

from uroot_py.base.errors import Report
from uroot_py.base.options import Command, Ignored, Option
from uroot_py.streams.inputs import chunks, opened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO, TextIO

COMMAND = Command(
    "strings",
    "strings [-a] [-n N] [-t d|o|x] [FILE]...",
    BYTES := Option("-n", "--bytes", value="N", help="at least N characters (4)"),
    RADIX := Option("-t", "--radix", value="d|o|x", help="where each one begins"),
    PRINT_FILE_NAME := Option("-f", "--print-file-name", help="the file before each one"),
    Ignored("-a", "--all", help="the whole file (the default)"),
    example="strings -n 8 /boot/vmlinuz",
)
PLAIN = bytes(byte if byte == 9 or 32 <= byte < 127 else 0 for byte in range(256))


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Print every run of printable ASCII."""
    given = COMMAND.parse(args)
    least = given.number(BYTES)
    least = 4 if least is None else least
    radix = given.text(RADIX)
    if not least or radix not in (None, "d", "o", "x"):
        raise COMMAND.usage_error("-n wants a number above 0, -t one of d, o, x")
    report = Report("strings", stderr)
    for file in opened(given.operands, stdin, report):
        with report:
            name = "{standard input}" if file is stdin.buffer else str(file.name)
            prefix = f"{name}: " if given.flag(PRINT_FILE_NAME) else ""
            for offset, text in runs(file, least):
                where = f"{offset:7{radix}} " if radix else ""
                stdout.write(f"{prefix}{where}{text.decode('ascii')}\n")
    return report.status


def runs(file: BinaryIO, least: int) -> Iterator[tuple[int, bytes]]:
    """(offset, text) of each run of at least LEAST printable characters."""
    offset, held = 0, bytearray()
    for chunk in chunks(file):
        *parts, rest = chunk.translate(PLAIN).split(b"\0")
        for part in parts:
            held += part
            if len(held) >= least:
                yield offset, bytes(held)
            offset += len(held) + 1
            held.clear()
        held += rest
    if len(held) >= least:
        yield offset, bytes(held)
