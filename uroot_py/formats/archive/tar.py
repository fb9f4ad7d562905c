"""tar archives: ustar, the extensions of GNU and of pax; reading and writing.

Ref: POSIX.1-2017 XCU pax, "ustar Interchange Format" and "pax Header Block"; GNU tar manual,
"Basic Tar Format".
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.base.reader import number_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BLOCK = 512
MAX_TIME = 253_402_300_799  # the last second of the year 9999: what no clock shows comes to that
MAX_RECORD = 1 << 20  # bytes of a long name or of a pax header
_CHUNK = 1 << 16
# Type flag -> type bits of a mode; a hard link ("1") is a file that has its data elsewhere.
KINDS = {
    "0": 0o100000, "\0": 0o100000, "7": 0o100000, "1": 0o100000, "2": 0o120000,
    "3": 0o020000, "4": 0o060000, "5": 0o040000, "6": 0o010000, "S": 0o100000,
}  # fmt: skip
_FLAGS = {0o100000: "0", 0o120000: "2", 0o020000: "3", 0o060000: "4", 0o040000: "5", 0o010000: "6"}


class Member:
    """One file: ``mode`` with its type bits, ``link`` where a link leads, ``hard`` a hard link."""

    __slots__ = (
        "gid", "group", "hard", "link", "mode", "mtime", "name", "rdev", "size", "sparse",
        "uid", "user",
    )  # fmt: skip

    def __init__(
        self, name: str, mode: int, *, size: int = 0, link: str = "", hard: bool = False
    ) -> None:
        self.name = name
        self.mode = mode
        self.size = size
        self.link = link
        self.hard = hard
        self.uid = self.gid = 0
        self.user = self.group = ""
        self.mtime: float = 0
        self.rdev = (0, 0)
        self.sparse = False  # its data are not what the file holds: a map of holes goes with them

    @property
    def kind(self) -> int:
        """The type bits of the mode."""
        return self.mode & 0o170000


class Archive:
    """An archive that is read from its beginning to its end.

    READ(size) returns that many bytes, fewer only at the end of the input. After ``next`` comes
    ``data``, or it is passed over. FormatError for everything that is no archive.
    """

    def __init__(self, read: Callable[[int], bytes], source: str = "") -> None:
        self._read = read
        self._source = source
        self._at = 0
        self._left = 0  # bytes of the member that are still unread
        self._padding = 0
        self._defaults: dict[str, str] = {}

    def _wrong(self, what: str, expected: str, found: str, at: int = -1) -> FormatError:
        place = self._at if at < 0 else at
        return FormatError(f"tar {what}", place, expected, found, source=self._source)

    def _take(self, size: int, what: str) -> bytes:
        data = self._read(size)
        if len(data) < size:
            raise self._wrong(what, f"{size} bytes", f"{len(data)}, then the end")
        self._at += size
        return data

    def next(self) -> Member | None:
        """The next file, None at the end of the archive."""
        records = dict(self._defaults)
        while True:
            for _ in self.data():
                pass
            header = self._read(BLOCK)
            if header and not header.strip(b"\0"):
                return None
            if not header and self._at:
                return None  # some leave out the two empty blocks
            if len(header) < BLOCK:
                raise self._wrong("header", f"{BLOCK} bytes", f"{len(header)}, then the end")
            flag, member = self._member(header)
            self._at += BLOCK
            if flag in "LK":
                name = _text(self._record(member.size, "long name"))
                records["path" if flag == "L" else "linkpath"] = name
            elif flag in "xg":
                found = self._pax(member.size)
                (self._defaults if flag == "g" else records).update(found)
            elif flag not in KINDS:
                self._body(member.size)  # volume labels and the like
            else:
                more = header[482] if flag == "S" else 0
                while more:  # the rest of the map of holes
                    more = self._take(BLOCK, "sparse map")[504]
                self._apply(member, records)
                plain = member.kind == 0o100000 and not member.hard
                self._body(member.size if plain else 0)
                return member

    def data(self) -> Iterator[bytes]:
        """The bytes of the member that came last, as far as they are unread."""
        while self._left:
            piece = self._take(min(self._left, _CHUNK), "data")
            self._left -= len(piece)
            yield piece
        if self._padding:
            self._padding -= len(self._take(self._padding, "padding"))

    def _body(self, size: int) -> None:
        self._left = size
        self._padding = -size % BLOCK

    def _member(self, header: bytes) -> tuple[str, Member]:
        stored = self._number(header, 148, 8, "checksum")
        plain = header[:148] + b" " * 8 + header[156:]
        signed = sum(byte - 256 if byte > 127 else byte for byte in plain)
        if stored not in (sum(plain), signed):
            raise self._wrong(
                "header", f"the checksum {sum(plain):o}", f"{stored:o}", self._at + 148
            )
        flag = chr(header[156])
        name = _text(header[:100])
        ustar = header[257:263] == b"ustar\0"
        if ustar and header[345]:
            name = f"{_text(header[345:500])}/{name}"
        mode = self._number(header, 100, 8, "mode") & 0o7777 | KINDS.get(flag, 0)
        member = Member(name, mode, link=_text(header[157:257]), hard=flag == "1")
        member.uid, member.gid = (self._number(header, at, 8, "owner") for at in (108, 116))
        member.size = self._number(header, 124, 12, "size")
        member.mtime = min(self._number(header, 136, 12, "time"), MAX_TIME)
        member.sparse = flag == "S"
        if header[257:262] == b"ustar":
            member.user, member.group = _text(header[265:297]), _text(header[297:329])
            if flag in "34":
                member.rdev = tuple(self._number(header, at, 8, "device") for at in (329, 337))  # type: ignore[assignment]
        return flag, member

    def _number(self, header: bytes, at: int, size: int, what: str) -> int:
        field = header[at : at + size]
        if field[0] == 0x80:  # GNU: a number that needs more than octal digits
            return number_at(field, 1, size - 1, "big")
        digits = field.strip(b" \0")
        if digits.strip(b"01234567"):
            raise self._wrong(what, "octal digits", repr(field)[1:], self._at + at)
        return int(digits or b"0", 8)

    def _record(self, size: int, what: str) -> bytes:
        if size > MAX_RECORD:
            raise self._wrong(what, f"at most {MAX_RECORD} bytes", str(size))
        data = self._take(size, what)
        self._take(-size % BLOCK, what)
        return data

    def _pax(self, size: int) -> dict[str, str]:
        """The records of a pax header: length, key and value of each."""
        data = self._record(size, "pax header")
        found: dict[str, str] = {}
        at = 0
        while at < len(data):
            digits, space, _ = data[at : at + 12].partition(b" ")
            length = int(digits) if digits.isdigit() and space else 0
            record = data[at + len(digits) + 1 : at + length]
            key, equals, value = record.partition(b"=")
            if (
                length <= len(digits)
                or at + length > len(data)
                or not equals
                or value[-1:] != b"\n"
            ):
                raise self._wrong("pax header", "LENGTH KEY=VALUE", repr(data[at : at + 40])[1:])
            found[_text(key)] = _text(value[:-1])
            at += length
        return found

    def _apply(self, member: Member, records: dict[str, str]) -> None:
        member.name = records.get("path", member.name)
        member.link = records.get("linkpath", member.link)
        member.user = records.get("uname", member.user)
        member.group = records.get("gname", member.group)
        for key in ("uid", "gid", "size"):
            if key in records:
                setattr(member, key, self._decimal(key, records[key]))
        if "mtime" in records:
            whole, _, part = records["mtime"].partition(".")
            self._decimal("mtime", whole.removeprefix("-") + part[:9])
            member.mtime = min(max(float(f"{whole}.{part[:9] or 0}"), -MAX_TIME), MAX_TIME)
        if member.kind == KINDS["0"] and not member.hard and member.name.endswith("/"):
            member.mode = member.mode & 0o7777 | KINDS["5"]  # as before ustar
        if "GNU.sparse.major" in records or "GNU.sparse.map" in records:
            member.sparse = True
            member.name = records.get("GNU.sparse.name", member.name)

    def _decimal(self, key: str, text: str) -> int:
        if not text.isdecimal() or len(text) > 30:
            raise self._wrong(f"pax {key}", "a number", repr(text[:40]))
        return int(text)


def _text(data: bytes) -> str:
    return data.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def header(member: Member) -> bytes:
    """The blocks before the data of MEMBER: ustar, with a pax header for what does not fit."""
    flag = "1" if member.hard else _FLAGS.get(member.kind, "")
    if not flag:
        raise FormatError(f"tar member {member.name!r}", 0, "a kind of file", f"{member.kind:o}")
    name = member.name.encode("utf-8", "surrogateescape")
    link = member.link.encode("utf-8", "surrogateescape")
    size = member.size if flag == "0" else 0
    numbers = {"uid": member.uid, "gid": member.gid}
    records = {key: b"%d" % value for key, value in numbers.items() if value >> 21}
    if size >> 33:
        records["size"] = b"%d" % size
    if len(name) > 100:
        records["path"] = name
    if len(link) > 100:
        records["linkpath"] = link
    block = _block(member, flag, name, link, size)
    if not records:
        return block
    data = b"".join(_pax_record(key.encode(), value) for key, value in records.items())
    extra = Member("@PaxHeader", 0o100644, size=len(data))
    return _block(extra, "x", b"@PaxHeader", b"", len(data)) + padded(data) + block


def _pax_record(key: bytes, value: bytes) -> bytes:
    rest = b" %s=%s\n" % (key, value)
    length = len(rest) + 1
    while len(b"%d" % length) + len(rest) != length:
        length += 1
    return b"%d" % length + rest


def _block(member: Member, flag: str, name: bytes, link: bytes, size: int) -> bytes:
    def octal(value: int, width: int) -> bytes:
        return b"%0*o\0" % (width - 1, value if value < 1 << 3 * (width - 1) else 0)

    fields = (
        name[:100].ljust(100, b"\0"),
        octal(member.mode & 0o7777, 8),
        octal(member.uid, 8),
        octal(member.gid, 8),
        octal(size, 12),
        octal(max(int(member.mtime), 0), 12),
        b" " * 8,
        flag.encode(),
        link[:100].ljust(100, b"\0"),
        b"ustar\x0000",
        member.user.encode("utf-8", "surrogateescape")[:31].ljust(32, b"\0"),
        member.group.encode("utf-8", "surrogateescape")[:31].ljust(32, b"\0"),
        octal(member.rdev[0], 8),
        octal(member.rdev[1], 8),
    )
    block = b"".join(fields).ljust(BLOCK, b"\0")
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def padded(data: bytes) -> bytes:
    """DATA and the NULs up to a whole block."""
    return data + bytes(-len(data) % BLOCK)


END = bytes(2 * BLOCK)
