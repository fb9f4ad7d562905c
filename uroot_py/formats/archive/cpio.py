"""The archive that the kernel unpacks as its first file system: newc cpio, reader and writer.

An initramfs is a row of such archives (each ended by ``TRAILER!!!``, padded with NULs to four
bytes); any of them may be compressed. This module reads and writes one uncompressed archive.

Ref: Documentation/driver-api/early-userspace/buffer-format.rst, init/initramfs.c (Linux 6.1).
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

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

    ``mode`` holds type and permissions, ``data`` the contents or a link's target, ``rdev`` the
    (major, minor) of a node; ``ino`` and ``nlink`` tie hard links together: of such a group only
    the last member carries the data. Names have no leading slash; undecodable bytes are kept
    (surrogateescape).
    """

    __slots__ = ("data", "gid", "ino", "mode", "mtime", "name", "nlink", "rdev", "uid")

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
    def wrong(what: str, at: int, expected: str, found: str) -> FormatError:
        return FormatError(f"cpio {what}", at, expected, found, source=source)

    header = bytes(data[offset : offset + HEADER_SIZE])
    if len(header) < HEADER_SIZE:
        raise wrong("header", offset, f"{HEADER_SIZE} bytes", f"{len(header)}, then the end")
    if header[:6] not in (MAGIC, MAGIC_CRC):
        raise wrong("magic", offset, "070701 or 070702", repr(header[:6])[1:])
    if header.lower().strip(b"0123456789abcdef"):
        raise wrong("header", offset, "hexadecimal digits", repr(header)[1:])
    ino, mode, uid, gid, nlink, mtime, size, _, _, major, minor, name_size, check = (
        int(header[at : at + 8], 16) for at in range(6, HEADER_SIZE, 8)
    )
    name_at = offset + HEADER_SIZE
    data_at = (name_at + name_size + 3) & ~3
    raw = bytes(data[name_at : name_at + name_size])
    if not 1 < name_size <= PATH_MAX or raw.find(b"\0") != name_size - 1:
        found = f"{name_size} bytes: {raw[:40]!r}"
        raise wrong("name", name_at, f"2 to {PATH_MAX} bytes, the last one NUL", found)
    name = raw[:-1].decode("utf-8", "surrogateescape")
    contents = bytes(data[data_at : data_at + size])
    if len(contents) < size:
        raise wrong(f"data of {name!r}", data_at, f"{size} bytes", f"{len(contents)}, then the end")
    if mode & S_IFMT == S_IFLNK and size > PATH_MAX:
        raise wrong(f"target of {name!r}", data_at, f"at most {PATH_MAX} bytes", str(size))
    summed = header[:6] == MAGIC_CRC and mode & S_IFMT == S_IFREG
    if summed and sum(contents) & 0xFFFFFFFF != check:
        found = f"{sum(contents) & 0xFFFFFFFF:#x}"
        raise wrong(f"data of {name!r}", data_at, f"the byte sum {check:#x}", found)
    end = (data_at + size + 3) & ~3
    owner = {"uid": uid, "gid": gid, "mtime": mtime, "ino": ino, "nlink": nlink}
    return Member(name, mode, contents, rdev=(major, minor), **owner), end


def build(members: Iterable[Member], *, align: int = 512) -> bytes:
    """The bytes of an archive of MEMBERS in their order, padded to ALIGN.

    Inode numbers are counted, so equal members give equal bytes; members that share a non-zero
    ``ino`` and have ``nlink`` above 1 stay hard links of each other. Raises FormatError for what
    the format cannot hold.
    """
    out = bytearray()
    inodes: dict[int, int] = {}
    for number, member in enumerate(members, 1):
        linked = member.ino if member.nlink > 1 and member.kind != S_IFDIR else 0
        ino = inodes.setdefault(linked, number) if linked else number
        _append(out, member, ino)
    _append(out, Member(TRAILER, 0), 0)
    out += bytes(-len(out) % align)
    return bytes(out)


def _append(out: bytearray, member: Member, ino: int) -> None:
    name = member.name.encode("utf-8", "surrogateescape") + b"\0"
    if not 1 < len(name) <= PATH_MAX or b"\0" in name[:-1]:
        raise FormatError(
            "cpio name", len(out), f"1 to {PATH_MAX - 1} bytes without NUL", repr(member.name[:40])
        )
    fields = {
        "ino": ino,
        "mode": member.mode,
        "uid": member.uid,
        "gid": member.gid,
        "nlink": member.nlink,
        "mtime": member.mtime,
        "filesize": len(member.data),
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
            raise FormatError(where, len(out), "a number of 32 bits", str(value))
    out += MAGIC + b"".join(b"%08X" % value for value in fields.values()) + name
    out += bytes(-len(out) % 4)
    out += member.data
    out += bytes(-len(out) % 4)
