"""The operands of a filter as byte streams: ``-`` and no operand at all are the standard input."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import BinaryIO, TextIO

    from uroot_py.base.errors import Report

CHUNK = 1 << 16


def chunks(file: BinaryIO) -> Iterator[bytes]:
    """FILE in pieces of at most CHUNK bytes, each as soon as it is there; errors name the file."""
    read = getattr(file, "read1", file.read)
    return _named(file, iter(lambda: read(CHUNK), b""))


def lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines of FILE with their newlines; errors name the file."""
    return _named(file, file)


def _named(file: BinaryIO, pieces: Iterable[bytes]) -> Iterator[bytes]:
    try:
        yield from pieces
    except OSError as error:
        error.filename = getattr(file, "name", "input")
        raise


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


def every_line(operands: Sequence[str], stdin: TextIO, report: Report) -> Iterator[bytes]:
    """The lines of all operands one after another; what cannot be read is reported."""
    for file in opened(operands, stdin, report):
        with report:
            yield from lines(file)
