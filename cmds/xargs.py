"""xargs - run a command with words from the input as its arguments.

Ref: POSIX.1-2017 XCU xargs; the options are GNU's.
"""

from __future__ import annotations

from uroot_py.base.errors import UsageError
from uroot_py.base.options import Command, Option
from uroot_py.machine.program import status_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMAND = Command(
    "xargs",
    "xargs [-0rt] [-n N] [-I TEXT] [COMMAND [ARGUMENT]...]",
    NULL := Option("-0", "--null", help="words end with NUL, as find -print0 writes them"),
    DELIMITER := Option("-d", "--delimiter", value="C", help="words end with this character"),
    MAX_ARGS := Option("-n", "--max-args", value="N", help="at most N words for each command"),
    REPLACE := Option("-I", value="TEXT", help="a command per line, which takes the place of TEXT"),
    NO_RUN_IF_EMPTY := Option("-r", "--no-run-if-empty", help="without words: no command"),
    VERBOSE := Option("-t", "--verbose", help="print each command first"),
    example="find /mnt -name '*.tmp' -print0 | xargs -0 rm",
    posix=True,
)
ROOM = 100_000  # bytes of arguments for one command; the kernel takes at least 128 KiB


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Run COMMAND as often as it takes; 123 if one failed, 124 to 127 as GNU does."""
    given = COMMAND.parse(args)
    command = given.operands or ["echo"]
    delimiter = "\0" if given.flag(NULL) else given.text(DELIMITER)
    place = given.text(REPLACE)
    text = stdin.buffer.read().decode("utf-8", "surrogateescape")
    if place is not None:
        delimiter = delimiter or "\n"
    words = split(text) if delimiter is None else text.split(separator(delimiter))
    if delimiter is not None and words and not words[-1]:
        words.pop()
    if place is not None:
        lines = [line.lstrip() for line in words if line.strip()]
        calls = [[word.replace(place, line) for word in command] for line in lines]
    else:
        groups = grouped(words, given.number(MAX_ARGS)) if words else []
        calls = [[*command, *group] for group in groups]
        if not calls and not given.flag(NO_RUN_IF_EMPTY):
            calls = [command]
    result = 0
    for call in calls:
        if given.flag(VERBOSE):
            stderr.write(" ".join(call) + "\n")
            stderr.flush()
        status = status_of(call)
        if status in (126, 127):
            return status
        if status == 255:
            return 124
        if status > 128:
            return 125
        result = 123 if status else result
    return result


def separator(text: str) -> str:
    """The character that ``-d`` names; it may be an escape."""
    from uroot_py.base.escapes import unescape

    data, _ = unescape(text)
    if len(data) != 1:
        raise COMMAND.usage_error(f"-d: expected one character, found {text!r}")
    return data.decode("utf-8", "surrogateescape")


def split(text: str) -> list[str]:
    """Words between blanks; quotes and backslashes keep blanks inside."""
    words: list[str] = []
    word: str | None = None
    at = 0
    while at < len(text):
        char = text[at]
        if char in " \t\n":
            if word is not None:
                words.append(word)
            word = None
        elif char in "'\"":
            end = text.find(char, at + 1)
            if end < 0 or "\n" in text[at:end]:
                raise UsageError("a quote is not closed", hint="-0 takes words as they are")
            word = (word or "") + text[at + 1 : end]
            at = end
        elif char == "\\" and at + 1 < len(text):
            at += 1
            word = (word or "") + text[at]
        else:
            word = (word or "") + char
        at += 1
    return words if word is None else [*words, word]


def grouped(words: list[str], most: int | None) -> list[list[str]]:
    """WORDS in groups of at most MOST, and of at most ROOM bytes."""
    groups: list[list[str]] = [[]]
    room = 0
    for word in words:
        size = len(word) * 4 + 9
        if groups[-1] and (len(groups[-1]) == most or room + size > ROOM):
            groups.append([])
            room = 0
        groups[-1].append(word)
        room += size
    return groups
