"""The operands of a filter as byte streams: ``-`` and no operand at all are the standard input."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO, TextIO

    from uroot_py.base.errors import Report

CHUNK = 1 << 16


def chunks(file: BinaryIO) -> Iterator[bytes]:
    """FILE in pieces of at most CHUNK bytes, each as soon as it is there; errors name the file."""
    read = getattr(file, "read1", file.read)
    while True:
        try:
            chunk: bytes = read(CHUNK)
        except OSError as error:
            error.filename = getattr(file, "name", "input")
            raise
        if not chunk:
            return
        yield chunk


def opened(operands: Sequence[str], stdin: TextIO, report: Report) -> Iterator[BinaryIO]:
    """Each operand, open for reading; one that cannot be opened is reported and passed over.

    An error while reading belongs to the caller: ``with report:`` around the body.
    """
    for name in operands or ("-",):
        if name == "-":
            yield stdin.buffer
            continue
        with report, open(name, "rb") as file:
            yield file
