"""The door through which lines leave for a terminal: what would steer it is shown, not sent.

Names on disks, words of servers and texts of other programs come with escape sequences that set a
terminal's title, its colours or what it types back. Applets write what they are given; here it is
made visible, once. What an applet steers the terminal with itself it writes to ``plain``.
"""

from __future__ import annotations

from uroot_py.base.text import printable_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, TextIO


class Door:
    """A text stream whose ``write`` makes control characters visible; else it is ``stream``.

    Bytes that are written to its ``buffer`` are data and stay as they are.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """See TextIO.write."""
        self.stream.write(printable_lines(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """See TextIO.writelines."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the stream has
        return getattr(self.stream, name)


def guarded(stream: TextIO) -> TextIO:
    """STREAM behind a door."""
    door: Any = stream if isinstance(stream, Door) else Door(stream)
    result: TextIO = door
    return result


def plain(stream: TextIO) -> TextIO:
    """STREAM without its door, for what steers a terminal on purpose."""
    return stream.stream if isinstance(stream, Door) else stream
