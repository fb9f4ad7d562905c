"""From one kernel to another by our own plan: what the random death of a load would show.

The running kernel puts the page tables for the jump into memory that no segment claims: anywhere,
so a plan that leaves a room out kills one load of several: the same load is tried in several
machines. tests/vm/kexec_matrix.py has more kernels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts.vmtest.case import Case, Prompt, Run
from tests.support.payloads import GIVEN, kernel
from tests.vm.kexec import LOAD, SLOW, SameMachine, srv, starts

if TYPE_CHECKING:
    from scripts.vmtest.image import Files

_XLOADFLAGS, _XLF_5LEVEL = 0x236, 0x60
NOTE = "5-level paging is on, which this kernel does not keep: 32-bit entry"


def another() -> Files:
    """Debian's generic kernel, whose init_size is another one."""
    return srv(vmlinuz=kernel("amd64"))


def without_levels() -> Files:
    """Debian's kernel, whose header says that it does not know page tables of 5 levels."""
    data = bytearray(kernel().read_bytes())
    data[_XLOADFLAGS] &= ~_XLF_5LEVEL
    return srv(vmlinuz=bytes(data))


ANOTHER, LEVELS = SameMachine(), SameMachine()
CASES = [
    Case(
        "kexec.another",
        append="uroot.shell",
        files=another,
        steps=[
            Prompt(limit=180),
            ANOTHER,
            Run(f"kexec -c -l {LOAD} '{GIVEN}'", limit=90),
            *starts(ANOTHER),
        ],
        times=8,
        tags=SLOW,
    ),
    Case(
        "kexec.5level",
        append="uroot.shell",
        files=without_levels,
        needs=frozenset({"qemu"}),
        steps=[
            Prompt(limit=180),
            Run("grep -c -w la57 /proc/cpuinfo", status=0, name="5 levels are on"),
            LEVELS,
            Run("kexec --dry-run /srv/vmlinuz", limit=60, shows=f"(?s)protected mode.*{NOTE}"),
            Run(
                f"kexec -l {LOAD} '{GIVEN}'",
                limit=90,
                shows=r"^kexec: /srv/vmlinuz: loaded by kexec_load: 5-level paging is on",
            ),
            *starts(LEVELS),
        ],
        tags=SLOW,
    ),
]
