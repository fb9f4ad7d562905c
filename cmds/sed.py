"""sed - edit a stream of lines.

Ref: POSIX.1-2017 XCU sed; the options are GNU's.
"""

from __future__ import annotations

import os

from uroot_py.base.errors import Report
from uroot_py.base.options import Command, Option
from uroot_py.files.atomic import Draft
from uroot_py.streams.inputs import every_line, lines
from uroot_py.streams.sed import Output, StreamEditor
from uroot_py.streams.sed_script import parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMAND = Command(
    "sed",
    "sed [-nErs] [-i[SUFFIX]] SCRIPT [FILE]... | sed [OPTION]... -e SCRIPT... [FILE]...",
    QUIET := Option("-n", "--quiet", "--silent", help="print only what p says"),
    EXPRESSION := Option(
        "-e", "--expression", value="SCRIPT", help="a part of the script; may be given again"
    ),
    FILE := Option("-f", "--file", value="FILE", help="the script is in FILE"),
    REGEXP_EXTENDED := Option("-E", "-r", "--regexp-extended", help="extended regular expressions"),
    IN_PLACE := Option(
        "-i", "--in-place", value="SUFFIX", optional=True, help="change the files themselves"
    ),
    SEPARATE := Option("-s", "--separate", help="each file has a first and a last line"),
    UNBUFFERED := Option("-u", "--unbuffered", help="hold no line back"),
    example="sed -i 's/^root=.*/root=LABEL=root/' /mnt/etc/default/boot",
    notes="Commands: s/re/new/[gpiN] y/abc/xyz/ d D p P n N g G h H x = a i c r q Q b t T : { }\n"
    "Addresses: N $ /re/ N~STEP, two of them with a comma, ! for all others.",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Run the script over all operands, or over each of them."""
    glued = [f"--in-place={w[2:]}" if w[:2] == "-i" and w[2:] else w for w in args]
    given = COMMAND.parse(glued)
    words = given.operands
    parts = given.all(EXPRESSION)
    for path in given.all(FILE):
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            parts.append(file.read().removesuffix("\n"))
    if not parts:
        if not words:
            raise COMMAND.usage_error("the script is missing")
        parts.append(words.pop(0))
    commands = parse("\n".join(parts), extended=given.flag(REGEXP_EXTENDED))
    quiet = given.flag(QUIET) or f"{parts[0]}\n".startswith("#n\n")
    editor = StreamEditor(commands, quiet=quiet)
    report = Report("sed", stderr)
    stdout.flush()
    suffix = given.text(IN_PLACE)
    if suffix is not None:
        return in_place(editor, words, suffix, report)
    output = Output(stdout.buffer, flush=given.flag(UNBUFFERED))
    groups = [[word] for word in words] if given.flag(SEPARATE) and words else [words]
    for group in groups:
        status = editor.run(every_line(group, stdin, report), output)
        if status is not None:
            return status or 2 * report.status
    return 2 * report.status


def in_place(editor: StreamEditor, paths: list[str], suffix: str, report: Report) -> int:
    """Rewrite each file; it is replaced only when the new one is complete."""
    for path in paths:
        with report:
            editor.number = 0
            with open(path, "rb") as source, Draft(path) as target:
                status = editor.run(lines(source), Output(target))
                if suffix:
                    name = suffix.replace("*", os.path.basename(path))
                    os.replace(path, name if "*" in suffix else path + suffix)
            if status is not None:  # after ``q`` nothing follows, as with GNU
                return status or 4 * report.status
    return 4 * report.status
