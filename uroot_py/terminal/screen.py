"""A full screen that is redrawn by lines: only what has changed is sent.

Ref: ECMA-48: CUP, ED, EL, SGR: what a VT100 and everything after it understands.
"""

from __future__ import annotations

from uroot_py.base.text import printable
from uroot_py.terminal.keys import columns, width

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.terminal.console import Terminal

# How a line is painted: the parameters of an SGR.
PLAIN = ""
MARKED = "7"  # reversed
YELLOW = "33"


class Screen:
    """Lines of a terminal, each plain, marked or yellow."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.shown: list[tuple[str, str]] = []
        self.size = (0, 0)

    def clear(self) -> None:
        """Begin again: something else was written to the terminal."""
        self.shown = []
        self.size = self.terminal.size()
        self.terminal.write("\x1b[0m\x1b[2J\x1b[H")

    def draw(self, lines: list[tuple[str, str]], cursor: tuple[int, int] | None = None) -> None:
        """Show LINES, as many as fit; the cursor ends at CURSOR (row and column, from 0).

        Without CURSOR it ends at the begin of the last row, where there was something to draw.
        """
        if self.size != self.terminal.size():
            self.clear()
        across, rows = self.size
        wanted = [(clip(printable(text), across - 1), paint) for text, paint in lines[:rows]]
        wanted += [("", PLAIN)] * (rows - len(wanted))
        shown = self.shown or [("", PLAIN)] * rows
        out = [
            f"\x1b[{row}H{_painted(*line)}\x1b[K"
            for row, line in enumerate(wanted, 1)
            if line != shown[row - 1]
        ]
        if out or cursor:
            row, column = cursor or (rows - 1, 0)
            self.terminal.write("".join(out) + f"\x1b[{row + 1};{column + 1}H")
        self.shown = wanted

    def leave(self) -> None:
        """What is shown stays, above what comes next."""
        self.terminal.write(f"\x1b[{self.size[1]}H\n")

    def bottom(self) -> None:
        """Give the last row to somebody else: empty, with the cursor in it."""
        self.terminal.write(f"\x1b[{self.size[1]}H\x1b[K")
        if self.shown:
            self.shown[-1] = ("\0", PLAIN)  # nothing is equal to that: it is drawn again


def _painted(text: str, paint: str) -> str:
    return f"\x1b[{paint}m{text}\x1b[0m" if paint else text


def clip(text: str, most: int) -> str:
    """TEXT, cut to MOST columns."""
    if _fitting(text, most) == len(text):
        return text
    return text[: _fitting(text, most - 1)] + ">" if most > 0 else ""


def wrap(text: str, across: int, indent: str = "") -> list[str]:
    """TEXT as lines of at most ACROSS columns, cut at blanks where that is possible."""
    lines: list[str] = []
    rest = printable(text.expandtabs())
    indent = indent if 2 * columns(indent) < across else ""  # or nothing is left for the text
    while _fitting(rest, across) < len(rest) and len(rest) > 1:
        end = max(_fitting(rest, across), 1)
        blank = rest.rfind(" ", len(indent) + 1, end + 1)
        end = blank if blank > 0 else end
        lines.append(rest[:end].rstrip())
        rest = indent + rest[end:].lstrip()
    return [*lines, rest]


def _fitting(text: str, across: int) -> int:
    """How many characters of TEXT fit into ACROSS columns."""
    used = 0
    for end, char in enumerate(text):
        used += width(char)
        if used > across:
            return end
    return len(text)
