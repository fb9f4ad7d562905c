"""seq - print a row of numbers.

Ref: seq(1) of GNU coreutils.
"""

from __future__ import annotations

from uroot_py.base.errors import UsageError
from uroot_py.base.options import Command, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMAND = Command(
    "seq",
    "seq [-w] [-s TEXT] [-f FORMAT] [FIRST [STEP]] LAST",
    BETWEEN := Option(
        "-s", "--separator", value="TEXT", help="between the numbers, in place of a newline"
    ),
    EQUAL_WIDTH := Option("-w", "--equal-width", help="with leading zeros"),
    FORMAT := Option("-f", "--format", value="FORMAT", help="such as %03g"),
    example="seq -w 8 2 12",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Print FIRST, FIRST + STEP, ... as far as LAST."""
    given = COMMAND.parse(guard(args), min_operands=1, max_operands=3)
    words = given.operands
    first, step, last = ["1", "1", *words][-3:] if len(words) < 3 else words
    if len(words) == 2:
        first, step, last = words[0], "1", words[1]
    digits = max(places(first), places(step))
    scale = 10 ** max(digits, places(last))
    start, move, stop = (round(number(word) * scale) for word in (first, step, last))
    if not move:
        raise UsageError("the step must not be 0")
    shape = given.text(FORMAT) or f"%.{digits}f"
    try:
        width = max(len(shape % (at / scale)) for at in (start, stop))
    except (TypeError, ValueError):
        raise UsageError(f"expected a format such as %03g, found {shape!r}") from None
    width = width if given.flag(EQUAL_WIDTH) else 0
    between = ""
    for at in range(start, stop + (1 if move > 0 else -1), move):
        stdout.write(between + (shape % (at / scale)).zfill(width))
        between = given.text(BETWEEN) or "\n"
    if between:
        stdout.write("\n")
    return 0


def guard(args: list[str]) -> list[str]:
    """ARGS with ``--`` before the first negative number, which is not an option."""
    for at, word in enumerate(args):
        if word[:1] == "-" and word[1:2].isdecimal() and args[at - 1 : at] not in (["-s"], ["-f"]):
            return [*args[:at], "--", *args[at:]]
    return args


def number(word: str) -> float:
    """WORD as a number."""
    try:
        value = float(word)
    except ValueError:
        value = float("nan")
    if not abs(value) < 1e18:
        raise UsageError(f"expected a number, found {word!r}")
    return value


def places(word: str) -> int:
    """How many digits WORD has after its point."""
    return len(word.partition(".")[2])
