"""What the kexec package has and nothing else here needs. Numbers are bytes and addresses."""

from __future__ import annotations

from uroot_py.base.errors import PlanError
from uroot_py.base.ranges import Range, Ranges
from uroot_py.kexec.load import load_file
from uroot_py.kexec.plan import Job
from uroot_py.payload.objects import load_object, parse_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.base.layout import Buffer
    from uroot_py.kexec.source import Source
    from uroot_py.payload.objects import Object
    from uroot_py.payload.plan import Memory, Segments


def file_load(kernel: Source, ramfs: Source | None, cmdline: str) -> None:
    """FileLoad: let the running kernel read and place KERNEL and RAMFS.

    Errors are those of uroot_py.kexec.load.load_file.
    """
    load_file(Job(kernel, [ramfs] if ramfs else [], cmdline))


def phys(segments: Segments) -> Ranges:
    """Segments.Phys: the ranges."""
    return Ranges(segment.phys for segment in segments)


def phys_contains(segments: Segments, address: int) -> bool:
    """Segments.PhysContains: whether ADDRESS is inside one of the ranges."""
    return any(segment.phys.contains(address) for segment in segments)


def get_phys(segments: Segments, where: Range) -> bytes | None:
    """Segments.GetPhys: the bytes at WHERE if one segment covers all of it, else None."""
    for segment in segments:
        if segment.phys.is_superset_of(where):
            return segment.read(where)
    return None


def check_superset(segments: Segments, other: Segments) -> None:
    """Segments.IsSupersetOf: PlanError unless everything in OTHER is there, at the same place."""
    for each in other:
        if get_phys(segments, each.phys) != each.read(each.phys):
            raise PlanError(f"{each} is not there")


def add_kexec_segment_explicit(
    memory: Memory, data: Buffer, size: int, offset: int, alignment: int, label: str = ""
) -> Range:
    """DATA as a segment of SIZE bytes that begins OFFSET bytes after an aligned address."""
    size = max(size, len(data))
    place = memory.find_space(offset + size, alignment)
    return memory.add(data, Range.from_size(place.start + offset, size), label)


def load_elf_segments(memory: Memory, data: Buffer) -> Object:
    """The parts of an object file (ELF, or Plan 9 a.out) as segments at their addresses."""
    parsed = parse_object(data)
    load_object(parsed, memory)
    return parsed
