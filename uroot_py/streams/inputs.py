"""The operands of a filter as byte streams: ``-`` and no operand at all are the standard input."""

from __future__ import annotations

from uroot_py.base.errors import about

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


def lines(file: BinaryIO, most: int = -1) -> Iterator[bytes]:
    """The lines of FILE with their newlines; errors name the file.

    A line of more than MOST bytes comes in pieces, if MOST is given.
    """
    return _named(file, file if most < 0 else iter(lambda: file.readline(most), b""))


def _named(file: BinaryIO, pieces: Iterable[bytes]) -> Iterator[bytes]:
    try:
        yield from pieces
    except OSError as error:
        raise about(getattr(file, "name", "input"), error) from None


def source(name: str, stdin: TextIO) -> BinaryIO:
    """The file NAME, or the standard input for ``-``; for a ``with``, which closes it."""
    return stdin.buffer if name == "-" else open(name, "rb")


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


def old_count(args: Sequence[str], option: str) -> list[str]:
    """ARGS with a leading ``-20`` as ``OPTION 20``, the way head and tail were once called."""
    first = args[0] if args else ""
    if first[:1] == "-" and first[1:].isdecimal():
        return [option, first[1:], *args[1:]]
    return list(args)


def exactly(file: BinaryIO, size: int, path: str, report: Report) -> Iterator[bytes]:
    """SIZE bytes of FILE, which is PATH, in pieces, whatever happens to it meanwhile."""
    left = size
    try:
        while left and (data := file.read(min(left, CHUNK))):
            left -= len(data)
            yield data
    except OSError as error:
        raise about(path, error) from None
    if left:
        report.fault(f"{path}: it became shorter by {left} bytes, filled up with NULs")
    while left:
        yield bytes(min(left, CHUNK))
        left -= min(left, CHUNK)


class Headings:
    """The ``==> NAME <==`` lines of head and tail, above each file when there are several."""

    def __init__(self, stdout: TextIO, *, wanted: bool) -> None:
        self.wanted = wanted
        self.stdout = stdout
        self.last = ""

    def show(self, file: BinaryIO) -> None:
        """The heading of FILE, unless the last one was for it, too."""
        name = str(getattr(file, "name", "<stdin>"))
        name = "standard input" if name in ("0", "<stdin>") else name
        if self.wanted and name != self.last:
            self.stdout.write(f"{chr(10) if self.last else ''}==> {name} <==\n")
            self.last = name
        self.stdout.flush()


class Reader:
    """Pieces of any size as ``read(size)``, which gives less only at the end."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self.pieces = iter(pieces)
        self.rest = bytearray()

    def read(self, size: int) -> bytes:
        """The next SIZE bytes."""
        while len(self.rest) < size and (piece := next(self.pieces, b"")):
            self.rest += piece
        data = bytes(self.rest[:size])
        del self.rest[:size]
        return data
