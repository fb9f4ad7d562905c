"""cpio - unpack, list or make the archives of an initramfs.

All archives of a row are read, packed or not, as the kernel does. Ref: cpio(1); Linux
Documentation/driver-api/early-userspace/buffer-format.rst.
"""

from __future__ import annotations

import os
import stat
import time

from uroot_py.base.errors import FormatError, RefusedError, Report, named_if_full
from uroot_py.base.glob import match
from uroot_py.base.options import Command, Ignored, Option
from uroot_py.base.text import printable
from uroot_py.files.owners import GROUPS, USERS, name_of
from uroot_py.files.unpack import NewerError, Unpacker, inside
from uroot_py.formats.archive import cpio
from uroot_py.formats.compress.detect import kind
from uroot_py.formats.compress.feed import Feed
from uroot_py.formats.compress.stream import unpack_one
from uroot_py.streams.inputs import chunks, exactly, source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TextIO

    from uroot_py.base.options import ParsedArgs

COMMAND = Command(
    "cpio",
    "cpio (-i | -t) [OPTION]... [PATTERN]... < ARCHIVE | cpio -o < NAMES > ARCHIVE",
    EXTRACT := Option("-i", "--extract", help="unpack the archive, or what the PATTERNs match"),
    LIST := Option("-t", "--list", help="list what is in it"),
    CREATE := Option("-o", "--create", help="make an archive of the files whose names are read"),
    FILE := Option(
        "-F", "--file", value="ARCHIVE", help="the archive, in place of input or output"
    ),
    DIRECTORY := Option("-D", "--directory", value="DIR", help="work in DIR"),
    VERBOSE := Option("-v", "--verbose", help="say which files; with -t everything about them"),
    NULL := Option("-0", "--null", help="with -o: names end with NUL"),
    UNCONDITIONAL := Option("-u", "--unconditional", help="replace also what is newer"),
    KEEP_TIMES := Option(
        "-m", "--preserve-modification-time", help="files are as old as they were"
    ),
    FORMAT := Option("-H", "--format", value="newc", help="the only format"),
    Ignored("-d", "--make-directories"),
    Ignored("--quiet"),
    Ignored("--no-absolute-filenames"),
    example="cpio -idm -D /tmp/x < /boot/initrd.img",
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Unpack, list or make an archive."""
    given = COMMAND.parse(args)
    if given.flag(EXTRACT) + given.flag(CREATE) + given.flag(LIST) == 0:
        raise COMMAND.usage_error("one of -i, -t, -o is needed")
    if (given.text(FORMAT) or "newc") not in ("newc", "crc"):
        raise COMMAND.usage_error("-H: only newc is made")
    report = Report("cpio", stderr)
    path = given.text(FILE)
    stdout.flush()
    if given.flag(CREATE):
        pieces = cpio.written(packed(names(given, stdin), given, report, stderr))
        if path:
            write(path, pieces)
        else:
            stdout.buffer.writelines(pieces)
    else:
        with source(path or "-", stdin) as file:
            every = members(Feed(chunks(file)), path or "input")
            found = ((member, data) for member, data in every if wanted(given, member.name))
            if given.flag(LIST):
                stdout.writelines(f"{shown(member, given)}\n" for member, _ in found)
            else:
                extract(found, given, report, stderr)
    return 2 if report.status else 0


def write(path: str, pieces: Iterable[bytes]) -> None:
    """Make the file PATH of PIECES."""
    try:
        with open(path, "wb") as file:
            file.writelines(pieces)
    except OSError as error:
        raise named_if_full(path, error) from None


def members(
    feed: Feed, path: str, *, inner: bool = False
) -> Iterator[tuple[cpio.Member, Iterator[bytes]]]:
    """The members of all archives in FEED, and the contents of each; INNER: it was packed."""
    while head := feed.head(cpio.HEADER_SIZE):
        if not head.strip(b"\0"):
            feed.take(len(head))  # padding between archives
        elif head[:1] == b"\0":
            feed.take(len(head) - len(head.lstrip(b"\0")))
        elif cpio.is_cpio(head):
            archive = cpio.Archive(feed, path)
            while member := archive.next():
                yield member, archive.data()
        elif kind(head) and not inner:
            yield from members(Feed(unpack_one(feed), path), path, inner=True)
        else:
            found = repr(head[:6])[1:]
            raise FormatError("cpio magic", feed.at, "070701 or 070702", found, source=path)


def wanted(given: ParsedArgs, name: str) -> bool:
    """Whether the patterns ask for NAME."""
    return not given.operands or any(match(pattern, name) for pattern in given.operands)


def shown(member: cpio.Member, given: ParsedArgs) -> str:
    """A member's name, with -v a line like those of ``ls -l``."""
    if not given.flag(VERBOSE):
        return member.name
    user, group = name_of(USERS, member.uid), name_of(GROUPS, member.gid)
    device = member.kind in (stat.S_IFCHR, stat.S_IFBLK)
    size = f"{member.rdev[0]},{member.rdev[1]:>4}" if device else str(member.size)
    date = time.strftime("%b %e %Y", time.localtime(member.mtime))
    link = f" -> {text(member.data)}" if member.kind == stat.S_IFLNK else ""
    mode = stat.filemode(member.mode)
    return f"{mode} {member.nlink:3} {user:<8} {group:<8} {size:>8} {date} {member.name}{link}"


def text(data: bytes) -> str:
    """Bytes of a path as text."""
    return data.decode("utf-8", "surrogateescape")


def extract(
    found: Iterator[tuple[cpio.Member, Iterator[bytes]]],
    given: ParsedArgs,
    report: Report,
    stderr: TextIO,
) -> None:
    """Make the files of the members."""
    with Unpacker(given.text(DIRECTORY) or ".", report) as unpacker:
        unpacker.times = given.flag(KEEP_TIMES)
        unpacker.update = not given.flag(UNCONDITIONAL)
        made: dict[int, str] = {}  # of hard links, whose contents come with the last of them
        for member, data in found:
            with report:
                name = inside(member.name)
                if not name:
                    continue
                linked = member.nlink > 1 and member.kind == stat.S_IFREG
                try:
                    unpacker.put(
                        name,
                        member.mode,
                        pieces=data,
                        link=text(member.data),
                        hard=made.get(member.ino, "") if linked else "",
                        owner=(member.uid, member.gid),
                        mtime=member.mtime,
                        rdev=member.rdev,
                    )
                except NewerError:
                    # As with GNU no fault: whoever unpacks a second time wants what is missing.
                    report.remark(f"{member.name} not created: newer or same age version exists")
                    continue
                if linked:
                    made.setdefault(member.ino, name)
                if given.flag(VERBOSE):
                    stderr.write(f"{member.name}\n")


def names(given: ParsedArgs, stdin: TextIO) -> list[str]:
    """The names on the standard input."""
    data = text(stdin.buffer.read())
    return [name for name in data.split("\0" if given.flag(NULL) else "\n") if name]


def packed(
    found: list[str], given: ParsedArgs, report: Report, stderr: TextIO
) -> Iterator[tuple[cpio.Member, Iterable[bytes]]]:
    """The files named as members, and their data."""
    top = given.text(DIRECTORY) or "."
    for name in found:
        with report:
            if "\0" in name:
                raise RefusedError(f"{printable(name)}: names with a NUL need -0")
            path = os.path.join(top, name)
            status = os.lstat(path)
            link = os.fsencode(os.readlink(path)) if stat.S_ISLNK(status.st_mode) else b""
            if given.flag(VERBOSE):
                stderr.write(f"{name}\n")
            member = cpio.Member(
                name.lstrip("/"),
                status.st_mode,
                link,
                uid=status.st_uid,
                gid=status.st_gid,
                mtime=int(status.st_mtime),
                rdev=(os.major(status.st_rdev), os.minor(status.st_rdev)),
                ino=status.st_ino,
                nlink=status.st_nlink,
            )
            if not stat.S_ISREG(status.st_mode):
                yield member, (link,)
                continue
            with open(path, "rb") as file:
                member.size = os.fstat(file.fileno()).st_size
                yield member, exactly(file, member.size, path, report)
