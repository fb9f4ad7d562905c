"""ls - list directories.

Ref: POSIX.1-2017 XCU ls; the options are GNU's, names are sorted by their bytes.
"""

from __future__ import annotations

import os

from uroot_py.base.errors import Report
from uroot_py.base.options import Command, Ignored, Option
from uroot_py.base.text import columns, printable
from uroot_py.files.listing import Item, kind_mark, long_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from uroot_py.base.options import ParsedArgs

COMMAND = Command(
    "ls",
    "ls [OPTION]... [FILE]...",
    ALL := Option("-a", "--all", help="also names that begin with a dot"),
    ALMOST_ALL := Option("-A", "--almost-all", help="the same without . and .."),
    LONG := Option("-l", help="mode, links, owner, group, size, time of each"),
    ONE_PER_LINE := Option("-1", help="one name in a line"),
    DIRECTORY := Option("-d", "--directory", help="directories themselves, not what is in them"),
    RECURSIVE := Option("-R", "--recursive", help="also what is in the directories found"),
    BY_TIME := Option("-t", help="newest first"),
    BY_SIZE := Option("-S", help="largest first"),
    REVERSE := Option("-r", "--reverse", help="the other way round"),
    HUMAN_READABLE := Option("-h", "--human-readable", help="sizes as 1.5K, 20M"),
    NUMERIC_UID_GID := Option("-n", "--numeric-uid-gid", help="-l with numbers of owners"),
    INODE := Option("-i", "--inode", help="inode numbers"),
    CLASSIFY := Option(
        "-F", "--classify", help="a mark after the name: / directory, @ link, * program"
    ),
    MARK_DIRECTORIES := Option("-p", help="only the mark /"),
    DEREFERENCE := Option("-L", "--dereference", help="what links point to"),
    Ignored("--color", value="WHEN", optional=True),
    example="ls -lh /dev/disk/by-uuid",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """List the operands: files first, then what is in the directories."""
    given = COMMAND.parse(args)
    listing = Listing(given, stdout, Report("ls", stderr))
    follow_operands = not (given.flag(LONG) or given.flag(DIRECTORY) or given.flag(CLASSIFY))
    files: list[Item] = []
    folders: list[Item] = []
    for path in given.operands or ["."]:
        with listing.report:
            item = Item(path, follow=given.flag(DEREFERENCE))
            opens = item.target_is_directory if follow_operands else item.is_directory
            (folders if opens and not given.flag(DIRECTORY) else files).append(item)
    if files:
        listing.show(listing.ordered(files))
    listing.folders(listing.ordered(folders), heading=len(given.operands) > 1, first=not files)
    return 2 if listing.report.status else 0


class Listing:
    """What the options ask for, and where it goes."""

    def __init__(self, given: ParsedArgs, stdout: TextIO, report: Report) -> None:
        self.given = given
        self.stdout = stdout
        self.report = report
        self.long = given.flag(LONG) or given.flag(NUMERIC_UID_GID)
        self.terminal = stdout.isatty()

    def ordered(self, items: list[Item]) -> list[Item]:
        """ITEMS in the order that was asked for."""
        items.sort(key=lambda item: item.name)
        if self.given.flag(BY_TIME):
            items.sort(key=lambda item: -item.stat.st_mtime_ns)
        if self.given.flag(BY_SIZE):
            items.sort(key=lambda item: -item.stat.st_size)
        if self.given.flag(REVERSE):
            items.reverse()
        return items

    def folders(self, waiting: list[Item], *, heading: bool, first: bool) -> None:
        """List each directory, with --recursive also those found in it, right after it."""
        recursive = self.given.flag(RECURSIVE)
        while waiting:
            folder = waiting.pop(0)
            with self.report:
                items = self.entries(folder.path)
                if heading or recursive:
                    self.stdout.write(f"{'' if first else chr(10)}{self.name(folder.path)}:\n")
                if self.long:
                    self.stdout.write(f"total {sum(i.stat.st_blocks for i in items) // 2}\n")
                self.show(items)
                first = False
                if recursive:
                    found = [i for i in items if i.is_directory and i.name not in (".", "..")]
                    waiting[:0] = found

    def entries(self, folder: str) -> list[Item]:
        """What is in FOLDER, as far as it is to be shown."""
        every, almost = self.given.flag(ALL), self.given.flag(ALMOST_ALL)
        names = [name for name in os.listdir(folder) if every or almost or name[0] != "."]
        items = []
        for name in names + ([".", ".."] if every else []):
            with self.report:
                follow = self.given.flag(DEREFERENCE)
                path = os.path.join(folder, name)
                items.append(Item(path, name, follow=follow and os.path.exists(path)))
        return self.ordered(items)

    def name(self, text: str) -> str:
        """A name as it is printed: harmless on a terminal, exact in a pipe."""
        return printable(text) if self.terminal else text

    def show(self, items: list[Item]) -> None:
        """Print ITEMS, long or short."""
        if not items:
            return
        lines = names = [self.label(item) for item in items]
        if self.long:
            human, numeric = self.given.flag(HUMAN_READABLE), self.given.flag(NUMERIC_UID_GID)
            lines = long_lines(items, names, human=human, numeric=numeric)
        if self.given.flag(INODE):
            width = max(len(str(item.stat.st_ino)) for item in items)
            numbers = [f"{item.stat.st_ino:{width}}" for item in items]
            lines = [f"{number} {line}" for number, line in zip(numbers, lines, strict=True)]
        if not (self.long or self.given.flag(ONE_PER_LINE)) and self.terminal:
            lines = columns(lines, os.get_terminal_size(self.stdout.fileno()).columns or 80)
        self.stdout.write("\n".join(lines) + "\n")

    def label(self, item: Item) -> str:
        """ITEM's name with its mark; ``-l`` adds a link's target, which has the mark then."""
        mode, name = item.stat.st_mode, self.name(item.name)
        if self.long and item.link:
            name += f" -> {self.name(item.link)}"
            mode = os.stat(item.path).st_mode if os.path.exists(item.path) else 0
        mark = (
            kind_mark(mode)
            if self.given.flag(CLASSIFY) or self.given.flag(MARK_DIRECTORIES)
            else ""
        )
        return name + mark if self.given.flag(CLASSIFY) or mark == "/" else name
