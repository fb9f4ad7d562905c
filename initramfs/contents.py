"""What is in an image that exists: its segments, members, modules; listings and sizes."""

from __future__ import annotations

import marshal
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cmds.table import TABLE
from initramfs import blob, code, compress
from uroot_py.base.errors import FormatError, RefusedError
from uroot_py.formats import cpio

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

BLOB = "uroot/_internal/lib.img"


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


@dataclass
class Part:
    """Something in an image that has a size: ``raw`` bytes, ``packed`` its share of the file."""

    group: str
    name: str
    raw: int
    packed: float = 0.0


def parts(image: Image) -> list[Part]:
    """Every part of the image, modules of the program one by one; ``packed`` sums to the file.

    A share is what the part takes when it is compressed alone, scaled so that the sum is right.
    """
    import zlib

    found: list[tuple[Part, bytes]] = []
    rest = b""
    for member in image.members():
        if member.name == BLOB:
            found += [
                (Part(_origin(each.name), each.name, len(each.data)), each.data)
                for each in blob.parse(member.data, source=member.name)
                if each.kind != blob.EXTENSION
            ]
        elif member.kind == cpio.S_IFREG and member.data:
            found.append((Part(_group(member), member.name, len(member.data)), member.data))
        else:
            rest += member.data
    headers = cpio.build(
        cpio.Member(each.name, each.mode, each.data if each.kind == cpio.S_IFLNK else b"")
        for each in image.members()
    )
    found.append((Part("layout", "names, links, directories", len(headers)), headers))
    packed = [len(zlib.compress(data, 6)) for _, data in found]
    scale = image.size / sum(packed)
    for (part, _), size in zip(found, packed, strict=True):
        part.packed = size * scale
    return [part for part, _ in found]


def _origin(name: str) -> str:
    if name.partition(".")[0] == "cmds":
        return "applets"
    return "libraries" if name.partition(".")[0] == "uroot_py" else "standard library"


def _group(member: cpio.Member) -> str:
    if member.name.startswith("lib/modules/"):
        return "kernel modules"
    return "native code" if member.data.startswith(b"\x7fELF") else "files"


def by_group(found: Iterable[Part]) -> list[Part]:
    """One part per group, the largest first."""
    groups: dict[str, Part] = {}
    for part in found:
        total = groups.setdefault(part.group, Part(part.group, "", 0))
        total.raw += part.raw
        total.packed += part.packed
    return sorted(groups.values(), key=lambda part: -part.packed)


def by_applet(image: Image, found: Iterable[Part]) -> list[tuple[str, float, float]]:
    """(applet, share of what only it needs, share of all modules it reaches), largest first."""
    data = next((each.data for each in image.members() if each.name == BLOB), None)
    if data is None:
        raise RefusedError(f"{image.source}: no {BLOB} in it, so it is not one of ours")
    shares = {part.name: part.packed for part in found}
    links = {each.name for each in image.members()}
    edges = {}
    for each in blob.parse(data, source=BLOB):
        made = marshal.loads(each.data) if each.kind != blob.EXTENSION else None
        package = each.kind == blob.PACKAGE
        edges[each.name] = code.imports(made, each.name, package=package) if made else set()
    modules = {row.name: f"cmds.{row.module.partition(':')[0]}" for row in TABLE}
    reached = {
        name: code.reach(edges, ["cmds.__main__", module])
        for name, module in modules.items()
        if f"bin/{name}" in links
    }
    answer = []
    for name, mine in reached.items():
        others = [seen for other, seen in reached.items() if modules[other] != modules[name]]
        alone = mine.difference(*others)
        answer.append(
            (name, sum(shares.get(x, 0) for x in alone), sum(shares.get(x, 0) for x in mine))
        )
    return sorted(answer, key=lambda row: -row[1])


def describe_sizes(image: Image) -> list[str]:
    """The size report as lines: groups, native code, modules, applets."""
    found = parts(image)
    raw = sum(part.raw for part in found)
    lines = [f"{'bytes':>10} {'in image':>9}  {image.source}", f"{raw:>10} {image.size:>9}  all"]
    lines += [f"{part.raw:>10} {part.packed:>9.0f}  {part.group}" for part in by_group(found)]
    for title in ("native code", "kernel modules", "standard library", "libraries", "files"):
        rows = sorted((p for p in found if p.group == title), key=lambda part: -part.packed)
        lines += ["", f"{title}:"] if rows else []
        lines += [f"{part.raw:>10} {part.packed:>9.0f}  {part.name}" for part in rows]
    lines += ["", f"{'alone':>10} {'reached':>9}  applet (share of the image)"]
    lines += [f"{own:>10.0f} {all_:>9.0f}  {name}" for name, own, all_ in by_applet(image, found)]
    return lines
