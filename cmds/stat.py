"""stat - show everything about a file.

Ref: stat(1) of GNU coreutils; inode(7).
"""

from __future__ import annotations

import os
import stat
import time

from uroot_py.base.errors import Report
from uroot_py.base.options import Command, Option
from uroot_py.files.owners import GROUPS, USERS, name_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

COMMAND = Command(
    "stat",
    "stat [-L] [-c FORMAT] FILE...",
    DEREFERENCE := Option("-L", "--dereference", help="what a link points to"),
    FORMAT := Option("-c", "--format", value="FORMAT", help="only this, such as '%s %n'"),
    TERSE := Option("-t", "--terse", help="everything in one line of numbers"),
    example="stat -c '%a %U:%G %s %n' /etc/shadow",
    notes="%a %A mode  %u %U user  %g %G group  %s size  %b %B blocks  %n %N name  %F kind\n"
    "%i inode  %h links  %d device  %t %T device numbers  %x %y %z times  %X %Y %Z in seconds",
)
KINDS = {
    stat.S_IFDIR: "directory",
    stat.S_IFLNK: "symbolic link",
    stat.S_IFCHR: "character special file",
    stat.S_IFBLK: "block special file",
    stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket",
}
IN_ONE_LINE = "%n %s %b %f %u %g %D %i %h %t %T %X %Y %Z %W %o"


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Show every operand."""
    given = COMMAND.parse(args, min_operands=1)
    report = Report("stat", stderr)
    for path in given.operands:
        with report:
            status = os.stat(path, follow_symlinks=given.flag(DEREFERENCE))
            shape = IN_ONE_LINE if given.flag(TERSE) else given.text(FORMAT) or usual(status)
            stdout.write(filled(shape, path, status) + "\n")
    return report.status


def usual(status: os.stat_result) -> str:
    """The format of the full text."""
    device = stat.S_ISCHR(status.st_mode) or stat.S_ISBLK(status.st_mode)
    return (
        "  File: %FN\n"
        "  Size: %-10s\tBlocks: %-10b IO Block: %-6o %F\n"
        "Device: %Hd,%Ld\tInode: %-11i Links: "
        + ("%-5h Device type: %Hr,%Lr\n" if device else "%h\n")
        + "Access: (%04a/%10.10A)  Uid: (%5u/%8U)   Gid: (%5g/%8G)\n"
        "Access: %x\nModify: %y\nChange: %z\n Birth: %w"
    )


def kind(status: os.stat_result) -> str:
    """The kind of a file in words."""
    named = KINDS.get(stat.S_IFMT(status.st_mode))
    return named or ("regular file" if status.st_size else "regular empty file")


def moment(nanoseconds: int) -> str:
    """``2026-01-31 12:30:00.000000000 +0000``."""
    parts = time.localtime(nanoseconds // 10**9)
    date, zone = time.strftime("%F %T", parts), time.strftime("%z", parts)
    return f"{date}.{nanoseconds % 10**9:09} {zone}"


def linked(path: str, quote: str = "") -> str:
    """The name, and where a link leads."""
    shown = f"{quote}{path}{quote}"
    return f"{shown} -> {quote}{os.readlink(path)}{quote}" if os.path.islink(path) else shown


FIELDS: dict[str, Callable[[str, os.stat_result], object]] = {
    "a": lambda p, s: f"{stat.S_IMODE(s.st_mode):o}",
    "A": lambda p, s: stat.filemode(s.st_mode),
    "b": lambda p, s: s.st_blocks,
    "B": lambda p, s: 512,
    "d": lambda p, s: s.st_dev,
    "D": lambda p, s: f"{s.st_dev:x}",
    "Hd": lambda p, s: os.major(s.st_dev),
    "Ld": lambda p, s: os.minor(s.st_dev),
    "Hr": lambda p, s: os.major(s.st_rdev),
    "Lr": lambda p, s: os.minor(s.st_rdev),
    "f": lambda p, s: f"{s.st_mode:x}",
    "F": lambda p, s: kind(s),
    "g": lambda p, s: s.st_gid,
    "G": lambda p, s: name_of(GROUPS, s.st_gid),
    "h": lambda p, s: s.st_nlink,
    "i": lambda p, s: s.st_ino,
    "n": lambda p, s: p,
    "N": lambda p, s: linked(p, "'"),
    "FN": lambda p, s: linked(p),
    "o": lambda p, s: s.st_blksize,
    "s": lambda p, s: s.st_size,
    "t": lambda p, s: f"{os.major(s.st_rdev):x}",
    "T": lambda p, s: f"{os.minor(s.st_rdev):x}",
    "u": lambda p, s: s.st_uid,
    "U": lambda p, s: name_of(USERS, s.st_uid),
    "w": lambda p, s: "-",
    "W": lambda p, s: 0,
    "x": lambda p, s: moment(s.st_atime_ns),
    "X": lambda p, s: s.st_atime_ns // 10**9,
    "y": lambda p, s: moment(s.st_mtime_ns),
    "Y": lambda p, s: s.st_mtime_ns // 10**9,
    "z": lambda p, s: moment(s.st_ctime_ns),
    "Z": lambda p, s: s.st_ctime_ns // 10**9,
}


def filled(shape: str, path: str, status: os.stat_result) -> str:
    """SHAPE with its %-directives (flags, width and precision as in printf) replaced."""
    out = ""
    while shape:
        plain, percent, rest = shape.partition("%")
        out += plain
        if not percent:
            break
        size = len(rest) - len(rest.lstrip("-0123456789."))
        spec, rest = rest[:size], rest[size:]
        key = rest[:2] if rest[:2] in FIELDS else rest[:1]
        shape = rest[len(key) :]
        if key in FIELDS:
            zero, spec = spec[:1] == "0", spec.lstrip("0")
            text = f"%{spec}s" % FIELDS[key](path, status)
            out += text.replace(" ", "0") if zero else text
        else:
            out += "%" if key in ("%", "") else f"?{key}"
    return out
