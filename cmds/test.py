"""test - compare words and numbers, and look at files.

``[`` is the same and wants ``]`` as its last word. Ref: POSIX.1-2017 XCU test.
"""

from __future__ import annotations

from uroot_py.base.options import Command
from uroot_py.files.condition import evaluate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

NOTES = """-e -f -d -L -b -c -p -S FILE      it exists, is such a file
-r -w -x -s FILE                  it may be read, written, run; is not empty
-z -n WORD                        it is empty, is not empty
WORD = WORD, WORD != WORD         the same, different
N -eq -ne -lt -le -gt -ge N       numbers
FILE -nt -ot -ef FILE             newer, older, the same file
! ( ) -a -o                       not, grouped, and, or"""


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Status 0 if the expression is true, 1 if it is false."""
    if args == ["--help"]:
        example = "test -e /sys/firmware/efi && echo UEFI"
        Command("test", "test EXPRESSION", example=example, notes=NOTES).parse(args)
    return 0 if evaluate(args) else 1


def bracket(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """The same for ``[ EXPRESSION ]``."""
    command = Command("[", "[ EXPRESSION ]", example="[ -d /mnt/boot ] || echo no", notes=NOTES)
    if args == ["--help"]:
        command.parse(args)
    if args[-1:] != ["]"]:
        raise command.usage_error("']' is missing")
    return 0 if evaluate(args[:-1]) else 1
