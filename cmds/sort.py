"""sort - sort lines.

By bytes, as in the C locale. Ref: POSIX.1-2017 XCU sort; the options are GNU's.
"""

from __future__ import annotations

from uroot_py.base.errors import Report, named_if_full
from uroot_py.base.options import Command, Ignored, Option
from uroot_py.streams.inputs import every_line
from uroot_py.streams.sort_keys import Key, Order

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from uroot_py.base.options import ParsedArgs

# What a key may have of its own, too: the letter is the same.
KEY_ROWS = (
    Option("-n", "--numeric-sort", help="by the number a line begins with"),
    Option("-g", "--general-numeric-sort", help="the same with exponents"),
    Option("-h", "--human-numeric-sort", help="by sizes such as 2K, 1G"),
    Option("-V", "--version-sort", help="numbers inside of names by their value"),
    Option("-M", "--month-sort", help="JAN before FEB"),
    Option("-f", "--ignore-case", help="a is A"),
    Option("-b", "--ignore-leading-blanks", help="pass over blanks in front"),
    Option("-d", "--dictionary-order", help="only blanks, letters and digits count"),
    Option("-r", "--reverse", help="the other way round"),
)
COMMAND = Command(
    "sort",
    "sort [OPTION]... [FILE]...",
    *KEY_ROWS,
    UNIQUE := Option("-u", "--unique", help="one line of equal ones"),
    STABLE := Option("-s", "--stable", help="leave equal lines in their order"),
    KEY := Option(
        "-k", "--key", value="KEY", help="by F[.C][OPTS][,F[.C][OPTS]]; may be given again"
    ),
    BETWEEN := Option("-t", "--field-separator", value="C", help="what is between fields (blanks)"),
    CHECK := Option("-c", "--check", help="only say whether it is sorted"),
    CHECK_SILENTLY := Option("-C", help="the same, by the status alone"),
    Ignored("-m", "--merge", help="the files are sorted already"),
    OUTPUT := Option("-o", "--output", value="FILE", help="write to FILE, which may be an operand"),
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
    if given.flag(CHECK) or given.flag(CHECK_SILENTLY):
        at = order.first_disorder(found)
        if at is not None and not given.flag(CHECK_SILENTLY):
            name = [*given.operands, "-"][0]
            text = found[at].decode("utf-8", "replace")
            stderr.write(f"sort: {name}:{at + 1}: disorder: {text}\n")
        return 0 if at is None else 1
    data = b"".join(line + b"\n" for line in order.sorted(found))
    target = given.text(OUTPUT)
    if target is None:
        stdout.flush()
        stdout.buffer.write(data)
    else:
        try:
            with open(target, "wb") as file:
                file.write(data)
        except OSError as error:
            raise named_if_full(target, error) from None
    return 0


def ordering(given: ParsedArgs) -> Order:
    """The order that the options ask for."""
    separator = given.text(BETWEEN)
    if separator is not None:
        separator = "\0" if separator == "\\0" else separator
        if len(separator.encode("utf-8", "surrogateescape")) != 1:
            raise COMMAND.usage_error(f"-t: expected one character, found {separator!r}")
    split = None if separator is None else separator.encode("utf-8", "surrogateescape")
    common = "".join(row.names[0][1] for row in KEY_ROWS if given.flag(row))
    keys = [Key(text, common, split) for text in given.all(KEY)]
    return Order(keys, common, split, unique=given.flag(UNIQUE), stable=given.flag(STABLE))
