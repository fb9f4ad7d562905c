"""df - show how full the file systems are.

Ref: POSIX.1-2017 XCU df; the options are GNU's.
"""

from __future__ import annotations

import os

from uroot_py.abi.mount import MountLine, mounts
from uroot_py.base.errors import RefusedError, Report
from uroot_py.base.options import Command, Option
from uroot_py.base.text import printable, short_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from uroot_py.base.options import ParsedArgs

REMOTE = ("9p", "afs", "ceph", "cifs", "fuse.sshfs", "nfs", "nfs4", "smb3", "virtiofs")
COMMAND = Command(
    "df",
    "df [OPTION]... [FILE]...",
    HUMAN_READABLE := Option("-h", "--human-readable", help="as 1.5G, 20M"),
    KIB := Option("-k", help="in KiB (the default)"),
    MIB := Option("-m", help="in MiB"),
    INODES := Option("-i", "--inodes", help="inodes in place of room"),
    PRINT_TYPE := Option("-T", "--print-type", help="also the kind of file system"),
    TYPE := Option("-t", "--type", value="TYPE", help="only this kind"),
    UNWANTED := Option("-x", "--exclude-type", value="TYPE", help="no file systems of this type"),
    LOCAL := Option("-l", "--local", help="no file systems of other machines"),
    ALL := Option("-a", "--all", help="also those without a size"),
    PORTABILITY := Option("-P", "--portability", help="POSIX's heading"),
    example="df -hT /mnt",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Print a line per file system, or per operand."""
    given = COMMAND.parse(args)
    report = Report("df", stderr)
    known = mounts()
    chosen: list[MountLine] = []
    for path in given.operands:
        with report:
            chosen.append(holding(path, known))
    if not given.operands:
        chosen = distinct(known, every=given.flag(ALL))
    wanted, unwanted = given.text(TYPE), given.all(UNWANTED)
    rows = []
    for line in chosen:
        with report:
            local = not given.flag(LOCAL) or not remote(line)
            if local and wanted in (None, line.fstype) and line.fstype not in unwanted:
                rows.append(row(line, given))
    if not rows:
        return report.status or 1
    rows.insert(0, headings(given))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    texts = 2 if given.flag(PRINT_TYPE) else 1
    widths[0] = max(widths[0], 14)
    for words in rows:
        cells = [w.ljust(n) for w, n in zip(words[:texts], widths[:texts], strict=True)]
        cells += [w.rjust(n) for w, n in zip(words[texts:-1], widths[texts:-1], strict=True)]
        stdout.write(" ".join([*cells, words[-1]]) + "\n")
    return report.status


def headings(given: ParsedArgs) -> list[str]:
    """The words of the first line."""
    kind = ["Type"] if given.flag(PRINT_TYPE) else []
    if given.flag(INODES):
        return ["Filesystem", *kind, "Inodes", "IUsed", "IFree", "IUse%", "Mounted on"]
    unit = "1M-blocks" if unit_of(given) is MIB else "1K-blocks"
    unit = "1024-blocks" if given.flag(PORTABILITY) else unit
    if unit_of(given) is HUMAN_READABLE:
        return ["Filesystem", *kind, " Size", " Used", "Avail", "Use%", "Mounted on"]
    part = "Capacity" if given.flag(PORTABILITY) else "Use%"
    return ["Filesystem", *kind, unit, " Used", "Available", part, "Mounted on"]


def holding(path: str, known: list[MountLine]) -> MountLine:
    """The mount that PATH, a file or a mounted device, lies on."""
    real = os.path.realpath(path)
    device = os.stat(path).st_dev
    for line in reversed(known):
        if real == line.source:
            return line
    parts = real.rstrip("/").split("/")
    for size in range(len(parts), 0, -1):
        above = "/".join(parts[:size]) or "/"
        for line in reversed(known):
            if line.target == above and os.stat(above).st_dev == device:
                return line
    raise RefusedError(f"{path}: it lies on no mount that is known")


def remote(line: MountLine) -> bool:
    """Whether another machine, or the one around this virtual machine, holds it."""
    return ":" in line.source or line.source.startswith("//") or line.fstype in REMOTE


def distinct(known: list[MountLine], *, every: bool) -> list[MountLine]:
    """The mounts, each file system once."""
    seen: set[int] = set()
    found = []
    for line in known:
        try:
            device = os.stat(line.target).st_dev
            blocks = os.statvfs(line.target).f_blocks
        except OSError:
            continue
        if every or (blocks and device not in seen):
            seen.add(device)
            found.append(line)
    return found


def row(line: MountLine, given: ParsedArgs) -> list[str]:
    """The words about one file system."""
    status = os.statvfs(line.target)
    if given.flag(INODES):
        total, free, room = status.f_files, status.f_ffree, status.f_ffree
    else:
        unit = status.f_frsize
        total, free, room = (n * unit for n in (status.f_blocks, status.f_bfree, status.f_bavail))
    used = total - free
    whole = used + room
    part = f"{-(-used * 100 // whole)}%" if whole else "-"
    words = [number(value, given) for value in (total, used, room)]
    kind = [line.fstype] if given.flag(PRINT_TYPE) else []
    return [printable(line.source), *kind, *words, part, printable(line.target)]


def number(value: int, given: ParsedArgs) -> str:
    """A count as it was asked for."""
    unit = unit_of(given)
    if unit is HUMAN_READABLE:
        return short_size(value)
    if given.flag(INODES):
        return str(value)
    return str(-(-value >> 20) if unit is MIB else value >> 10)


def unit_of(given: ParsedArgs) -> Option:
    """The unit that was asked for last."""
    return given.last(HUMAN_READABLE, KIB, MIB) or KIB
