"""grep - print the lines that a pattern matches.

Ref: POSIX.1-2017 XCU grep; the options are GNU's.
"""

from __future__ import annotations

import os
import stat

from uroot_py.base.errors import Report
from uroot_py.base.glob import match
from uroot_py.base.options import Command, Option
from uroot_py.files.trees import walk
from uroot_py.streams.inputs import lines, old_count
from uroot_py.streams.regex import compile_posix

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO, TextIO

    from uroot_py.base.options import ParsedArgs

SHORT = " [OPTION]... PATTERN [FILE]..."
COMMAND = Command(
    "grep",
    "grep" + SHORT,
    Option("-E", "--extended-regexp", help="extended expressions (as egrep does)"),
    Option("-F", "--fixed-strings", help="plain text (as fgrep does)"),
    Option("-G", "--basic-regexp", help="basic expressions (the default)"),
    Option("-e", "--regexp", value="PATTERN", help="a pattern; may be given again"),
    Option("-f", "--file", value="FILE", help="a pattern in each line of FILE"),
    Option("-i", "--ignore-case", "-y", help="A is a"),
    Option("-v", "--invert-match", help="the lines that do not match"),
    Option("-w", "--word-regexp", help="whole words"),
    Option("-x", "--line-regexp", help="whole lines"),
    Option("-c", "--count", help="only how many"),
    Option("-l", "--files-with-matches", help="only the files that match"),
    Option("-L", "--files-without-match", help="only the files that do not"),
    Option("-o", "--only-matching", help="only what matches"),
    Option("-q", "--quiet", "--silent", help="only the status"),
    Option("-m", "--max-count", value="N", help="at most N lines of a file"),
    Option("-n", "--line-number", help="the number of each line"),
    Option("-H", "--with-filename", help="the file of each line"),
    Option("-h", "--no-filename", help="never the file"),
    Option("-A", "--after-context", value="N", help="N lines after each"),
    Option("-B", "--before-context", value="N", help="N lines before each"),
    Option("-C", "--context", value="N", help="both"),
    Option("-r", "-R", "--recursive", help="every file in directories"),
    Option("--include", value="PATTERN", help="with -r: only files with such names"),
    Option("--exclude", value="PATTERN", help="with -r: no files with such names"),
    Option("--exclude-dir", value="PATTERN", help="with -r: no directories with such names"),
    Option("-I", help="no binary files"),
    Option("-a", "--text", help="binary files, too"),
    Option("-s", "--no-messages", help="say nothing about files that cannot be read"),
    Option("--color", "--colour", value="WHEN", optional=True, hidden=True),
    Option("--line-buffered", hidden=True),
    example="dmesg | grep -i -E 'error|fail'",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Status 0 if a line was selected, 1 if none, 2 after a fault."""
    return _run(COMMAND, args, stdin, stdout, stderr)


def egrep(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """``grep -E``."""
    command = Command("egrep", "egrep" + SHORT, *COMMAND.rows, example="egrep 'a|b' file")
    return _run(command, ["-E", *args], stdin, stdout, stderr)


def fgrep(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """``grep -F``."""
    command = Command("fgrep", "fgrep" + SHORT, *COMMAND.rows, example="fgrep '*' file")
    return _run(command, ["-F", *args], stdin, stdout, stderr)


def _run(command: Command, args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    given = command.parse(old_count(args, "-C"))
    words = given.operands
    patterns = given.all("regexp")
    for path in given.all("file"):
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            patterns.append(file.read().removesuffix("\n"))
    if not patterns and not given.flag("file"):
        if not words:
            raise command.usage_error("the pattern is missing")
        patterns.append(words.pop(0))
    report = Report("grep", stderr)
    if given.flag("no-messages"):
        report.quiet()
    stdout.flush()
    every = [line for text in patterns for line in text.split("\n")]
    grep = Grep(given, every, stdout.buffer, report)
    recursive = given.flag("recursive")
    paths = files(given, words or ["."], report) if recursive else words or ["-"]
    grep.named = (recursive or len(words) > 1 or given.flag("with-filename")) and not given.flag(
        "no-filename"
    )
    for path in paths:
        with report:
            grep.file(path, stdin)
        if grep.selected and given.flag("quiet"):
            return 0
    return 2 if report.status else 0 if grep.selected else 1


def files(given: ParsedArgs, tops: list[str], report: Report) -> Iterator[str]:
    """The regular files below TOPS whose names are wanted."""
    include, exclude = given.all("include"), given.all("exclude")
    folders = given.all("exclude-dir")

    def skip(path: str) -> bool:
        name = os.path.basename(path)
        return any(match(pattern, name) for pattern in folders) and os.path.isdir(path)

    for top in tops:
        for path, status in walk(top, report, skip=skip if folders else None):
            name = os.path.basename(path)
            wanted = not include or any(match(pattern, name) for pattern in include)
            refused = any(match(pattern, name) for pattern in exclude)
            if (path == top and not stat.S_ISDIR(status.st_mode)) or (
                stat.S_ISREG(status.st_mode) and wanted and not refused
            ):
                yield path


def compiled(given: ParsedArgs, patterns: list[str]) -> list[re.Pattern[bytes]]:
    """The patterns as expressions."""
    around = "%s"
    if given.flag("word-regexp"):
        around = r"(?<!\w)(?:%s)(?!\w)"
    if given.flag("line-regexp"):
        around = r"\A(?:%s)\Z"
    made = []
    for pattern in patterns:
        data = pattern.encode("utf-8", "surrogateescape")
        if given.flag("fixed-strings"):
            data = b"".join(b"\\%c" % b if b in b"\\.[]*^$" else b"%c" % b for b in data)
        extended = given.flag("extended-regexp") and not given.flag("fixed-strings")
        fold = given.flag("ignore-case")
        made.append(compile_posix(data, extended=extended, fold=fold, around=around))
    return made


def begins_binary(file: BinaryIO) -> bool:
    """Whether there is a NUL among the first bytes of FILE, which stay unread."""
    peek = getattr(file, "peek", None)  # a pipe in a test has none
    try:
        return peek is not None and b"\0" in peek(1)
    except OSError:
        return False  # reading the lines says why


class Grep:
    """The patterns, what is printed of a match, and whether there was one."""

    def __init__(
        self, given: ParsedArgs, patterns: list[str], output: BinaryIO, report: Report
    ) -> None:
        self.given = given
        self.output = output
        self.report = report
        self.patterns = compiled(given, patterns)
        self.invert = given.flag("invert-match")
        self.most = given.number("max-count")
        around = given.number("context") or 0
        after, before = given.number("after-context"), given.number("before-context")
        self.after = around if after is None else after
        self.before = around if before is None else before
        self.silent = any(
            given.flag(k) for k in ("quiet", "count", "files-with-matches", "files-without-match")
        )
        self.grouped = any(given.flag(f"{k}context") for k in ("", "after-", "before-"))
        self.named = False
        self.selected = False
        self.printed = False  # something was printed: a group after it begins with --

    def matches(self, line: bytes) -> bool:
        """Whether LINE is selected."""
        return any(pattern.search(line) for pattern in self.patterns) != self.invert

    def file(self, path: str, stdin: TextIO) -> None:
        """Search the file PATH."""
        if path == "-":
            self.search(stdin.buffer, "(standard input)")
            return
        with open(path, "rb") as file:
            self.search(file, path)

    def search(self, file: BinaryIO, name: str) -> None:
        """Search FILE line by line."""
        label = name.encode("utf-8", "surrogateescape")
        count = 0
        binary = begins_binary(file)
        if binary and self.given.flag("I"):
            return
        for line, number, kind in self.kept(file):
            if kind == b":":
                count += 1
                self.selected = self.selected or not self.given.flag("files-without-match")
            if self.silent:
                continue
            if (binary or b"\0" in line) and not self.given.flag("text"):
                self.report.remark(f"{name}: binary file matches")
                break
            self.show(line, number, kind, label)
        self.summary(label, count)

    def summary(self, label: bytes, count: int) -> None:
        """What is printed once for a file."""
        given = self.given
        if given.flag("quiet"):
            return
        if given.flag("files-with-matches") or given.flag("files-without-match"):
            if bool(count) == given.flag("files-with-matches"):
                self.output.write(label + b"\n")
                self.selected = True
        elif given.flag("count"):
            self.output.write((label + b":" if self.named else b"") + b"%d\n" % count)

    def kept(self, file: BinaryIO) -> Iterator[tuple[bytes, int, bytes]]:
        """(line, number, ``:`` selected or ``-`` context) of what is printed, in order."""
        held: list[tuple[bytes, int]] = []
        left = count = last = 0
        if self.most == 0:
            return
        for number, raw in enumerate(lines(file), 1):
            line = raw.removesuffix(b"\n")
            if count != self.most and self.matches(line):
                count += 1
                first = number - len(held)
                if self.grouped and self.printed and first > last + 1 and not self.silent:
                    self.output.write(b"--\n")
                for other, place in held:
                    yield other, place, b"-"
                held.clear()
                yield line, number, b":"
                left, last, self.printed = self.after, number, True
                if (count == self.most and not left) or (self.silent and self.ends_early()):
                    return
            elif left:
                left -= 1
                last = number
                yield line, number, b"-"
            elif count == self.most:
                return
            elif self.before:
                held.append((line, number))
                del held[: -self.before]

    def ends_early(self) -> bool:
        """Whether one match says everything about a file."""
        return not self.given.flag("count")

    def show(self, line: bytes, number: int, kind: bytes, label: bytes) -> None:
        """Print LINE, or the parts of it that match."""
        prefix = label + kind if self.named else b""
        if self.given.flag("line-number"):
            prefix += b"%d%s" % (number, kind)
        if not self.given.flag("only-matching"):
            self.output.write(prefix + line + b"\n")
        elif kind == b":" and not self.invert:
            self.output.writelines(prefix + part + b"\n" for part in self.parts(line))

    def parts(self, line: bytes) -> Iterable[bytes]:
        """What the patterns match in LINE, from left to right, the longest of several first."""
        at = 0
        while at <= len(line):
            found = [m for p in self.patterns if (m := p.search(line, at))]
            if not found:
                return
            best = min(found, key=lambda m: (m.start(), -m.end()))
            if best.end() > best.start():
                yield best.group()
            at = max(best.end(), best.start() + 1)
