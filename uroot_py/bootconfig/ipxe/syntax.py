r"""The lines of an iPXE script: ``:label``, a command, ``\`` at the end joins the next line.

A line is split at spaces before settings are put in, so a value with spaces stays one word; there
are no quotes. Ref: iPXE src/image/script.c, src/core/exec.c.
"""

from __future__ import annotations

from uroot_py.base.errors import LineError

MAX_LINES = 20_000
MAX_LENGTH = 1 << 16  # of a line, and of a word when its settings are put in
_MAGIC = (b"#!ipxe", b"#!gpxe")
_SPACES = str.maketrans(dict.fromkeys("\t\n\v\f\r", " "))


class Line:
    """A line: where it began in the file, its label (None: none), the words of its commands."""

    __slots__ = ("label", "number", "words")

    def __init__(self, number: int, label: str | None, words: list[str]) -> None:
        self.number = number
        self.label = label
        self.words = words


class Script:
    """A script taken apart; ``broken`` is the line at its end that none continues, or 0."""

    __slots__ = ("broken", "labels", "lines")

    def __init__(self, lines: list[Line], broken: int) -> None:
        self.lines = lines
        self.broken = broken
        self.labels: dict[str, int] = {}
        for index, line in enumerate(lines):
            if line.label is not None:
                self.labels.setdefault(line.label, index)


def is_script(data: bytes) -> bool:
    """Whether the file that begins with DATA is a script for iPXE."""
    return data[:6] in _MAGIC and data[6:7].isspace()


def words(text: str) -> list[str]:
    """TEXT split at spaces, as C knows them."""
    return [word for word in text.translate(_SPACES).split(" ") if word]


def parse(data: bytes, source: str) -> Script:
    """The lines of DATA; LineError when there are too many or one is too long."""
    lines: list[Line] = []
    text = ""
    start = 0
    joined = False
    physical = data.decode("utf-8", "surrogateescape").split("\n")
    if len(physical) > MAX_LINES:
        raise LineError("script", MAX_LINES, f"at most {MAX_LINES} lines", "more", source=source)
    if len(physical) > 1 and not physical[-1]:
        del physical[-1]  # what ends with a line feed
    for number, part in enumerate(physical, 1):
        start = start if joined else number
        text = (text if joined else "") + part
        text = text.removesuffix("\r")
        if len(text) > MAX_LENGTH:
            found = f"at most {MAX_LENGTH} characters"
            raise LineError("script", start, found, "more", source=source)
        joined = text.endswith("\\")
        if joined:
            text = text[:-1]
            continue
        lines.append(_line(start, text.partition("\0")[0]))
    return Script(lines, start if joined else 0)


def _line(number: int, text: str) -> Line:
    text = text.translate(_SPACES).lstrip(" ")
    if not text.startswith(":"):
        return Line(number, None, words(text))
    label, _, command = text[1:].partition(" ")
    return Line(number, label, words(command))
