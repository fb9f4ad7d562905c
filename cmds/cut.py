"""cut - print parts of lines.

Ref: POSIX.1-2017 XCU cut; the options are GNU's.
"""

from __future__ import annotations

from uroot_py.base.errors import Report
from uroot_py.base.options import Command, Ignored, Option
from uroot_py.streams.inputs import every_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMAND = Command(
    "cut",
    "cut (-b LIST | -c LIST | -f LIST) [OPTION]... [FILE]...",
    BYTES := Option("-b", "--bytes", value="LIST", help="these bytes: 1, 3-5, 7-, -2"),
    CHARACTERS := Option(
        "-c", "--characters", value="LIST", help="these characters (counted as bytes)"
    ),
    FIELDS := Option("-f", "--fields", value="LIST", help="these fields"),
    DELIMITER := Option("-d", "--delimiter", value="C", help="what is between fields (a tab)"),
    ONLY_DELIMITED := Option("-s", "--only-delimited", help="only lines with a delimiter"),
    COMPLEMENT := Option("--complement", help="all but these"),
    BETWEEN := Option("--output-delimiter", value="TEXT", help="between the parts printed"),
    Ignored("-n"),
    example="cut -d: -f1,7 /etc/passwd",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Print the parts of every line."""
    given = COMMAND.parse(args)
    kinds = [row for row in (BYTES, CHARACTERS, FIELDS) if given.flag(row)]
    if len(kinds) != 1:
        raise COMMAND.usage_error("one of -b, -c, -f is needed")
    ranges = parse(given.text(kinds[0]) or "")
    if given.flag(COMPLEMENT):
        ranges = others(ranges)
    by_field = kinds[0] is FIELDS
    delimiter = encoded(given.text(DELIMITER), b"\t")
    if len(delimiter) != 1 or (given.flag(DELIMITER) and not by_field):
        raise COMMAND.usage_error("-d: one character, with -f")
    between = encoded(given.text(BETWEEN), delimiter if by_field else b"")
    report = Report("cut", stderr)
    stdout.flush()
    for line in every_line(given.operands, stdin, report):
        bare = line.removesuffix(b"\n")
        if not by_field:
            parts = [bare[start:end] for start, end in ranges]
            stdout.buffer.write(between.join(filter(None, parts)) + b"\n")
        elif delimiter in bare:
            fields = bare.split(delimiter)
            parts = [field for start, end in ranges for field in fields[start:end]]
            stdout.buffer.write(between.join(parts) + b"\n")
        elif not given.flag(ONLY_DELIMITED):
            stdout.buffer.write(bare + b"\n")
    return report.status


def encoded(text: str | None, default: bytes) -> bytes:
    """An option's value as bytes."""
    return default if text is None else text.encode("utf-8", "surrogateescape") or b"\0"


def parse(text: str) -> list[tuple[int, int | None]]:
    """``1,3-5,7-`` as slices, sorted and joined where they touch."""
    found: list[tuple[int, int | None]] = []
    for word in text.replace(" ", ",").split(","):
        first, dash, last = word.partition("-")
        digits = (
            (first + last).isdecimal()
            and len(first + last) < 40
            and (first or "1") != "0"
            and last != "0"
        )
        if not digits or (dash and first and last and int(last) < int(first)):
            raise COMMAND.usage_error(f"expected a list such as 1,3-5,7-, found {text!r}")
        end: int | None = None
        if last or not dash:
            end = int(last or first)
        found.append((int(first or 1) - 1, end))
    found.sort(key=lambda pair: pair[0])
    joined = [found[0]]
    for start, end in found[1:]:
        before = joined[-1]
        if before[1] is None or start < before[1]:
            far = None if end is None or before[1] is None else max(before[1], end)
            joined[-1] = (before[0], far)
        else:
            joined.append((start, end))
    return joined


def others(ranges: list[tuple[int, int | None]]) -> list[tuple[int, int | None]]:
    """What RANGES leave out."""
    found: list[tuple[int, int | None]] = []
    at: int | None = 0
    for start, end in ranges:
        if at is not None and start > at:
            found.append((at, start))
        at = end
    return found if at is None else [*found, (at, None)]
