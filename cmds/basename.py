"""basename - print the last part of paths.

``dirname`` prints what is before it. Ref: POSIX.1-2017 XCU basename, dirname.
"""

from __future__ import annotations

from uroot_py.base.options import Command, Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMAND = Command(
    "basename",
    "basename PATH [SUFFIX] | basename [-a] [-s SUFFIX] PATH...",
    MULTIPLE := Option("-a", "--multiple", help="every operand is a path"),
    SUFFIX := Option("-s", "--suffix", value="SUFFIX", help="without this ending"),
    ZERO := Option("-z", "--zero", help="lines end with NUL"),
    example="basename /boot/vmlinuz-6.1 .img",
)
FOLDER = Command(
    "dirname",
    "dirname PATH...",
    ZERO,
    example="dirname /boot/vmlinuz-6.1",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Print the names."""
    given = COMMAND.parse(args, min_operands=1)
    suffix = given.text(SUFFIX) or ""
    paths = given.operands
    if not (given.flag(MULTIPLE) or given.flag(SUFFIX)):
        if len(paths) > 2:
            raise COMMAND.usage_error(f"unexpected operand {paths[2]!r}")
        suffix = paths.pop() if len(paths) == 2 else ""
    for path in paths:
        name = path.rstrip("/").rpartition("/")[2] or path[:1]
        name = name.removesuffix(suffix) if name != suffix else name
        stdout.write(name + ("\0" if given.flag(ZERO) else "\n"))
    return 0


def dirname(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Print the directories."""
    given = FOLDER.parse(args, min_operands=1)
    for path in given.operands:
        head, slash, _ = path.rstrip("/").rpartition("/")
        folder = head.rstrip("/") or slash or ("/" if path[:1] == "/" else ".")
        stdout.write(folder + ("\0" if given.flag(ZERO) else "\n"))
    return 0
