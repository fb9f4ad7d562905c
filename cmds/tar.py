"""tar - pack files into an archive, or unpack one.

Reads ustar, GNU and pax archives, packed or not. Ref: POSIX.1-2017 XCU pax; tar(1) of GNU.
"""

from __future__ import annotations

import os
import stat
import time

from uroot_py.base.errors import RefusedError, Report, UrootError, named_if_full
from uroot_py.base.glob import match
from uroot_py.base.options import Command, Option
from uroot_py.files.owners import GROUPS, USERS, name_of
from uroot_py.files.trees import walk
from uroot_py.files.unpack import Unpacker, inside
from uroot_py.formats.archive import tar
from uroot_py.formats.compress.pack import SUFFIXES, packed
from uroot_py.formats.compress.stream import unpacked
from uroot_py.streams.inputs import Reader, chunks, exactly, source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

    from uroot_py.base.options import ParsedArgs

COMMAND = Command(
    "tar",
    "tar (-c | -x | -t) [-f ARCHIVE] [OPTION]... [FILE]...",
    CREATE := Option("-c", "--create", help="make an archive of the FILEs"),
    EXTRACT := Option("-x", "--extract", "--get", help="unpack the archive, or only the FILEs"),
    LIST := Option("-t", "--list", help="list what is in it"),
    FILE := Option("-f", "--file", value="ARCHIVE", help="the archive (-: standard input, output)"),
    DIRECTORY := Option("-C", "--directory", value="DIR", help="work in DIR"),
    VERBOSE := Option("-v", "--verbose", help="say which files; with -t everything about them"),
    GZIP := Option("-z", "--gzip", help="pack with gzip"),
    BZIP2 := Option("-j", "--bzip2", help="pack with bzip2"),
    XZ := Option("-J", "--xz", help="pack with xz"),
    ZSTD := Option("--zstd", help="pack with zstd"),
    AUTO_COMPRESS := Option("-a", "--auto-compress", help="pack as the archive's name says"),
    TO_STDOUT := Option("-O", "--to-stdout", help="unpack to the output"),
    KEEP_OLD_FILES := Option("-k", "--keep-old-files", help="replace nothing"),
    SAME := Option("-p", "--preserve-permissions", "--same-permissions", help="modes as listed"),
    TOUCH := Option("-m", "--touch", help="files are as new as they are"),
    DEREFERENCE := Option("-h", "--dereference", help="pack what links point to"),
    NO_SAME_OWNER := Option("--no-same-owner", help="files belong to who unpacks them"),
    STRIP := Option("--strip-components", value="N", help="without the first N parts of the names"),
    EXCLUDE := Option("--exclude", value="PATTERN", help="not these files"),
    FROM := Option("-T", "--files-from", value="FILE", help="the FILEs are the lines of FILE"),
    ONE_FILE_SYSTEM := Option("--one-file-system", help="stay on one file system"),
    NUMERIC_OWNER := Option("--numeric-owner", help="numbers in place of names"),
    example="tar -xf system.tar.xz -C /mnt",
)
KINDS = {GZIP: "gzip", BZIP2: "bzip2", XZ: "xz", ZSTD: "zstd"}
PACKING = {ending: name for name, ending in SUFFIXES.items()}
PACKING |= {".tgz": "gzip", ".tbz": "bzip2", ".txz": "xz", ".tzst": "zstd"}


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Make, unpack or list an archive."""
    given = COMMAND.parse(old_style(args))
    modes = [row for row in (CREATE, EXTRACT, LIST) if given.flag(row)]
    if len(modes) != 1:
        raise COMMAND.usage_error("one of -c, -x, -t is needed")
    names = list(given.operands)
    for path in given.all(FROM):
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            names += file.read().splitlines()
    report = Report("tar", stderr)
    stdout.flush()
    if modes[0] is CREATE and not names:
        raise COMMAND.usage_error("an empty archive would be made: no FILE is given")
    with report:
        if modes[0] is CREATE:
            create(given, names, stdout, report)
            return 2 if report.status else 0
        path = given.text(FILE) or "-"
        with source(path, stdin) as file:
            archive = tar.Archive(Reader(unpacked(chunks(file), path, plain=True)).read, path)
            every = (list_all if modes[0] is LIST else extract)(given, archive, stdout, report)
            selected(every, names, report)
    return 2 if report.status else 0


def old_style(args: list[str]) -> list[str]:
    """``tar xzf ARCHIVE`` as ``tar -x -z -f ARCHIVE``."""
    if not args or args[0][:1] == "-":
        return args
    values, out = args[1:], []
    for letter in args[0]:
        out.append(f"-{letter}")
        if letter in "fCT" and values:
            out.append(values.pop(0))
    return out + values


def selected(every: Iterator[str], wanted: list[str], report: Report) -> None:
    """Work through EVERY name; one of WANTED that did not come is a fault."""
    missing = {name.rstrip("/"): name for name in wanted}
    for name in every:
        for key in list(missing):
            if covers(key, name):
                del missing[key]
    for name in missing.values():
        report.fault(f"{name}: not in the archive")


def covers(wanted: str, name: str) -> bool:
    """Whether the operand WANTED means the member NAME, itself or as something in it."""
    bare = name.rstrip("/")
    return bare == wanted or bare.startswith(f"{wanted}/")


def excluded(given: ParsedArgs, name: str) -> bool:
    """Whether --exclude leaves NAME out: a pattern fits it, or any of its parts in a row."""
    patterns = [each for word in given.all(EXCLUDE) for each in (word, f"{word}/*")]
    if not patterns:
        return False
    parts = name.rstrip("/").split("/")
    return any(match(each, "/".join(parts[at:])) for at in range(len(parts)) for each in patterns)


def chosen(given: ParsedArgs, name: str) -> bool:
    """Whether the operands and --exclude ask for the member NAME."""
    wanted = [word.rstrip("/") for word in given.operands]
    asked = not wanted or any(covers(word, name) for word in wanted)
    return asked and not excluded(given, name)


def members(given: ParsedArgs, archive: tar.Archive) -> Iterator[tar.Member]:
    """The members that are asked for."""
    while (member := archive.next()) is not None:
        if chosen(given, member.name):
            yield member


def list_all(
    given: ParsedArgs, archive: tar.Archive, stdout: TextIO, report: Report
) -> Iterator[str]:
    """Print the members; their names."""
    width = 19
    for member in members(given, archive):
        line = member.name
        if given.flag(VERBOSE):
            line, width = described(member, width, numeric=given.flag(NUMERIC_OWNER))
        stdout.write(line + "\n")
        yield member.name


def described(member: tar.Member, width: int, *, numeric: bool) -> tuple[str, int]:
    """A line like those of ``ls -l``, and the width of owner and size from now on."""
    mode = "h" + stat.filemode(member.mode)[1:] if member.hard else stat.filemode(member.mode)
    user = str(member.uid) if numeric or not member.user else member.user
    group = str(member.gid) if numeric or not member.group else member.group
    device = member.kind in (stat.S_IFCHR, stat.S_IFBLK)
    size = "0" if member.hard else str(member.size)
    if device:
        size = f"{member.rdev[0]},{member.rdev[1]}"
    owner = f"{user}/{group}"
    width = max(width, len(owner) + 1 + len(size))
    date = time.strftime("%Y-%m-%d %H:%M", time.localtime(member.mtime))
    link = f" -> {member.link}" if member.kind == stat.S_IFLNK else ""
    link = f" link to {member.link}" if member.hard else link
    return f"{mode} {owner} {size:>{width - len(owner) - 1}} {date} {member.name}{link}", width


def extract(
    given: ParsedArgs, archive: tar.Archive, stdout: TextIO, report: Report
) -> Iterator[str]:
    """Unpack the members; their names."""
    with Unpacker(given.text(DIRECTORY) or ".", report) as unpacker:
        unpacker.owner = unpacker.owner and not given.flag(NO_SAME_OWNER)
        unpacker.modes = os.geteuid() == 0 or given.flag(SAME)
        unpacker.times = not given.flag(TOUCH)
        unpacker.keep = given.flag(KEEP_OLD_FILES)
        strip = given.number(STRIP) or 0
        for member in members(given, archive):
            if given.flag(TO_STDOUT) and not member.sparse:
                stdout.buffer.writelines(archive.data())
            else:
                with report:
                    place(unpacker, member, archive, strip)
            if given.flag(VERBOSE):
                stdout.write(member.name + "\n")
            yield member.name


def place(unpacker: Unpacker, member: tar.Member, archive: tar.Archive, strip: int) -> None:
    """Make the file of one member."""
    name = inside(member.name, strip)
    if not name:
        return
    if member.sparse:
        raise RefusedError(f"{name}: a sparse file, not unpacked", hint="pack it without -S")
    owner = (member.uid, member.gid)
    unpacker.put(
        name,
        member.mode,
        pieces=archive.data(),
        link=member.link,
        hard=inside(member.link, strip) if member.hard else "",
        owner=owner,
        mtime=member.mtime,
        rdev=member.rdev,
    )


def create(given: ParsedArgs, names: list[str], stdout: TextIO, report: Report) -> None:
    """Write an archive of NAMES; a half-written one does not stay."""
    path = given.text(FILE) or "-"
    kinds = [kind for row, kind in KINDS.items() if given.flag(row)]
    if given.flag(AUTO_COMPRESS) and not kinds:
        kinds = [PACKING[end] for end in PACKING if path.endswith(end)]
    writer = Writer(given, report, stdout if given.flag(VERBOSE) and path != "-" else None)
    if path == "-":
        stdout.buffer.writelines(packed_as(kinds, writer.archive(names)))
        return
    try:
        with open(path, "wb") as file:
            writer.skip = (os.fstat(file.fileno()).st_dev, os.fstat(file.fileno()).st_ino)
            file.writelines(packed_as(kinds, writer.archive(names)))
    except (OSError, UrootError) as error:
        if os.path.isfile(path):
            os.unlink(path)
        raise named_if_full(path, error) from error.__cause__


def packed_as(kinds: list[str], pieces: Iterator[bytes]) -> Iterator[bytes]:
    """PIECES, packed if a way to do so was asked for."""
    return packed(pieces, kinds[0]) if kinds else pieces


class Writer:
    """Turns files into the bytes of an archive."""

    def __init__(self, given: ParsedArgs, report: Report, stdout: TextIO | None) -> None:
        self.given = given
        self.report = report
        self.stdout = stdout
        self.top = given.text(DIRECTORY) or ""
        self.skip = (0, 0)
        self.links: dict[tuple[int, int], str] = {}

    def archive(self, names: list[str]) -> Iterator[bytes]:
        """The bytes of the whole archive."""
        follow = self.given.flag(DEREFERENCE)
        alone = self.given.flag(ONE_FILE_SYSTEM)
        for name in names:
            top = os.path.join(self.top, name)
            for path, status in walk(top, self.report, follow=follow, one_device=alone):
                shown = os.path.relpath(path, self.top) if self.top and name[:1] != "/" else path
                shown = name if path == top else shown
                if not excluded(self.given, shown) and (status.st_dev, status.st_ino) != self.skip:
                    with self.report:
                        yield from self.member(path, shown, status)
        yield tar.END

    def member(self, path: str, name: str, status: os.stat_result) -> Iterator[bytes]:
        """Header and data of one file."""
        bare = name.lstrip("/")
        folder = stat.S_ISDIR(status.st_mode)
        member = tar.Member(bare + "/" * (folder and not bare.endswith("/")), status.st_mode)
        member.uid, member.gid, member.mtime = status.st_uid, status.st_gid, status.st_mtime
        if not self.given.flag(NUMERIC_OWNER):
            member.user = name_of(USERS, status.st_uid)
            member.group = name_of(GROUPS, status.st_gid)
        if stat.S_ISLNK(status.st_mode):
            member.link = os.readlink(path)
        key = (status.st_dev, status.st_ino)
        if status.st_nlink > 1 and not folder:
            member.hard = key in self.links
            member.link = self.links.setdefault(key, bare) if member.hard else member.link
            self.links.setdefault(key, bare)
        member.rdev = (os.major(status.st_rdev), os.minor(status.st_rdev))
        if stat.S_ISSOCK(status.st_mode):
            raise RefusedError(f"{path}: a socket, left out")
        if self.stdout:
            self.stdout.write(member.name + "\n")
        if not stat.S_ISREG(status.st_mode) or member.hard:
            yield tar.header(member)
            return
        with open(path, "rb") as file:
            member.size = os.fstat(file.fileno()).st_size
            yield tar.header(member)
            yield from exactly(file, member.size, path, self.report)
            yield bytes(-member.size % tar.BLOCK)
