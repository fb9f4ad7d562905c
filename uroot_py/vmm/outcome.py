"""How the run of a guest ended, as a value."""

from __future__ import annotations

POWERED_OFF = "powered off"
REBOOTED = "rebooted"
PANICKED = "panicked"
TRIPLE_FAULT = "triple fault"
HUNG = "hung"
STOPPED = "stopped"  # as asked, or halted where nothing can wake it: no interrupt controllers
MARKER = "marker seen"
TIMED_OUT = "timed out"
BROKEN = "broken"  # KVM gave up
PANIC = b"Kernel panic - not syncing: "
PANIC_END = b"---[ end Kernel panic"


class Outcome:
    """KIND is one of the names above, TEXT one line about it, SECONDS what it took."""

    __slots__ = ("exits", "kind", "seconds", "text")

    def __init__(self, kind: str, text: str = "", seconds: float = 0.0, exits: int = 0) -> None:
        self.kind = kind
        self.text = text
        self.seconds = seconds
        self.exits = exits

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}" if self.text else self.kind


def panic_text(console: bytes | bytearray) -> str:
    """What the first panic in CONSOLE says, or ''."""
    _, _, rest = bytes(console).partition(PANIC)
    return rest.partition(b"\n")[0].strip().decode("utf-8", "replace")
