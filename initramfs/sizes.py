"""What in an image takes how much: by module, library, kernel module and applet."""

from __future__ import annotations

import marshal
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cmds.table import TABLE
from initramfs import blob, code
from initramfs.contents import program_code
from uroot_py.formats.archive import cpio

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from initramfs.contents import Image


@dataclass
class Part:
    """Something in an image that has a size: ``raw`` bytes, ``packed`` its share of the file."""

    group: str
    name: str
    raw: int
    packed: float


def parts(image: Image) -> list[Part]:
    """Every part of the image, modules of the program one by one; ``packed`` sums to the file.

    A share is what the part takes when it is compressed alone, scaled so that the sum is right.
    """
    plain = all(segment.packing == "none" for segment in image.segments)
    found = [
        Part(group, name, len(data), len(data) if plain else len(zlib.compress(data, 6)))
        for group, name, data in _contents(image)
    ]
    scale = image.size / sum(part.packed for part in found)
    for part in found:
        part.packed *= scale
    return found


def _contents(image: Image) -> Iterator[tuple[str, str, bytes]]:
    program, program_blob = program_code(image)
    shells = []
    for member in image.members():
        data = member.data
        if member.name == program:
            for each in blob.parse(program_blob, source=program):
                yield _origin(each.name), each.name, each.data
            data = data.replace(program_blob, b"")
        if member.kind == cpio.S_IFREG and data:
            yield _group(member), member.name, data
        shells.append(
            cpio.Member(member.name, member.mode, data if member.kind == cpio.S_IFLNK else b"")
        )
    yield "layout", "names, links, directories", cpio.build(shells)


def _origin(name: str) -> str:
    top = name.partition(".")[0]
    return {"cmds": "applets", "uroot_py": "libraries"}.get(top, "standard library")


def _group(member: cpio.Member) -> str:
    if member.name.startswith("lib/modules/"):
        return "kernel modules"
    return "native code" if member.data.startswith(b"\x7fELF") else "files"


def by_group(found: Iterable[Part]) -> list[Part]:
    """One part per group, the largest first."""
    groups: dict[str, Part] = {}
    for part in found:
        total = groups.setdefault(part.group, Part(part.group, "", 0, 0))
        total.raw += part.raw
        total.packed += part.packed
    return _largest_first(groups.values())


def _largest_first(found: Iterable[Part]) -> list[Part]:
    return sorted(found, key=lambda part: (-part.packed, part.name))


def by_applet(image: Image, found: Iterable[Part]) -> list[tuple[str, float, float]]:
    """(applet, share of what only it needs, share of all modules it reaches), largest first."""
    shares = {part.name: part.packed for part in found}
    links = {member.name for member in image.members()}
    edges = _edges(image)
    modules = {
        row.name: f"cmds.{row.module.partition(':')[0]}"
        for row in TABLE
        if f"bin/{row.name}" in links
    }
    reached = {
        name: code.reach(edges.get, ["cmds.dispatch", module]) for name, module in modules.items()
    }
    rows = []
    for name, mine in reached.items():
        others = [seen for other, seen in reached.items() if modules[other] != modules[name]]
        alone = mine.difference(*others)
        own, all_ = (sum(shares.get(each, 0.0) for each in group) for group in (alone, mine))
        rows.append((name, own, all_))
    return sorted(rows, key=lambda row: (-row[1], row[0]))


def _edges(image: Image) -> dict[str, set[str]]:
    """Module -> what it imports, from the code in the image."""
    source, data = program_code(image)
    edges = {}
    for each in blob.parse(data, source=source):
        made = marshal.loads(each.data) if each.kind != blob.EXTENSION else None
        package = each.kind == blob.PACKAGE
        edges[each.name] = code.imports(made, each.name, package=package) if made else set()
    return edges


def describe(image: Image) -> list[str]:
    """The size report as lines: groups, then what is in each, then the applets."""
    found = parts(image)
    raw = sum(part.raw for part in found)
    lines = [f"{'bytes':>10} {'in image':>9}  {image.source}", f"{raw:>10} {image.size:>9}  all"]
    groups = by_group(found)
    lines += [f"{part.raw:>10} {part.packed:>9.0f}  {part.group}" for part in groups]
    for group in groups:
        rows = _largest_first(part for part in found if part.group == group.group)
        lines += ["", f"{group.group}:"]
        lines += [f"{part.raw:>10} {part.packed:>9.0f}  {part.name}" for part in rows]
    lines += ["", f"{'alone':>10} {'reached':>9}  applet (share of the image)"]
    lines += [f"{own:>10.0f} {all_:>9.0f}  {name}" for name, own, all_ in by_applet(image, found)]
    return lines


def compare(image: Image, other: Image) -> list[str]:
    """What takes more (+) or less (-) in IMAGE than in OTHER, the largest change first."""
    new, old = ({part.name: part for part in parts(each)} for each in (image, other))
    rows = []
    for name in sorted({*new, *old}):
        raw, packed = (
            getattr(new.get(name), field, 0) - getattr(old.get(name), field, 0)
            for field in ("raw", "packed")
        )
        if raw:
            rows.append((-abs(packed), f"{raw:>+10} {packed:>+9.0f}  {name}"))
    change = sum(part.raw for part in new.values()) - sum(part.raw for part in old.values())
    lines = [f"{'bytes':>10} {'in image':>9}  {image.source} against {other.source}"]
    lines.append(f"{change:>+10} {image.size - other.size:>+9}  all")
    return lines + [line for _, line in sorted(rows)]
