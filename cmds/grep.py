"""grep - print the lines that a pattern matches.

Ref: POSIX.1-2017 XCU grep; the options are GNU's.
"""

from __future__ import annotations

import os
import stat

from uroot_py.base.errors import Report
from uroot_py.base.glob import match
from uroot_py.base.options import Command, Ignored, Option
from uroot_py.base.text import printable
from uroot_py.files.trees import walk
from uroot_py.streams.inputs import lines, old_count
from uroot_py.streams.regex import compile_posix

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO, TextIO

    from uroot_py.base.options import ParsedArgs
    from uroot_py.streams.regex import Regex

SHORT = " [OPTION]... PATTERN [FILE]..."
COMMAND = Command(
    "grep",
    "grep" + SHORT,
    EXTENDED := Option("-E", "--extended-regexp", help="extended expressions (as egrep does)"),
    FIXED := Option("-F", "--fixed-strings", help="plain text (as fgrep does)"),
    BASIC := Option("-G", "--basic-regexp", help="basic expressions (the default)"),
    REGEXP := Option("-e", "--regexp", value="PATTERN", help="a pattern; may be given again"),
    FILE := Option("-f", "--file", value="FILE", help="a pattern in each line of FILE"),
    IGNORE_CASE := Option("-i", "--ignore-case", "-y", help="A is a"),
    INVERT_MATCH := Option("-v", "--invert-match", help="the lines that do not match"),
    WORD_REGEXP := Option("-w", "--word-regexp", help="whole words"),
    LINE_REGEXP := Option("-x", "--line-regexp", help="whole lines"),
    COUNT := Option("-c", "--count", help="only how many"),
    FILES_WITH_MATCHES := Option("-l", "--files-with-matches", help="only the files that match"),
    FILES_WITHOUT_MATCH := Option("-L", "--files-without-match", help="only the files that do not"),
    ONLY_MATCHING := Option("-o", "--only-matching", help="only what matches"),
    QUIET := Option("-q", "--quiet", "--silent", help="only the status"),
    MAX_COUNT := Option("-m", "--max-count", value="N", help="at most N lines of a file"),
    LINE_NUMBER := Option("-n", "--line-number", help="the number of each line"),
    WITH_FILENAME := Option("-H", "--with-filename", help="the file of each line"),
    NO_FILENAME := Option("-h", "--no-filename", help="never the file"),
    AFTER_CONTEXT := Option("-A", "--after-context", value="N", help="N lines after each"),
    BEFORE_CONTEXT := Option("-B", "--before-context", value="N", help="N lines before each"),
    CONTEXT := Option("-C", "--context", value="N", help="both"),
    RECURSIVE := Option("-r", "-R", "--recursive", help="every file in directories"),
    INCLUDE := Option("--include", value="PATTERN", help="with -r: only files with such names"),
    EXCLUDE := Option("--exclude", value="PATTERN", help="with -r: no files with such names"),
    EXCLUDE_DIR := Option(
        "--exclude-dir", value="PATTERN", help="with -r: no directories with such names"
    ),
    NO_BINARY := Option("-I", help="no binary files"),
    TEXT := Option("-a", "--text", help="binary files, too"),
    SILENT := Option("-s", "--no-messages", help="say nothing about files that cannot be read"),
    Ignored("--color", "--colour", value="WHEN", optional=True),
    LINE_BUFFERED := Option("--line-buffered", help="hold no line back"),
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
    patterns = given.all(REGEXP)
    for path in given.all(FILE):
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            patterns.append(file.read().removesuffix("\n"))
    if not patterns and not given.flag(FILE):
        if not words:
            raise command.usage_error("the pattern is missing")
        patterns.append(words.pop(0))
    report = Report("grep", stderr)
    if given.flag(SILENT):
        report.quiet()
    stdout.flush()
    every = [line for text in patterns for line in text.split("\n")]
    grep = Grep(given, every, stdout.buffer, report)
    grep.terminal = stdout.isatty()
    recursive = given.flag(RECURSIVE)
    paths = files(given, words or ["."], report) if recursive else words or ["-"]
    grep.named = (recursive or len(words) > 1 or given.flag(WITH_FILENAME)) and not given.flag(
        NO_FILENAME
    )
    for path in paths:
        with report:
            grep.file(path, stdin)
        if grep.selected and given.flag(QUIET):
            return 0
    if report.status:
        return 2
    return 0 if grep.selected else 1


def files(given: ParsedArgs, tops: list[str], report: Report) -> Iterator[str]:
    """The regular files below TOPS whose names are wanted."""
    include, exclude = given.all(INCLUDE), given.all(EXCLUDE)
    folders = given.all(EXCLUDE_DIR)

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


def compiled(given: ParsedArgs, patterns: list[str]) -> list[Regex]:
    """The patterns as expressions."""
    around = "%s"
    if given.flag(WORD_REGEXP):
        around = r"(?<!\w)(?:%s)(?!\w)"
    if given.flag(LINE_REGEXP):
        around = r"\A(?:%s)\Z"
    made = []
    syntax = given.last(EXTENDED, FIXED, BASIC)
    for pattern in patterns:
        data = pattern.encode("utf-8", "surrogateescape")
        if syntax is FIXED:
            data = b"".join(b"\\%c" % b if b in b"\\.[]*^$" else b"%c" % b for b in data)
        fold = given.flag(IGNORE_CASE)
        made.append(compile_posix(data, extended=syntax is EXTENDED, fold=fold, around=around))
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
        self.invert = given.flag(INVERT_MATCH)
        self.most = given.number(MAX_COUNT)
        around = given.number(CONTEXT) or 0
        after, before = given.number(AFTER_CONTEXT), given.number(BEFORE_CONTEXT)
        self.after = around if after is None else after
        self.before = around if before is None else before
        self.silent = any(
            given.flag(row) for row in (QUIET, COUNT, FILES_WITH_MATCHES, FILES_WITHOUT_MATCH)
        )
        self.grouped = any(given.flag(row) for row in (CONTEXT, AFTER_CONTEXT, BEFORE_CONTEXT))
        self.terminal = False  # names are shown to a person
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
        shown = printable(name) if self.terminal else name
        label = shown.encode("utf-8", "surrogateescape")
        count = 0
        binary = begins_binary(file)
        if binary and self.given.flag(NO_BINARY):
            return
        for line, number, kind in self.kept(file):
            if kind == b":":
                count += 1
                self.selected = self.selected or not self.given.flag(FILES_WITHOUT_MATCH)
            if self.silent:
                continue
            if (binary or b"\0" in line) and not self.given.flag(TEXT):
                self.report.remark(f"{name}: binary file matches")
                break
            self.show(line, number, kind, label)
        self.summary(label, count)

    def summary(self, label: bytes, count: int) -> None:
        """What is printed once for a file."""
        given = self.given
        if given.flag(QUIET):
            return
        if given.flag(FILES_WITH_MATCHES) or given.flag(FILES_WITHOUT_MATCH):
            if bool(count) == given.flag(FILES_WITH_MATCHES):
                self.output.write(label + b"\n")
                self.selected = True
        elif given.flag(COUNT):
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
        return not self.given.flag(COUNT)

    def show(self, line: bytes, number: int, kind: bytes, label: bytes) -> None:
        """Print LINE, or the parts of it that match."""
        prefix = label + kind if self.named else b""
        if self.given.flag(LINE_NUMBER):
            prefix += b"%d%s" % (number, kind)
        if not self.given.flag(ONLY_MATCHING):
            self.output.write(prefix + line + b"\n")
        elif kind == b":" and not self.invert:
            self.output.writelines(prefix + part + b"\n" for part in self.parts(line))
        if self.given.flag(LINE_BUFFERED):
            self.output.flush()

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
