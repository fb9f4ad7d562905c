"""sort - sort lines.

By bytes, as in the C locale. Ref: POSIX.1-2017 XCU sort; the options are GNU's.
"""

from __future__ import annotations

from uroot_py.base.errors import Report
from uroot_py.base.options import Command, Option
from uroot_py.streams.inputs import every_line
from uroot_py.streams.sort_keys import LETTERS, Key, Order

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from uroot_py.base.options import ParsedArgs

COMMAND = Command(
    "sort",
    "sort [OPTION]... [FILE]...",
    Option("-n", "--numeric-sort", help="by the number a line begins with"),
    Option("-g", "--general-numeric-sort", help="the same with exponents"),
    Option("-h", "--human-numeric-sort", help="by sizes such as 2K, 1G"),
    Option("-V", "--version-sort", help="numbers inside of names by their value"),
    Option("-M", "--month-sort", help="JAN before FEB"),
    Option("-f", "--ignore-case", help="a is A"),
    Option("-b", "--ignore-leading-blanks", help="pass over blanks in front"),
    Option("-d", "--dictionary-order", help="only blanks, letters and digits count"),
    Option("-r", "--reverse", help="the other way round"),
    Option("-u", "--unique", help="one line of equal ones"),
    Option("-s", "--stable", help="leave equal lines in their order"),
    Option("-k", "--key", value="KEY", help="by F[.C][OPTS][,F[.C][OPTS]]; may be given again"),
    Option("-t", "--field-separator", value="C", help="what is between fields (blanks)"),
    Option("-c", "--check", help="only say whether it is sorted"),
    Option("-C", help="the same, by the status alone"),
    Option("-m", "--merge", help="the files are sorted already"),
    Option("-o", "--output", value="FILE", help="write to FILE, which may be an operand"),
    example="du -h /mnt | sort -h",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Sort the lines of all operands."""
    given = COMMAND.parse(args)
    order = ordering(given)
    report = Report("sort", stderr)
    found = [line.removesuffix(b"\n") for line in every_line(given.operands, stdin, report)]
    if report.status:
        return 2
    if given.flag("check") or given.flag("C"):
        at = order.first_disorder(found)
        if at is not None and not given.flag("C"):
            name = [*given.operands, "-"][0]
            text = found[at].decode("utf-8", "replace")
            stderr.write(f"sort: {name}:{at + 1}: disorder: {text}\n")
        return 0 if at is None else 1
    data = b"".join(line + b"\n" for line in order.sorted(found))
    target = given.text("output")
    if target is None:
        stdout.flush()
        stdout.buffer.write(data)
    else:
        with open(target, "wb") as file:
            file.write(data)
    return 0


def ordering(given: ParsedArgs) -> Order:
    """The order that the options ask for."""
    separator = given.text("field-separator")
    if separator is not None:
        separator = "\0" if separator == "\\0" else separator
        if len(separator.encode("utf-8", "surrogateescape")) != 1:
            raise COMMAND.usage_error(f"-t: expected one character, found {separator!r}")
    split = None if separator is None else separator.encode("utf-8", "surrogateescape")
    letters = "".join(row.names[0][1] for row in COMMAND.rows if given.flag(row.key))
    common = "".join(letter for letter in letters if letter in LETTERS)
    keys = [Key(text, common, split) for text in given.all("key")]
    return Order(keys, common, split, unique=given.flag("unique"), stable=given.flag("stable"))
