"""true - do nothing, with success.

``false`` does nothing, without success. Ref: POSIX.1-2017 XCU true, false.
"""

from __future__ import annotations

from uroot_py.base.options import Command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Status 0, whatever ARGS are."""
    if args == ["--help"]:
        Command("true", "true", example="while true; do ping -c 1 10.0.2.2; done").parse(args)
    return 0


def false(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Status 1, whatever ARGS are."""
    if args == ["--help"]:
        Command("false", "false", example="until false; do date; sleep 5; done").parse(args)
    return 1
