"""Nothing is written to a disk: the runner compares the SHA-256 of each before and after a case.

Every other case that boots shows it for the disks that it has; here are all of them, listed, and
left after a boot that failed.
"""

from __future__ import annotations

from scripts import make_disk
from scripts.vmtest.case import Case, Prompt, Run
from tests.vm.boot import SLOW

# tests/vm/hostile.py has those of its name, with a boot and with boots that fail.
ELSEWHERE = ("arm64-", "riscv64-", "hostile")
ALL = tuple(name for name in make_disk.DISKS if not name.startswith(ELSEWHERE))

CASES = [
    Case(
        "untouched.all",
        append="uroot.shell",
        disks=ALL,
        memory=1024,
        steps=[
            Prompt(limit=180),
            Run("boot --list", shows=r"^ +\d+ \* Debian GNU/Linux", limit=300),
            Run("echo 1 > /proc/sys/kernel/kexec_load_disabled"),
            Run(
                "boot --load",
                status=1,
                shows=("EPERM", "^boot: no entry could be loaded"),
                limit=900,
            ),
            Run("grep -c uroot/mnt /proc/mounts", shows="^0$", status=1),
        ],
        tags=SLOW,
    ),
]
