"""This machine, or one whose files are below a directory, as a crash kernel has to know it.

Ref: Documentation/ABI/testing/sysfs-kernel-vmcoreinfo, sysfs-devices-system-cpu (crash_notes);
fs/proc/kcore.c.
"""

from __future__ import annotations

import os

from uroot_py.base.errors import FormatError, PlanError, RefusedError
from uroot_py.base.ranges import Range, Ranges
from uroot_py.formats.kernel.elf import PT_LOAD, Ehdr64, Phdr64
from uroot_py.machine import memory as maps
from uroot_py.machine.sysroot import HERE
from uroot_py.memory.map import RAM
from uroot_py.memory.sources import OWN_TYPES
from uroot_py.payload.crash import MACHINES, Crash
from uroot_py.payload.plan import Segment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.machine.sysroot import Sysroot
    from uroot_py.payload.plan import Memory
    from uroot_py.payload.request import Request

_LENT = "/sys/kernel/kexec/crash_cma_ranges"  # of crashkernel=SIZE,cma
# Where a kernel with CONFIG_CRASH_HOTPLUG says how much room its own headers may need.
_HEADERS_ROOM = ("/sys/kernel/kexec/crash_elfcorehdr_size", "/sys/kernel/crash_elfcorehdr_size")
_CPUS = "/sys/devices/system/cpu"
_HEAD_SIZE = 65536  # of /proc/kcore, more than its program headers ever were
_NO_ADDRESS = (1 << 64) - 1


def read_crash(sysroot: Sysroot = HERE) -> Crash:
    """What the crash kernel of the machine is told.

    RefusedError where the running kernel does not say it, PlanError without memory for one.
    """
    reading = maps.read("iomem", sysroot)
    if reading.map is None:
        raise RefusedError(
            f"where memory is kept for a crash kernel is not known: {reading.why_not}"
        )
    crash = Crash(
        reading.map.filter_by_type("Crash kernel"),
        reading.map.retype(OWN_TYPES, RAM).merge().ram(),
    )
    try:
        crash.notes = _notes(sysroot)
    except (OSError, ValueError):
        raise RefusedError(
            "the running kernel does not say where a crash leaves its notes",
            hint="is /sys mounted, and has this kernel CONFIG_CRASH_DUMP?",
        ) from None
    crash.views = _views(sysroot)
    rooms = [int(text) for text in map(sysroot.text, _HEADERS_ROOM) if text.strip().isdecimal()]
    crash.headers_room = max(rooms, default=0)
    for line in sysroot.text(_LENT).splitlines():
        first, _, last = line.partition("-")
        crash.lent.append(Range.from_inclusive_interval(int(first, 16), int(last, 16)))
    return crash


def add_core_headers(
    crash: Crash, memory: Memory, request: Request, *, hotplug: bool = False
) -> None:
    """Put the headers of /proc/vmcore into MEMORY, and where they are into REQUEST.

    With HOTPLUG there is room for those of the largest machine that this one may become.
    """
    kind = request.kernel.kind
    if kind.machine not in MACHINES:
        raise PlanError(f"{kind.text} cannot be a crash kernel", hint="use a Linux kernel")
    headers = crash.core_headers(kind.machine)
    if hotplug and not crash.headers_room:
        raise RefusedError(
            "this kernel does not keep a crash kernel's headers up to date (CONFIG_CRASH_HOTPLUG)",
            hint="load the crash kernel again after each change, without --hotplug",
        )
    size = max(len(headers), crash.headers_room if hotplug else 0)
    place = memory.reserve_phys(size, memory.within, top=True)
    memory.segments.insert_segment(Segment(headers, place, "ELF core headers", changes=hotplug))
    if kind.machine == "x86_64":
        words = (b"elfcorehdr=%#x" % place.start, request.cmdline)
        request.cmdline = b" ".join(word for word in words if word)
    else:
        request.crash = (place, Ranges(reversed(crash.areas)))
    memory.notes.append(f"crash kernel in {crash.area}, ELF core headers at {place.start:#x}")


def _notes(sysroot: Sysroot) -> list[Range]:
    names = [
        name
        for name in os.listdir(sysroot.path(_CPUS))
        if name[:3] == "cpu" and name[3:].isdecimal()
    ]
    found = []
    for name in sorted(names, key=lambda name: int(name[3:])):
        start = int(sysroot.required(f"{_CPUS}/{name}/crash_notes"), 16)
        size = int(sysroot.required(f"{_CPUS}/{name}/crash_notes_size"))
        found.append(Range.from_size(start, size))
    start, size = (int(word, 16) for word in sysroot.required("/sys/kernel/vmcoreinfo").split())
    return [*found, Range.from_size(start, size)]


def _views(sysroot: Sysroot) -> list[tuple[int, int, int]]:
    """The running kernel's address space as /proc/kcore shows it; [] where it does not."""
    try:
        with open(sysroot.path("/proc/kcore"), "rb", buffering=0) as file:
            head = file.read(_HEAD_SIZE)
        header = Ehdr64(head)
        parts = [Phdr64(head, header.e_phoff + i * Phdr64.size) for i in range(header.e_phnum)]
    except (OSError, FormatError):
        return []
    return sorted(
        (part.p_vaddr, part.p_paddr, part.p_memsz)
        for part in parts
        if part.p_type == PT_LOAD and part.p_paddr != _NO_ADDRESS
    )
