"""`boot` finds the system on a disk and starts it; without one there is a shell."""

from __future__ import annotations

import re

from scripts import make_final_os
from scripts.vmtest.case import Case, Expect, Prompt, Send

SLOW = frozenset({"slow"})


def final_os(disk: str, line: str = r"root=UUID=\S+ ro .*disk={}\b") -> list[Expect]:
    """The final OS of DISK, started with the command line of its configuration and its initrd."""
    return [
        Expect(f"^{make_final_os.UP}$", limit=150, name="power on to the final OS"),
        Expect(f"^cmdline: .*{line.format(disk)}", name="its cmdline"),
        Expect(f"^payload: {re.escape(make_final_os.PAYLOAD_SHA256)}", name="its initrd"),
        Expect(f"^{make_final_os.DONE}$", name="its end"),
    ]


CASES = [
    Case("boot.disk", append="uroot.timeout=1", disks=("grub-ext4",), steps=final_os("grub-ext4")),
    Case(
        "boot.no-disk",
        steps=[
            Expect("^boot: nothing to boot:$", limit=120, name="power on to boot's verdict"),
            Expect("no block device was found"),
            Prompt(name="to the shell"),
        ],
    ),
    Case(
        "boot.unreadable",
        disks=("corrupt-ext4", "empty"),
        steps=[
            Expect("^boot: nothing to boot:$", limit=120, name="power on to boot's verdict"),
            Expect(r"/dev/vda1: .*EBADMSG", name="the reason"),
            Prompt(name="to the shell"),
        ],
        tags=SLOW,
    ),
    Case(
        "boot.debian",
        writes=True,
        append="uroot.timeout=1",
        disks=("debian",),
        memory=1024,
        cpus=2,
        tags=SLOW,
        steps=[
            Expect("^debian-disk login: ", limit=480, name="power on to Debian's login"),
            Send("root\r"),
            Expect(r"^root@debian-disk:~# ", limit=90, name="logged in"),
            Send("systemctl is-system-running --wait; cat /proc/cmdline\r"),
            Expect(r"^running$", limit=120, name="all units run"),
            Expect(r"^.*root=UUID=\S+ ro .*disk=debian\b", name="its cmdline"),
        ],
    ),
]
