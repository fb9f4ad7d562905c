"""Plan: everything that has to be done to start a payload, as a value.

A planner makes one; ``kexec`` or ``vmm`` carries it out. It can be described, written as JSON and
compared, on any machine and without root.
"""

from __future__ import annotations

from uroot_py.base.digest import digest
from uroot_py.base.errors import PlanError
from uroot_py.base.ranges import PAGE_SIZE
from uroot_py.base.text import format_size
from uroot_py.payload.segment import Segments

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

    from uroot_py.base.ranges import Ranges

    Mode = Literal["long", "protected", "real", "arm64"]

KEXEC_SEGMENT_MAX = 16


class Plan:
    """Segments, where to enter, in which processor mode, with which registers, and why.

    ``registers`` are those that the payload's protocol asks for; ``notes`` say each decision.
    """

    def __init__(
        self, kind: str, machine: str, mode: Mode, entry: int, registers: dict[str, int]
    ) -> None:
        self.kind = kind
        self.machine = machine
        self.mode = mode
        self.entry = entry
        self.registers = registers
        self.segments = Segments()
        self.notes: list[str] = []

    def _key(self) -> tuple[object, ...]:
        return (self.kind, self.machine, self.mode, self.entry, self.registers, self.segments)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Plan) and self._key() == other._key()

    __hash__ = None  # type: ignore[assignment]

    def check(self, ram: Ranges) -> None:
        """PlanError unless the segments are whole pages, in RAM, few enough, around the entry."""
        if len(self.segments) > KEXEC_SEGMENT_MAX:
            raise PlanError(
                f"the plan has {len(self.segments)} segments, the kernel takes {KEXEC_SEGMENT_MAX}"
            )
        entry = self.entry
        if self.mode == "real":  # segment << 16 | offset
            entry = (entry >> 16) * 16 + (entry & 0xFFFF)
        if not self.segments.phys_contains(entry):
            raise PlanError(f"the entry {self.entry:#x} is in no segment")
        for segment in self.segments:
            if segment.phys.start % PAGE_SIZE or segment.phys.end % PAGE_SIZE:
                raise PlanError(f"segment {segment} is not whole pages")
            if not any(each.is_superset_of(segment.phys) for each in ram):
                raise PlanError(f"segment {segment} is not inside the RAM of this machine")

    def describe(self) -> str:
        """The plan in words, a line each."""
        lines = [f"{self.kind}, {self.machine}, {self.mode} mode, entry {self.entry:#x}"]
        shown = [f"{name} = {value:#x}" for name, value in self.registers.items()]
        lines += [f"registers: {', '.join(shown)}"] if shown else []
        for segment in self.segments:
            size = format_size(len(segment.content()))
            lines.append(f"{segment.phys} {segment.label}, {size}")
        return "\n".join([*lines, *self.notes])

    def as_json(self) -> dict[str, Any]:
        """The plan as json.dumps() takes it; segments with their SHA-256 instead of their bytes."""
        return {
            "kind": self.kind,
            "machine": self.machine,
            "mode": self.mode,
            "entry": self.entry,
            "registers": self.registers,
            "segments": [
                {
                    "label": segment.label,
                    "start": segment.phys.start,
                    "end": segment.phys.end,
                    "size": len(segment.content()),
                    "sha256": digest("sha256", segment.content()).hex(),
                }
                for segment in self.segments
            ],
            "notes": self.notes,
        }
