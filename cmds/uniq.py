"""uniq - leave out lines that repeat the one before.

Ref: POSIX.1-2017 XCU uniq; the options are GNU's.
"""

from __future__ import annotations

from uroot_py.base.options import Command, Option
from uroot_py.streams.inputs import lines, source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO, TextIO

    from uroot_py.base.options import ParsedArgs

COMMAND = Command(
    "uniq",
    "uniq [OPTION]... [INPUT [OUTPUT]]",
    COUNT := Option("-c", "--count", help="how often each line came"),
    REPEATED := Option("-d", "--repeated", help="only lines that came more than once"),
    UNIQUE := Option("-u", "--unique", help="only lines that came once"),
    IGNORE_CASE := Option("-i", "--ignore-case", help="A is a"),
    SKIP_FIELDS := Option(
        "-f", "--skip-fields", value="N", help="do not compare the first N fields"
    ),
    SKIP_CHARS := Option("-s", "--skip-chars", value="N", help="nor the N characters after them"),
    CHECK_CHARS := Option("-w", "--check-chars", value="N", help="compare at most N characters"),
    example="sort names | uniq -c",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Filter INPUT to OUTPUT."""
    given = COMMAND.parse(args, max_operands=2)
    read, write = [*given.operands, "-", "-"][:2]
    stdout.flush()
    with source(read, stdin) as file:
        if write == "-":
            filtered(file, stdout.buffer, given)
        else:
            with open(write, "wb") as target:
                filtered(file, target, given)
    return 0


def filtered(file: BinaryIO, target: BinaryIO, given: ParsedArgs) -> None:
    """Write one line of each group of equal ones."""
    fields, chars = given.number(SKIP_FIELDS) or 0, given.number(SKIP_CHARS) or 0
    most = given.number(CHECK_CHARS)
    fold = given.flag(IGNORE_CASE)

    def key(line: bytes) -> bytes:
        for _ in range(fields):
            line = line.lstrip(b" \t")
            line = line[len(line.split(None, 1)[0]) :] if line.strip() else b""
        line = line[chars:]
        line = line if most is None else line[:most]
        return line.upper() if fold else line

    first, times, known = b"", 0, b""
    for line in lines(file):
        bare = line.removesuffix(b"\n")
        here = key(bare)
        if times and here == known:
            times += 1
            continue
        put(target, first, times, given)
        first, times, known = bare, 1, here
    put(target, first, times, given)


def put(target: BinaryIO, line: bytes, times: int, given: ParsedArgs) -> None:
    """Write LINE, which came TIMES times, if that number is wanted."""
    if not times or (times == 1 and given.flag(REPEATED)) or (times > 1 and given.flag(UNIQUE)):
        return
    target.write(b"%7d %s\n" % (times, line) if given.flag(COUNT) else line + b"\n")
