"""Broken disks: every fault is one line, and every other entry starts."""

from __future__ import annotations

import re

from scripts.disks import fill
from scripts.vmtest.case import Case, Expect, Prompt, Run, Send, Session
from tests.vm.boot import SLOW, final_os
from tests.vm.menu import MENU, keys

# Each of these is one line of `boot --explain`. The disk is that of scripts/disks/broken.py.
FAULTS = (
    r"^/dev/vda1 .*: holds nothing that is known$",
    r"^fault: /dev/vda2: mount /dev/vda2 .*: E[A-Z]+\b",
    r"^fault: /dev/vda4: /boot/grub/grub\.cfg: line 1: source .*: passed over, it is being read",
    r"^fault: /dev/vda5: /boot/grub/grub\.cfg: more than 1048576 bytes, not read$",
    r"^ +kernel /gone is missing$",
    r"^ +kernel /circle is missing$",
    r"^ +kernel /boot is missing$",
    r"^ +neither linux, uki nor efi is given$",
    r"^/dev/vdb1 .*: holds nothing that is known$",
)
CUT = r"^boot: Cut initrd: /dev/vda3/cut\.img: gzip data at offset 0x0: .*; it was cut off"
EMPTY = r"^boot: Empty initrd: /dev/vda3/empty\.img: the file is empty"
# What the disks of boot.write have on them.
GRUBENV = (
    "mkdir -p /tmp/d; mount -o ro /dev/vda1 /tmp/d; cat /tmp/d/boot/grub/grubenv; umount /tmp/d"
)
ENTRIES = "mkdir -p /tmp/d; mount -o ro /dev/vdb1 /tmp/d; ls /tmp/d/loader/entries; umount /tmp/d"


def each_fault_is_one_line(session: Session) -> None:
    """Neither missing nor told twice."""
    lines = session.run("boot --explain", 120).splitlines()
    for pattern in FAULTS:
        found = [line for line in lines if re.search(pattern, line)]
        if len(found) != 1:
            session.fail(f"{pattern!r}: {len(found)} lines of boot --explain: {lines!r}")


def a_try_is_counted(session: Session) -> None:
    """The entry of the newest kernel has one try less, and one that was made."""
    release = re.escape(fill.release())
    Run(ENTRIES, shows=rf"-{release}\+2-1\.conf", hides=(rf"-{release}\+3",))(session)


CASES = [
    Case(
        "boot.broken",
        append="uroot.uinit=\"boot --entry 'Missing kernel'\"",
        disks=("broken", "empty"),
        steps=[
            Expect("^boot: Missing kernel: kernel /gone is missing", limit=120),
            Expect("^init: boot --entry .*: ended with status 1; here is a shell", name="its end"),
            Prompt(),
            each_fault_is_one_line,
            Run("boot --load --entry 'Empty initrd'", status=1, shows=EMPTY, limit=90),
            Run("boot --load", shows=CUT, limit=120, name="unattended: the next one is loaded"),
            Run("kexec -S -l", status=1, name="a kernel is loaded"),
            Run("grep -c uroot/mnt /proc/mounts", shows="^0$", status=1),
            Send("boot --timeout 600\r"),
            *MENU,
            *keys("/", "Search: "),
            *keys("is no kernel\r", "Enter start"),
            *keys("\r", r"boot/grub/grub\.cfg: expected a kernel", "Enter start"),
            *keys("/control", r"Title \?\[2J\?\]0;evil\? with control characters"),
            *keys("\r", "Enter start"),
            Send("\r", name="an entry with control characters"),
            *final_os("broken", r"root=/dev/ram0 .*disk={}\b"),
        ],
        tags=SLOW,
    ),
    Case(
        "boot.write",
        writes=True,
        append="uroot.shell",
        disks=("grub-saved", "systemd-boot"),
        steps=[
            Prompt(),
            Run(
                "boot --load",
                shows=r"^boot: /boot/grub/grubenv: next_entry=: not written, there is no --write",
                limit=120,
            ),
            Run("boot --load --write", limit=120, name="the one-time choice"),
            Run(GRUBENV, shows="^next_entry=$", hides=("^saved_entry",)),
            Run("boot --load --write --once", limit=120, hides=("saved_entry",)),
            Run(GRUBENV, hides=("^saved_entry",), name="once: no default is saved"),
            Run("boot --load --write", limit=120, name="the choice becomes the default"),
            Run(GRUBENV, shows=("^saved_entry=gnulinux-simple-", "^next_entry=$")),
            Run(ENTRIES, shows=r"\+3\.conf"),
            Run(f"boot --load --write --entry '{fill.PRETTY_NAME}'", limit=120),
            a_try_is_counted,
            Run("grep -c uroot/mnt /proc/mounts", shows="^0$", status=1),
        ],
        tags=SLOW,
    ),
]
