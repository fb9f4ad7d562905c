"""Files as lines: what ``ls -l`` and ``find -ls`` print. Ref: POSIX.1-2017 XCU ls."""

from __future__ import annotations

import os
import stat
import time

from uroot_py.base.text import short_size
from uroot_py.files.owners import GROUPS, USERS, name_of

HALF_A_YEAR = 31556952 // 2


class Item:
    """A name and what lstat (or stat) says about the file; ``link`` is where a link points."""

    __slots__ = ("link", "name", "path", "stat")

    def __init__(self, path: str, name: str = "", *, follow: bool = False) -> None:
        self.path = path
        self.name = name or path
        self.stat = os.stat(path) if follow else os.lstat(path)
        self.link = os.readlink(path) if stat.S_ISLNK(self.stat.st_mode) else ""

    @property
    def is_directory(self) -> bool:
        """Whether it is a directory itself, not a link to one."""
        return stat.S_ISDIR(self.stat.st_mode)

    @property
    def target_is_directory(self) -> bool:
        """Whether it is a directory, or a link to one."""
        return self.is_directory or (bool(self.link) and os.path.isdir(self.path))


def kind_mark(mode: int) -> str:
    """The mark of ``ls -F`` for a file's mode: ``/``, ``@``, ``|``, ``=``, ``*`` or nothing."""
    marks = {stat.S_IFDIR: "/", stat.S_IFLNK: "@", stat.S_IFIFO: "|", stat.S_IFSOCK: "="}
    return marks.get(stat.S_IFMT(mode), "*" if stat.S_ISREG(mode) and mode & 0o111 else "")


def size_text(item: Item, *, human: bool) -> str:
    """The size in bytes, or a device's ``major, minor``."""
    status = item.stat
    if stat.S_ISCHR(status.st_mode) or stat.S_ISBLK(status.st_mode):
        return f"{os.major(status.st_rdev)}, {os.minor(status.st_rdev)}"
    return short_size(status.st_size) if human else str(status.st_size)


def time_text(moment: float, now: float) -> str:
    """``Nov 21 08:15``, or ``Nov 21  2024`` for what is older than half a year or to come."""
    recent = now - HALF_A_YEAR < moment <= now
    return time.strftime("%b %e %H:%M" if recent else "%b %e  %Y", time.localtime(moment))


def long_lines(
    items: list[Item], names: list[str], *, human: bool = False, numeric: bool = False
) -> list[str]:
    """A line per item, its name from NAMES last; the columns are as wide as their widest entry."""
    now = time.time()
    rows = []
    for item in items:
        status = item.stat
        user, group = str(status.st_uid), str(status.st_gid)
        if not numeric:
            user, group = name_of(USERS, status.st_uid), name_of(GROUPS, status.st_gid)
        size = size_text(item, human=human)
        rows.append((stat.filemode(status.st_mode), str(status.st_nlink), user, group, size))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for item, row, name in zip(items, rows, names, strict=True):
        mode, links, user, group, size = row
        lines.append(
            f"{mode:{widths[0]}} {links:>{widths[1]}} {user:{widths[2]}} {group:{widths[3]}}"
            f" {size:>{widths[4]}} {time_text(item.stat.st_mtime, now)} {name}"
        )
    return lines
