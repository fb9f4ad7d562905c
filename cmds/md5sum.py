"""md5sum - print or check MD5 sums.

``sha1sum``, ``sha256sum`` and ``sha512sum`` do the same with other sums. Ref: md5sum(1).
"""

from __future__ import annotations

from uroot_py.base.digest import made
from uroot_py.base.errors import Report
from uroot_py.base.options import Command, Ignored, Option
from uroot_py.streams.inputs import chunks, every_line, opened

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO, TextIO

    from uroot_py.base.options import ParsedArgs

ROWS = (
    CHECK := Option("-c", "--check", help="check the sums in FILE"),
    BINARY := Option("-b", "--binary", help="mark the names with *"),
    QUIET := Option("--quiet", help="with -c: say nothing about files that are right"),
    STATUS := Option("-s", "--status", help="with -c: say nothing at all"),
    Ignored("-w", "--warn"),
    Ignored("-t", "--text"),
)
SIZES = {"md5": 32, "sha1": 40, "sha256": 64, "sha512": 128}  # hexadecimal digits


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """MD5."""
    return _run("md5", args, stdin, stdout, stderr)


def sha1sum(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """SHA-1."""
    return _run("sha1", args, stdin, stdout, stderr)


def sha256sum(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """SHA-256."""
    return _run("sha256", args, stdin, stdout, stderr)


def sha512sum(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """SHA-512."""
    return _run("sha512", args, stdin, stdout, stderr)


def _run(kind: str, args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    command = Command(
        f"{kind}sum",
        f"{kind}sum [-c] [FILE]...",
        *ROWS,
        example=f"{kind}sum -c SUMS",
    )
    given = command.parse(args)
    report = Report(command.name, stderr)
    if given.flag(CHECK):
        return check(kind, given, stdin, stdout, report)
    for file in opened(given.operands, stdin, report):
        with report:
            name = "-" if file is stdin.buffer else str(file.name)
            stdout.write(f"{digest(kind, file)} {'*' if given.flag(BINARY) else ' '}{name}\n")
    return report.status


def digest(kind: str, file: BinaryIO) -> str:
    """The sum of FILE in hexadecimal."""
    state = made(kind)
    for chunk in chunks(file):
        state.update(chunk)
    return str(state.hexdigest())


def check(kind: str, given: ParsedArgs, stdin: TextIO, stdout: TextIO, report: Report) -> int:
    """Compare the files that the operands list; 1 unless there are some and all are right."""
    strange = 0
    verdicts = {"OK": 0, "FAILED": 0, "FAILED open or read": 0}
    for raw in every_line(given.operands, stdin, report):
        line = raw.decode("utf-8", "surrogateescape").rstrip("\r\n")
        wanted, space, name = line.partition(" ")
        if len(wanted) != SIZES[kind] or set(wanted.lower()) - set("0123456789abcdef") or not space:
            if line:
                strange += 1
            continue
        name = name.removeprefix(" ").removeprefix("*")
        before, report.status = report.status, 0
        verdict = "FAILED open or read"
        for file in opened([name], stdin, report):
            with report:
                verdict = "OK" if digest(kind, file) == wanted.lower() else "FAILED"
        report.status = max(before, report.status)
        verdicts[verdict] += 1
        if not given.flag(STATUS) and not (verdict == "OK" and given.flag(QUIET)):
            stdout.write(f"{name}: {verdict}\n")
    right, wrong, unreadable = verdicts.values()
    counts = ((strange, "line", "not understood"), (unreadable, "file", "not readable"))
    for count, noun, text in (*counts, (wrong, "sum", "wrong")):
        if count and not given.flag(STATUS):
            report.fault(f"{count} {noun}{'s' if count > 1 else ''}: {text}")
    if not right + wrong + unreadable:
        report.fault(f"no {kind} sums found")
    return 1 if wrong or unreadable else report.status
