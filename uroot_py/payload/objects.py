"""Object files that go to their own addresses: parts of a vmlinux, and what takes no arguments.

The latter are Plan 9, firmware, test programs.
"""

from __future__ import annotations

from uroot_py.base.ranges import Range
from uroot_py.formats.kernel.aout import Aout
from uroot_py.formats.kernel.elf import Elf
from uroot_py.payload.plan import Plan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.base.layout import Buffer
    from uroot_py.payload.plan import Memory
    from uroot_py.payload.request import Request

    Object = Elf | Aout


def parse_object(data: Buffer) -> Object:
    """DATA as ELF when it begins like that, else as a.out; FormatError when it is neither."""
    return Elf(data) if bytes(data[:4]) == b"\x7fELF" else Aout(data)


def load_object(parsed: Object, memory: Memory, label: str = "") -> None:
    """The parts of an object file as segments at their addresses, with their bss.

    PlanError where they are not free.
    """
    places = [Range.from_size(p.physical_address, p.memory_size) for p in parsed.programs]
    for where in places:
        memory.check_free(where, label or "a part of the file")
    for part, where in zip(parsed.programs, places, strict=True):
        memory.add(part.data, where, label)


def plan_bare(request: Request, memory: Memory) -> Plan:
    """The plan that loads the file at its addresses and jumps into it."""
    parsed = parse_object(request.kernel.data)
    load_object(parsed, memory, "program")
    entry = parsed.physical_entry() if isinstance(parsed, Elf) else parsed.entry
    plan = Plan("program", "x86_64", "long" if parsed.bits == 64 else "protected", entry, {})
    plan.notes.append(f"{parsed.bits}-bit program, entered without arguments")
    plan.segments = memory.segments.align_and_merge()
    return plan
