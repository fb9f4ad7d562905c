"""The plan for an object file that takes no arguments: Plan 9, firmware, test programs."""

from __future__ import annotations

from uroot_py.formats.kernel.elf import Elf
from uroot_py.payload.plan import Plan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.base.layout import Buffer
    from uroot_py.payload.memory import Memory


def plan_bare(data: Buffer, memory: Memory) -> Plan:
    """The plan that loads DATA (ELF or Plan 9 a.out) at its addresses and jumps into it."""
    parsed = memory.load_elf_segments(data, "program")
    entry = parsed.physical_entry() if isinstance(parsed, Elf) else parsed.entry
    plan = Plan("program", "x86_64", "long" if parsed.bits == 64 else "protected", entry, {})
    plan.notes.append(f"{parsed.bits}-bit program, entered without arguments")
    plan.segments = memory.segments.align_and_merge()
    return plan
