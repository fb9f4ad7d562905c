"""Disks that lie, and disks that do not answer: the healthy one beside them boots."""

from __future__ import annotations

from scripts.vmtest.case import Case, End, Expect, Prompt, Run, Send, Silence
from tests.vm.boot import SLOW, final_os

GONE = r"/dev/vda: it has not answered for 10 s: left out"

CASES = [
    Case(
        "hostile.no-answer",
        append="uroot.timeout=1",
        silent=(("grub-ext4", False),),
        disks=("grub-xfs",),
        memory=256,
        steps=[Expect(GONE, limit=120), *final_os("grub-xfs")],
        tags=SLOW,
    ),
    Case(
        "hostile.no-answer-shell",
        append="uroot.shell uroot.wait=10",
        silent=(("grub-ext4", False),),
        disks=("grub-xfs",),
        memory=256,
        steps=[
            Prompt(),
            Run("dmesg", shows="init: module virtio_blk: its device has not answered in 10 s"),
            Run("lsblk -f", shows="vdb1 .*xfs", limit=60),
            Send("kill -INT 1\r", name="Ctrl-Alt-Del"),
            Expect("^init: Ctrl-Alt-Del: restarting", limit=30),
            End(limit=60),
        ],
        tags=SLOW,
    ),
    Case(
        "hostile.falls-silent",
        writes=True,
        append="uroot.shell",
        silent=(("grub-ext4", True),),
        disks=("grub-xfs",),
        memory=256,
        steps=[
            Prompt(),
            Run("mount -o rw /dev/vda1 /mnt && echo x > /mnt/x", limit=60),
            Silence(),
            Run("sync", status=1, shows="^sync: a disk has not answered for 20 s", limit=90),
            Run("boot --list", shows=r"\* Debian GNU/Linux .*/dev/vdb1", limit=120),
            Run("boot --load", limit=120),
            Run("boot --explain", shows=f"^fault: {GONE}", limit=120),
            Send("reboot\r"),
            Expect("^reboot: the disks are not in sync", limit=90),
            End(limit=90),
        ],
        tags=SLOW,
    ),
]
