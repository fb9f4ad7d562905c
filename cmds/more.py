"""more - show a text page by page.

Also called less. Any terminal will do: it writes lines, and one that asks for a key.
"""

from __future__ import annotations

from uroot_py.base.errors import Report
from uroot_py.base.options import Command
from uroot_py.streams.inputs import every_line
from uroot_py.terminal.console import Console, Terminal
from uroot_py.terminal.editor import Editor
from uroot_py.terminal.screen import wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

COMMAND = Command(
    "more",
    "more [FILE]...",
    example="dmesg | more",
    notes="Space: next page, Enter: next line, b: page before, g and G: first and last page,\n"
    "/TEXT: next line with TEXT, n: the same again, q: leave.",
)
ASKS = "-- more: Space Enter b / n g G q --"
ENDS = "-- the end: b / n g q --"


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Show the operands, or the input, to the person at the terminal."""
    given = COMMAND.parse(args)
    report = Report("more", stderr)
    lines = every_line(given.operands, stdin, report)
    stdout.flush()
    if not stdout.isatty():
        stdout.buffer.writelines(lines)
        return report.status
    console = Console.open("/dev/tty")
    try:
        with Terminal([console]) as terminal:
            Pager(terminal, lines).run()
    finally:
        console.close()
    return report.status


class Pager:
    """The rows of a text, as far as they were read, and the one below what is shown."""

    def __init__(self, terminal: Terminal, lines: Iterator[bytes]) -> None:
        self.terminal = terminal
        self.lines = lines
        self.rows: list[str] = []
        self.below = 0
        self.wanted = ""

    def read(self, count: float) -> int:
        """Have at least COUNT rows, if there are so many; how many there are."""
        across = self.terminal.size()[0] - 1
        while len(self.rows) < count:
            line = next(self.lines, None)
            if line is None:
                break
            text = line.decode("utf-8", "surrogateescape").rstrip("\r\n")
            self.rows += wrap(text, across)
        return len(self.rows)

    def show(self, first: int, count: int) -> None:
        """Write COUNT rows."""
        self.below = min(first + count, self.read(first + count))
        rows = self.rows[first : self.below]
        self.terminal.write("".join(f"{row}\n" for row in rows))

    def run(self) -> None:
        """Until the person leaves, or at once where everything fits on the screen."""
        page = max(self.terminal.size()[1] - 1, 1)
        self.show(0, page)
        if self.read(page + 1) <= page:
            return
        while True:
            more = self.read(self.below + 1) > self.below
            asks = ASKS if more else ENDS
            self.terminal.write(asks)
            key = self.terminal.key()
            self.terminal.write("\r" + " " * len(asks) + "\r")
            if key in ("q", "Q", "ctrl-c", "ctrl-d", "escape"):
                return
            self.press(key, page)

    def press(self, key: str, page: int) -> None:
        """Do what KEY means."""
        if key in (" ", "pagedown", "f", "ctrl-f"):
            self.show(self.below, page)
        elif key in ("enter", "down", "j"):
            self.show(self.below, 1)
        elif key in ("b", "pageup", "ctrl-b"):
            self.show(max(self.below - 2 * page, 0), page)
        elif key in ("g", "home"):
            self.show(0, page)
        elif key in ("G", "end"):
            self.show(max(self.read(float("inf")) - page, 0), page)
        elif key in ("/", "n"):
            self.search(key == "/", page)

    def search(self, asks: bool, page: int) -> None:
        """Go on with the next row that has the text asked for."""
        if asks:
            try:
                typed = Editor(self.terminal).read("/", cancel=True)
            except (KeyboardInterrupt, EOFError):
                typed = None
            self.terminal.write("\n")
            self.wanted = typed or self.wanted
        row = max(self.below - page, 0) + 1
        while self.wanted and self.read(row + 1) > row:
            if self.wanted in self.rows[row]:
                self.show(row, page)
                return
            row += 1
        self.terminal.write(f"not found: {self.wanted}\n")
