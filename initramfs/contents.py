"""What is in an image that exists: its segments and members, the code of its program."""

from __future__ import annotations

import hashlib
import io
import posixpath
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from initramfs import blob, compress
from uroot_py.base.errors import FormatError, RefusedError, Report
from uroot_py.base.text import printable
from uroot_py.files.unpack import Unpacker, inside
from uroot_py.formats.archive import cpio

if TYPE_CHECKING:
    from pathlib import Path

BLOB = "uroot/_internal/lib.img"  # of the host runtime
LEAN = "init"  # the lean runtime carries it in a section of its own


@dataclass
class Segment:
    """One archive of an image: how it is packed (``none`` or a compression) and its members."""

    packing: str
    members: list[cpio.Member]


@dataclass
class Image:
    """An image: the size of its file and its segments in order."""

    source: str
    size: int
    segments: list[Segment]

    def members(self) -> list[cpio.Member]:
        """What the kernel would make of it: by name, later segments on top of earlier ones."""
        found = {each.name: each for segment in self.segments for each in segment.members}
        return [found[name] for name in sorted(found)]


def open_image(path: Path) -> Image:
    """Read the image in the file PATH. Raises FormatError."""
    data = path.read_bytes()
    segments: list[Segment] = []
    _read(data, "none", str(path), segments)
    return Image(str(path), len(data), segments)


def _read(data: bytes, packing: str, source: str, segments: list[Segment]) -> None:
    offset = 0
    while offset < len(data):
        rest = data[offset:]
        name = compress.recognise(rest)
        if cpio.is_cpio(data, offset):
            members, offset = cpio.parse(data, offset, source=source)
            _share(members)
            segments.append(Segment(packing, members))
        elif name and packing == "none":
            inner, after = compress.decompress(rest, name, source=source)
            _read(inner, name, source, segments)
            offset = len(data) - len(after.lstrip(b"\0"))
        else:
            expected = (
                f"a cpio archive or one of {', '.join(dict.fromkeys(compress.MAGICS.values()))}"
            )
            raise FormatError("image", offset, expected, repr(rest[:6])[1:], source=source)
    if not segments:
        raise FormatError("image", 0, "a cpio archive", "nothing", source=source)


def _share(members: list[cpio.Member]) -> None:
    """Give each hard link the data that only the last of its group carries."""
    groups: dict[int, bytes] = {}
    linked = [each for each in members if each.nlink > 1 and each.kind == cpio.S_IFREG]
    for member in linked:
        groups[member.ino] = member.data or groups.get(member.ino, b"")
    for member in linked:
        member.data = groups[member.ino]


def list_members(image: Image) -> list[str]:
    """A line per member, like ``ls -l``."""
    return [_line(member) for segment in image.segments for member in segment.members]


def _line(member: cpio.Member) -> str:
    mode = stat.filemode(member.mode)
    size = str(len(member.data))
    if member.kind in (cpio.S_IFCHR, cpio.S_IFBLK):
        size = f"{member.rdev[0]}, {member.rdev[1]}"
    arrow = f" -> {target(member)}" if member.kind == cpio.S_IFLNK else ""
    return f"{mode} {member.uid:>3} {member.gid:>3} {size:>9} {printable(member.name)}{arrow}"


def target(member: cpio.Member) -> str:
    """Where a link points."""
    return printable(member.data.decode("utf-8", "surrogateescape"))


def read(image: Image, path: str) -> bytes:
    """The contents of the file PATH, links followed as the kernel would. RefusedError."""
    found = {member.name: member for member in image.members()}
    place = path
    for _ in range(40):
        resolved = _resolve(found, place)
        member = found.get(resolved)
        if member is None:
            raise RefusedError(f"{image.source}: no file {path!r} in it")
        if member.kind == cpio.S_IFREG:
            return member.data
        if member.kind != cpio.S_IFLNK:
            raise RefusedError(f"{image.source}: {path!r} is no regular file")
        folder = resolved.rpartition("/")[0]
        place = posixpath.join("/", folder, member.data.decode("utf-8", "surrogateescape"))
    raise RefusedError(f"{image.source}: {path!r}: too many links")


def _resolve(found: dict[str, cpio.Member], path: str) -> str:
    """PATH with the links among its directories followed, at most 40 of them."""
    parts = posixpath.normpath(posixpath.join("/", path)).split("/")[1:]
    done = ""
    for _ in range(40 + len(parts)):
        if not parts:
            break
        here = f"{done}/{parts.pop(0)}".lstrip("/")
        member = found.get(here)
        if parts and member is not None and member.kind == cpio.S_IFLNK:
            text = member.data.decode("utf-8", "surrogateescape")
            joined = posixpath.normpath(posixpath.join("/", done, text, *parts))
            parts, done = joined.split("/")[1:], ""
        else:
            done = here
    return done


def extract(image: Image, into: Path) -> list[str]:
    """Write the members below the new or empty directory INTO; returns a line for each left out.

    Device nodes are left out, files get no set-user-ID bit, and nothing is written outside of INTO,
    whatever names and links say.
    """
    into.mkdir(parents=True, exist_ok=True)
    if any(into.iterdir()):
        raise RefusedError(f"{into}: is not empty", hint="name a new directory")
    said = io.StringIO()
    report = Report("", said)
    with Unpacker(str(into), report) as unpacker:
        unpacker.owner = unpacker.times = False
        for member in image.members():
            with report:
                name = inside(member.name)
                if member.kind not in (cpio.S_IFDIR, cpio.S_IFLNK, cpio.S_IFREG):
                    raise RefusedError(f"{member.name}: is a device node")
                link = member.data.decode("utf-8", "surrogateescape")
                if name:
                    unpacker.put(name, member.mode & ~0o7000, pieces=[member.data], link=link)
    return [printable(line.removeprefix(": ")) for line in said.getvalue().splitlines()]


def differences(old: Image, new: Image) -> list[str]:
    """A line for each member (or module of the program) that is not the same in both."""
    before, after = _pieces(old), _pieces(new)
    lines = []
    for name in sorted({*before, *after}):
        one, other = before.get(name), after.get(name)
        if one is None:
            lines.append(f"+ {printable(name)}")
        elif other is None:
            lines.append(f"- {printable(name)}")
        elif one != other:
            changes = [f"{a} -> {b}" for a, b in zip(one, other, strict=True) if a != b]
            lines.append(f"~ {printable(name)}: {', '.join(changes)}")
    return lines


def _pieces(image: Image) -> dict[str, tuple[str, str, str, str]]:
    found = {}
    for member in image.members():
        kept = target(member) if member.kind == cpio.S_IFLNK else _digest(member.data)
        mode, size = stat.filemode(member.mode), f"{len(member.data)} bytes"
        found[member.name] = (f"{mode} {member.uid}:{member.gid}", str(member.rdev), size, kept)
    try:
        source, code = program_code(image)
    except RefusedError:
        return found
    for part in blob.parse(code, source=source):
        found[f"{source}: {part.name}"] = ("", "", f"{len(part.data)} bytes", _digest(part.data))
    return found


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:12]


def program_code(image: Image) -> tuple[str, bytes]:
    """The member that holds the program's code, and the blob of it (initramfs/blob.py)."""
    found = {member.name: member.data for member in image.members()}
    if BLOB in found:
        return BLOB, found[BLOB]
    try:
        section = ELFFile(io.BytesIO(found.get(LEAN, b""))).get_section_by_name(".uroot")
    except ELFError:
        section = None
    if section is None:
        raise RefusedError(f"{image.source}: no program of ours in it")
    return LEAN, section.data()
