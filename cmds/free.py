"""free - show how much memory is used and free.

Ref: free(1); Linux Documentation/filesystems/proc.rst, meminfo.
"""

from __future__ import annotations

from uroot_py.base.options import Command, Option
from uroot_py.base.text import short_size
from uroot_py.machine.sysroot import HERE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

COMMAND = Command(
    "free",
    "free [-b|-k|-m|-g|-h] [-t]",
    BYTES := Option("-b", "--bytes", help="in bytes"),
    KIBI := Option("-k", "--kibi", help="in KiB (the default)"),
    MEBI := Option("-m", "--mebi", help="in MiB"),
    GIBI := Option("-g", "--gibi", help="in GiB"),
    HUMAN := Option("-h", "--human", help="as 1.5G, 20M"),
    TOTAL := Option("-t", "--total", help="also the sum of memory and swap"),
    example="free -m",
)
POWERS = {BYTES: 0, KIBI: 1, MEBI: 2, GIBI: 3}  # of 1024


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Print a line for memory and one for swap."""
    given = COMMAND.parse(args, max_operands=0)
    power = next((p for row, p in POWERS.items() if given.flag(row)), 1)
    human = given.flag(HUMAN)
    known = meminfo()
    get = known.get
    total, free = get("MemTotal", 0), get("MemFree", 0)
    available = get("MemAvailable", free)
    cache = get("Buffers", 0) + get("Cached", 0) + get("SReclaimable", 0)
    swap, swap_free = get("SwapTotal", 0), get("SwapFree", 0)
    used = total - available
    rows = {
        "Mem:": [total, used, free, get("Shmem", 0), cache, available],
        "Swap:": [swap, swap - swap_free, swap_free],
    }
    if given.flag(TOTAL):
        rows["Total:"] = [total + swap, used + swap - swap_free, free + swap_free]
    headings = ("total", "used", "free", "shared", "buff/cache", "available")
    stdout.write(" " * 8 + "".join(f"{word:>12}" for word in headings).rstrip() + "\n")
    for name, values in rows.items():
        words = [short_size(value) if human else str(value >> 10 * power) for value in values]
        stdout.write(f"{name:<8}" + "".join(f"{word:>12}" for word in words) + "\n")
    return 0


def meminfo() -> dict[str, int]:
    """/proc/meminfo in bytes."""
    found = {}
    for line in HERE.text("/proc/meminfo").splitlines():
        name, _, rest = line.partition(":")
        words = rest.split()
        if words and words[0].isdecimal():
            found[name] = int(words[0]) * (1024 if words[1:] == ["kB"] else 1)
    return found
