"""The processes of this machine, from /proc. Ref: proc(5)."""

from __future__ import annotations

import os

from uroot_py.base.text import printable
from uroot_py.machine.sysroot import HERE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from uroot_py.machine.sysroot import Sysroot

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


class Process:
    """One process: numbers from its ``stat`` line, owner, and its words (none: kernel thread)."""

    __slots__ = ("fields", "name", "pid", "user", "words")

    def __init__(self, pid: int, user: int, line: str, words: list[str]) -> None:
        self.pid = pid
        self.user = user
        # The name stands in parentheses and may itself hold spaces and parentheses.
        self.name = line[line.index("(") + 1 : line.rindex(")")]
        self.fields = line[line.rindex(")") + 2 :].split()  # field 3 of proc(5) is fields[0]
        self.words = words

    def number(self, field: int) -> int:
        """Field FIELD of /proc/PID/stat, counted from 1 as proc(5) does."""
        return int(self.fields[field - 3])

    @property
    def seconds(self) -> float:
        """Processor time used so far."""
        return (self.number(14) + self.number(15)) / TICKS

    @property
    def started(self) -> float:
        """When it began, in seconds since the kernel did."""
        return self.number(22) / TICKS

    @property
    def command(self) -> str:
        """Its words with single spaces, in one line; ``[name]`` for a kernel thread."""
        return printable(" ".join(self.words) if self.words else f"[{self.name}]")


def processes(machine: Sysroot = HERE) -> Iterator[Process]:
    """Every process there is, by number; one that ends meanwhile is left out."""
    for pid in sorted(int(name) for name in machine.names("/proc") if name.isdigit()):
        folder = f"/proc/{pid}"
        line = machine.text(f"{folder}/stat")
        if ")" not in line:
            continue
        try:
            owner = os.stat(machine.path(folder)).st_uid
        except OSError:
            continue
        words = machine.text(f"{folder}/cmdline").rstrip("\0").split("\0")
        yield Process(pid, owner, line, words if words != [""] else [])
