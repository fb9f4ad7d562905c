"""tee - copy the input to files and to the output.

Ref: POSIX.1-2017 XCU tee.
"""

from __future__ import annotations

from uroot_py.base.errors import Report, about
from uroot_py.base.options import Command, Option
from uroot_py.streams.inputs import chunks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO, TextIO

COMMAND = Command(
    "tee",
    "tee [-ai] [FILE]...",
    APPEND := Option("-a", "--append", help="add to the files"),
    IGNORE_INTERRUPTS := Option("-i", "--ignore-interrupts", help="go on when Ctrl-C is pressed"),
    example="dmesg | tee /mnt/dmesg.txt",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Copy; a file that cannot be written to is reported, the others still get everything."""
    given = COMMAND.parse(args)
    if given.flag(IGNORE_INTERRUPTS):
        from uroot_py.abi import signals

        signals.ignore(signals.SIGINT)
    report = Report("tee", stderr)
    targets: list[BinaryIO] = [stdout.buffer]
    for path in given.operands:
        with report:
            targets.append(open(path, "ab" if given.flag(APPEND) else "wb"))  # noqa: SIM115
    stdout.flush()
    for chunk in chunks(stdin.buffer):
        for target in list(targets):
            try:
                target.write(chunk)
                target.flush()
            except OSError as error:
                if target is stdout.buffer:
                    raise
                targets.remove(target)
                with report:
                    raise about(target.name, error) from None
    for target in targets[1:]:
        target.close()
    return report.status
