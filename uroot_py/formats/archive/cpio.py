"""The archive that the kernel unpacks as its first file system: newc cpio, reader and writer.

An initramfs is a row of such archives (each ended by ``TRAILER!!!``, padded with NULs to four
bytes); any of them may be compressed. This module reads and writes one uncompressed archive.

Ref: Documentation/driver-api/early-userspace/buffer-format.rst, init/initramfs.c (Linux 6.1).
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from uroot_py.formats.compress.feed import Feed

MAGIC = b"070701"
MAGIC_CRC = b"070702"  # the same, and the check field holds the sum of the data's bytes
HEADER_SIZE = 110
TRAILER = "TRAILER!!!"
PATH_MAX = 4096

# The type bits of a mode, as in <sys/stat.h>; the pure rooms do not import stat.
S_IFMT = 0o170000
S_IFDIR = 0o040000
S_IFCHR = 0o020000
S_IFBLK = 0o060000
S_IFREG = 0o100000
S_IFLNK = 0o120000


class Member:
    """A file of an archive.

    ``mode`` holds type and permissions, ``data`` the contents or a link's target (``size`` bytes,
    which an ``Archive`` gives piece by piece), ``rdev`` the
    (major, minor) of a node; ``ino`` and ``nlink`` tie hard links together: of such a group only
    the last member carries the data. Names have no leading slash; undecodable bytes are kept
    (surrogateescape).
    """

    __slots__ = ("data", "gid", "ino", "mode", "mtime", "name", "nlink", "rdev", "size", "uid")

    def __init__(
        self,
        name: str,
        mode: int,
        data: bytes = b"",
        *,
        uid: int = 0,
        gid: int = 0,
        mtime: int = 0,
        rdev: tuple[int, int] = (0, 0),
        ino: int = 0,
        nlink: int = 1,
    ) -> None:
        self.name = name
        self.mode = mode
        self.data = data
        self.size = len(data)
        self.uid = uid
        self.gid = gid
        self.mtime = mtime
        self.rdev = rdev
        self.ino = ino
        self.nlink = nlink

    @property
    def kind(self) -> int:
        """The type bits of the mode: S_IFREG, S_IFDIR, ..."""
        return self.mode & S_IFMT

    def __repr__(self) -> str:
        return f"<Member {self.name!r} {self.mode:o} {len(self.data)} bytes>"


def parse(data: bytes, offset: int = 0, *, source: str = "") -> tuple[list[Member], int]:
    """The members of the archive at OFFSET, and the offset just after it.

    The padding behind the trailer is passed over. Raises FormatError, which names SOURCE.
    """
    members = []
    while True:
        member, offset = _member(data, offset, source)
        if member.name == TRAILER:
            break
        members.append(member)
    while offset < len(data) and data[offset] == 0:
        offset += 1
    return members, offset


def is_cpio(data: bytes, offset: int = 0) -> bool:
    """Whether a newc archive begins at OFFSET."""
    return data[offset : offset + 6] in (MAGIC, MAGIC_CRC)


def _member(data: bytes, offset: int, source: str) -> tuple[Member, int]:
    member, name_size, check = _header(bytes(data[offset : offset + HEADER_SIZE]), offset, source)
    name_at = offset + HEADER_SIZE
    data_at = (name_at + name_size + 3) & ~3
    _name(member, bytes(data[name_at : name_at + name_size]), name_size, name_at, source)
    member.data = bytes(data[data_at : data_at + member.size])
    if len(member.data) < member.size:
        raise _short(member, data_at, len(member.data), source)
    if check is not None and sum(member.data) & 0xFFFFFFFF != check:
        raise _unsummed(member, data_at, check, sum(member.data), source)
    return member, (data_at + member.size + 3) & ~3


def _wrong(what: str, at: int, expected: str, found: str, source: str) -> FormatError:
    return FormatError(f"cpio {what}", at, expected, found, source=source)


def _short(member: Member, at: int, found: int, source: str) -> FormatError:
    expected = f"{member.size} bytes"
    return _wrong(f"data of {member.name!r}", at, expected, f"{found}, then the end", source)


def _unsummed(member: Member, at: int, check: int, found: int, source: str) -> FormatError:
    expected = f"the byte sum {check:#x}"
    return _wrong(f"data of {member.name!r}", at, expected, f"{found & 0xFFFFFFFF:#x}", source)


def _header(header: bytes, offset: int, source: str) -> tuple[Member, int, int | None]:
    """The member that HEADER begins, its name's size, and the sum of its data where it has one."""
    if len(header) < HEADER_SIZE:
        found = f"{len(header)}, then the end"
        raise _wrong("header", offset, f"{HEADER_SIZE} bytes", found, source)
    if header[:6] not in (MAGIC, MAGIC_CRC):
        raise _wrong("magic", offset, "070701 or 070702", repr(header[:6])[1:], source)
    if header.lower().strip(b"0123456789abcdef"):
        raise _wrong("header", offset, "hexadecimal digits", repr(header)[1:], source)
    ino, mode, uid, gid, nlink, mtime, size, _, _, major, minor, name_size, check = (
        int(header[at : at + 8], 16) for at in range(6, HEADER_SIZE, 8)
    )
    member = Member(
        "", mode, uid=uid, gid=gid, mtime=mtime, rdev=(major, minor), ino=ino, nlink=nlink
    )
    member.size = size
    summed = header[:6] == MAGIC_CRC and member.kind == S_IFREG
    return member, name_size, check if summed else None


def _name(member: Member, raw: bytes, size: int, offset: int, source: str) -> None:
    """Give MEMBER its name, RAW of SIZE bytes at OFFSET, and check what depends on it."""
    if not 1 < size <= PATH_MAX or raw.find(b"\0") != size - 1:
        found = f"{size} bytes: {raw[:40]!r}"
        raise _wrong("name", offset, f"2 to {PATH_MAX} bytes, the last one NUL", found, source)
    member.name = raw[:-1].decode("utf-8", "surrogateescape")
    if member.kind == S_IFLNK and member.size > PATH_MAX:
        at = (offset + size + 3) & ~3
        what = f"target of {member.name!r}"
        raise _wrong(what, at, f"at most {PATH_MAX} bytes", str(member.size), source)


class Archive:
    """One archive, its members one after another, in bounded memory.

    FEED stands at its beginning, and behind it when ``next`` has given None. Offsets in faults are
    those of the feed.
    """

    def __init__(self, feed: Feed, source: str = "") -> None:
        self.feed = feed
        self.source = source
        self._member = Member("", 0)
        self._start = feed.at  # what the padding counts from
        self._at = 0  # where its data begins
        self._left = 0  # bytes of its data that were not read
        self._check: int | None = None
        self._sum = 0

    def next(self) -> Member | None:
        """The next member, None at the end; of a link with its target, of a file see ``data``."""
        for _ in self.data():
            pass
        feed = self.feed
        offset = feed.at + (self._start - feed.at) % 4
        self._pass(offset - feed.at)
        member, name_size, self._check = _header(feed.head(HEADER_SIZE), offset, self.source)
        feed.take(HEADER_SIZE)
        raw = feed.head(min(name_size, PATH_MAX))
        _name(member, raw, name_size, feed.at, self.source)
        feed.take(name_size)
        self._at = feed.at + (self._start - feed.at) % 4
        self._pass(self._at - feed.at)
        self._member, self._left, self._sum = member, member.size, 0
        if member.kind == S_IFLNK:
            member.data = b"".join(self.data())
        return None if member.name == TRAILER else member

    def data(self) -> Iterator[bytes]:
        """The bytes of the member that came last, as far as they are unread."""
        while self._left:
            piece = self.feed.piece()
            if not piece:
                found = self._member.size - self._left
                raise _short(self._member, self._at, found, self.source)
            if len(piece) > self._left:
                self.feed.back(piece[self._left :])
                piece = piece[: self._left]
            self._left -= len(piece)
            if self._check is not None:
                self._sum += sum(piece)
            yield piece
        check, self._check = self._check, None
        if check is not None and self._sum & 0xFFFFFFFF != check:
            raise _unsummed(self._member, self._at, check, self._sum, self.source)

    def _pass(self, size: int) -> None:
        """Pass over padding; the end of the data may come in place of it."""
        self.feed.take(len(self.feed.head(size)))


def build(members: Iterable[Member], *, align: int = 512) -> bytes:
    """The bytes of an archive of MEMBERS, whose ``data`` is all there, in their order.

    See ``written``.
    """
    return b"".join(written(((member, (member.data,)) for member in members), align=align))


def written(
    members: Iterable[tuple[Member, Iterable[bytes]]], *, align: int = 512
) -> Iterator[bytes]:
    """An archive of MEMBERS in their order, padded to ALIGN, in pieces.

    With each come the ``size`` bytes of its data in pieces. Inode numbers are counted, so equal
    members give equal bytes; members that share a non-zero ``ino`` and have ``nlink`` above 1 stay
    hard links of each other. Raises FormatError for what the format cannot hold.
    """
    at = 0
    inodes: dict[int, int] = {}
    for number, (member, pieces) in enumerate(members, 1):
        linked = member.ino if member.nlink > 1 and member.kind != S_IFDIR else 0
        head = _head(member, inodes.setdefault(linked, number) if linked else number, at)
        yield head
        yield from pieces
        yield bytes(-member.size % 4)
        at += len(head) + member.size + -member.size % 4
    trailer = _head(Member(TRAILER, 0), 0, at)
    yield trailer
    yield bytes(-(at + len(trailer)) % align)


def _head(member: Member, ino: int, at: int) -> bytes:
    """Header and name of a member, AT bytes behind the beginning."""
    name = member.name.encode("utf-8", "surrogateescape") + b"\0"
    if not 1 < len(name) <= PATH_MAX or b"\0" in name[:-1]:
        raise FormatError(
            "cpio name", at, f"1 to {PATH_MAX - 1} bytes without NUL", repr(member.name[:40])
        )
    fields = {
        "ino": ino,
        "mode": member.mode,
        "uid": member.uid,
        "gid": member.gid,
        "nlink": member.nlink,
        "mtime": member.mtime,
        "filesize": member.size,
        "devmajor": 0,
        "devminor": 0,
        "rdevmajor": member.rdev[0],
        "rdevminor": member.rdev[1],
        "namesize": len(name),
        "check": 0,
    }
    for field, value in fields.items():
        if not 0 <= value <= 0xFFFFFFFF:
            where = f"cpio {field} of {member.name!r}"
            raise FormatError(where, at, "a number of 32 bits", str(value))
    head = MAGIC + b"".join(b"%08X" % value for value in fields.values()) + name
    return head + bytes(-len(head) % 4)
