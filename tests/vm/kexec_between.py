"""From one kernel to another by our own plan: what the random death of a load would show.

The running kernel puts the page tables for the jump into memory that no segment claims: anywhere,
so a plan that leaves a room out kills one load of several. TRIES loads are TRIES machines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts.vmtest.case import Case, Prompt, Run
from tests.support.payloads import GIVEN, kernel
from tests.vm.kexec import LOAD, SLOW, SameMachine, srv, starts

if TYPE_CHECKING:
    from scripts.vmtest.image import Files

TRIES = 8
_XLOADFLAGS, _XLF_5LEVEL = 0x236, 0x60
NOTE = "5-level paging is on, which this kernel does not know: 32-bit entry"


def another() -> Files:
    """Debian's generic kernel, whose init_size is another one."""
    return srv(vmlinuz=kernel("amd64"))


def without_levels() -> Files:
    """Debian's kernel, whose header says that it does not know page tables of 5 levels."""
    data = bytearray(kernel().read_bytes())
    data[_XLOADFLAGS] &= ~_XLF_5LEVEL
    return srv(vmlinuz=bytes(data))


def to_another(number: int) -> Case:
    """The same load once more, in a machine of its own."""
    machine = SameMachine()
    return Case(
        f"kexec.another-{number}",
        append="uroot.shell",
        files=another,
        steps=[
            Prompt(limit=180),
            machine,
            Run(f"kexec -c -l {LOAD} '{GIVEN}'", limit=90),
            *starts(machine),
        ],
        tags=SLOW,
    )


LEVELS = SameMachine()
CASES = [
    *map(to_another, range(1, TRIES + 1)),
    Case(
        "kexec.5level",
        append="uroot.shell",
        files=without_levels,
        devices=("-cpu", "max"),
        steps=[
            Prompt(limit=180),
            Run("grep -c -w la57 /proc/cpuinfo", status=0, name="5 levels are on"),
            LEVELS,
            Run("kexec --dry-run /srv/vmlinuz", limit=60, shows=f"(?s)protected mode.*{NOTE}"),
            Run(
                f"kexec -l {LOAD} '{GIVEN}'",
                limit=90,
                shows=r"^kexec: /srv/vmlinuz: loaded by kexec_load \(kexec_file_load: ENOEXEC\)",
            ),
            *starts(LEVELS),
        ],
        tags=SLOW,
    ),
]
