"""The text streams of descriptors 0, 1 and 2, made anew: after a fork, after redirections."""

from __future__ import annotations

import io
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO


def with_streams(work: Callable[[TextIO, TextIO, TextIO], int]) -> int:
    """The status of WORK on fresh streams; what it has written is flushed."""
    streams = [_stream(fd, mode) for fd, mode in ((0, "rb"), (1, "wb"), (2, "wb"))]
    sys.stdin, sys.stdout, sys.stderr = streams
    try:
        return work(*streams)
    finally:
        for stream in streams[1:]:
            try:
                stream.flush()
            except (OSError, ValueError):
                # The reader has gone, or the applet closed it.
                continue


def _stream(fd: int, mode: str) -> TextIO:
    try:
        os.fstat(fd)
    except OSError:
        # A closed input is empty; a closed output fails like one that cannot be written.
        fd = os.open(os.devnull, os.O_RDWR if fd == 2 else os.O_RDONLY)
    return io.TextIOWrapper(
        os.fdopen(fd, mode, closefd=False),
        encoding="utf-8",
        errors="surrogateescape",
        line_buffering=fd == 2 or os.isatty(fd),
    )
