"""Disks that lie, and disks that do not answer: the healthy one beside them boots."""

from __future__ import annotations

from scripts.vmtest.case import Case, End, Expect, Prompt, Run, Send, Silence
from tests.vm.boot import SLOW, final_os

GONE = r"/dev/vda: it has not answered for 10 s: left out"

WAITS = "the kernel has waited for 20 s for a device that does not answer"
MEMORY = r"it needs more than the [0-9.]+ MiB of memory that are left"
# Entries of the disk hostile, and what is said of each.
BOMBS = {
    "zeros": MEMORY,
    "frame.zst": r"/dev/vda11/frame\.zst: zstd block at offset ",
    "bomb.lz4": MEMORY,
    "bomb.lzo": MEMORY,
    "bomb.itb": MEMORY,
    "dictionary": r"/dev/vda11/dictionary\.xz: xz dictionary at offset 0xc: expected at most "
    r"[0-9.]+ MiB, half of this machine's [0-9.]+ MiB, found 192\.0 MiB$",
}


def refused(entry: str, why: str) -> Run:
    """Loading ENTRY is refused in one line."""
    return Run(f"boot --load --entry {entry}", status=1, shows=f"^boot: {entry}: {why}", limit=120)


CASES = [
    Case(
        "hostile.lies",
        append="uroot.timeout=1",
        disks=("hostile", "grub-ext4"),
        memory=256,
        steps=[
            Expect(" starts in 1 s", limit=150, name="power on to the countdown"),
            Expect(f"^boot: zeros: {MEMORY}", limit=60),
            *final_os("grub-ext4"),
        ],
        tags=SLOW,
    ),
    Case(
        "hostile.bombs",
        append="uroot.shell",
        disks=("hostile", "grub-ext4"),
        memory=256,
        steps=[
            Prompt(),
            *(refused(entry, why) for entry, why in BOMBS.items()),
            Run("grep -c uroot/mnt /proc/mounts", shows="^0$", status=1),
            Run("mount -r /dev/vdb1 /mnt && umount /mnt", name="the disks are given back"),
            Send("boot --timeout 1\r"),
            *final_os("grub-ext4"),
        ],
        tags=SLOW,
    ),
    Case(
        "hostile.many",
        append="uroot.timeout=1",
        disks=("hostile-many", "grub-ext4"),
        memory=256,
        steps=[Expect(" starts in 1 s", limit=240, name="countdown"), *final_os("grub-ext4")],
        tags=SLOW,
    ),
    Case(
        "hostile.panic",
        append="uroot.timeout=1",
        disks=("hostile-panic", "grub-ext4"),
        memory=256,
        steps=final_os("grub-ext4"),
        tags=SLOW,
    ),
    Case(
        "hostile.clones",
        append='uroot.uinit="boot --list" uroot.wait=60',
        disks=("grub-btrfs", "grub-btrfs", "grub-xfs", "grub-xfs", "grub-ext4", "grub-ext4"),
        memory=256,
        steps=[
            Prompt(limit=240),
            Run(
                "boot --explain",
                limit=120,
                shows=(
                    r"^/dev/vdb1 .*: holds a copy of /dev/vda1, not mounted",
                    r"^/dev/vdd1 .*: a copy of /dev/vdc1, with the same UUID",
                    r"^/dev/vdf1 .*: a copy of /dev/vde1, with the same UUID",
                    r"\* Debian GNU/Linux .*/dev/vda1$",
                    r"\* Debian GNU/Linux .*/dev/vdc1$",
                    r"\* Debian GNU/Linux .*/dev/vdd1$",
                    r"\* Debian GNU/Linux .*/dev/vde1$",
                ),
                hides=("^fault:",),
            ),
            Send("boot --timeout 1\r"),
            *final_os("grub-btrfs", r"root=UUID=\S+ ro rootflags=subvol=@rootfs .*disk={}\b"),
        ],
        tags=SLOW,
    ),
    Case(
        "hostile.no-answer",
        append="uroot.shell",
        silent=(("grub-ext4", True),),
        disks=("grub-xfs",),
        memory=256,
        steps=[
            Prompt(),
            Silence(),
            Send("boot --timeout 1\r"),
            Expect(GONE, limit=120),
            *final_os("grub-xfs"),
        ],
        tags=SLOW,
    ),
    Case(
        # A driver holds its device while it looks for partitions, and kexec waits for each device.
        "hostile.no-answer-scan",
        append="uroot.timeout=1",
        silent=(("grub-ext4", False),),
        disks=("grub-xfs",),
        memory=256,
        steps=[
            Expect(" starts in 1 s", limit=240, name="power on to the countdown"),
            Expect("^boot: starting 'Debian GNU/Linux' from /dev/vdb1 now", limit=60),
            Expect(f"{WAITS}, it cannot start another; reboot restarts", limit=60),
            Prompt(),
            Run("dmesg", shows="init: module virtio_blk: its device has not answered in 30 s"),
            Run("poweroff", status=1, shows=f"{WAITS}, it cannot switch the machine off", limit=90),
            Send("reboot\r"),
            Expect(f"^reboot: {WAITS}: restarting without it", limit=90),
            End(limit=60),
        ],
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
            Expect("init: Ctrl-Alt-Del: restarting", limit=30),
            Expect(f"^init: {WAITS}: restarting without it", limit=90),
            End(limit=60),
        ],
        tags=SLOW,
    ),
    Case(
        "hostile.kexec-killed",
        append="uroot.shell",
        disks=("grub-ext4",),
        memory=256,
        steps=[
            Prompt(),
            Run("while true; do kexec -u; done 2> /dev/null & true"),
            Run(
                "boot --timeout 0",
                status=1,
                shows="^boot: no kernel is loaded",
                limit=120,
                name="refused behind the unmount",
            ),
            Send("kill %1; wait\r"),
            Prompt(name="the loop ends"),
            Send("\r"),
            Prompt(),
            Run("grep -c uroot/mnt /proc/mounts", shows="^0$", status=1),
            Run(
                "for n in .5 1 1.5 2 2.5 3 4 5; do sh -c 'boot --load > /dev/null & "
                "sleep '$n'; kill -9 $! || echo it was loaded'; done",
                limit=120,
                name="killed at eight moments",
            ),
            Send("boot --timeout 1\r"),
            *final_os("grub-ext4"),
        ],
        tags=SLOW,
    ),
    Case(
        "hostile.xoff",
        append="uroot.shell",
        memory=256,
        steps=[
            Prompt(),
            Send("(sleep 20; kill -INT 1) & seq 1 1000000\r"),
            Expect("^1000$"),
            Send("\x13", name="Ctrl-S, and Ctrl-Alt-Del later"),
            End(limit=60),
        ],
        tags=SLOW,
    ),
    Case(
        "hostile.xoff-menu",
        append="uroot.timeout=5",
        disks=("grub-ext4",),
        memory=256,
        steps=[
            Expect(" starts in [1-5] s", limit=150, name="power on to the countdown"),
            Send("\x13", name="Ctrl-S"),
            *final_os("grub-ext4"),
        ],
        tags=SLOW,
    ),
    Case(
        "hostile.clock",
        append="uroot.shell",
        disks=("grub-ext4",),
        memory=256,
        steps=[
            Prompt(),
            Run("jump() { sleep 1; date -s 2035-01-01; sleep 1; date -s 1980-01-01; }"),
            Send("jump > /dev/null & boot --timeout 5\r"),
            Expect(" starts in 5 s", limit=60),
            *final_os("grub-ext4"),
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
