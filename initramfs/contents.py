"""What is in an image that exists: its segments and members, the code of its program."""

from __future__ import annotations

import io
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from initramfs import compress
from uroot_py.base.errors import FormatError, RefusedError
from uroot_py.formats import cpio

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


def list_members(image: Image) -> list[str]:
    """A line per member, like ``ls -l``."""
    lines = []
    for segment in image.segments:
        for member in segment.members:
            mode = stat.filemode(member.mode)
            size = str(len(member.data))
            if member.kind in (cpio.S_IFCHR, cpio.S_IFBLK):
                size = f"{member.rdev[0]}, {member.rdev[1]}"
            arrow = f" -> {member.data.decode(errors='replace')}" if mode[0] == "l" else ""
            lines.append(f"{mode} {member.uid:>3} {member.gid:>3} {size:>9} {member.name}{arrow}")
    return lines


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
