"""The image boots to the shell, and every applet of the table does something there."""

from __future__ import annotations

import re

from cmds.table import TABLE
from scripts.vmtest.case import Case, End, Expect, Prompt, Run, Send

# What init has mounted: a type for each place. efivarfs needs a firmware that has variables.
MOUNTS = tuple(
    f"on {place} type {kind} "
    for place, kind in {
        "/proc": "proc",
        "/sys": "sysfs",
        "/dev": "devtmpfs",
        "/dev/pts": "devpts",
        "/dev/shm": "tmpfs",
        "/run": "tmpfs",
        "/tmp": "tmpfs",
        "/sys/kernel/security": "securityfs",
        "/sys/kernel/debug": "debugfs",
    }.items()
)
# Applets whose work can be seen; each other applet prints its help. The order is kept.
WORK = (
    Run("echo hello  world", shows="^hello world$"),
    Run("cat /proc/cmdline", shows=r"^console=tty(S|AMA)0 .*uroot\.shell"),
    Run("ls /", shows=("^dev$|dev ", "init")),
    Run("uname -r", shows=r"^\d+\.\S+-(cloud-a(md|rm)64|riscv64)$"),
    Run("hostname", shows="^[a-z(]"),
    Run("id", shows=r"^uid=0"),
    Run("env FRUIT=apple printenv FRUIT", shows="^apple$"),
    Run("printf '%s-%03d\\n' a 7", shows="^a-007$"),
    Run("seq 2 4", shows="^2\n3\n4$"),
    Run("true"),
    Run("false", status=1),
    Run("test -d /proc"),
    Run("[ -e /none ]", status=1),
    Run("sleep 0.1"),
    Run("sync"),
    Run("which cat", shows="^/.*/cat$"),
    Run("date", shows=r"20\d\d"),
    Run("uptime", shows="up"),
    Run("free", shows="^Mem:"),
    Run("ps", shows="init"),
    Run("pidof init", shows=r"\b1\b"),
    Run("kill -0 1"),
    Run("sh -c 'echo a; exit 3'", shows="^a$", status=3),
    Run("chroot / /bin/echo inside", shows="^inside$"),
    Run("dmesg", shows=r"Linux version \d+\."),
    Run("mount", shows=MOUNTS),
    Run("mount -t tmpfs none /mnt"),
    Run("umount /mnt"),
    Run("dd if=/dev/zero of=/tmp/zeros bs=1M count=1", shows="."),
    Run("modprobe loop"),
    Run("lsmod", shows="^loop "),
    Run("losetup -f /tmp/zeros"),
    Run("losetup", shows="/tmp/zeros"),
    Run("losetup -d /dev/loop0"),
    Run("rmmod loop"),
    Run("lspci", shows="8086|1b36"),
    Run("memmap", shows="RAM"),
    Run("kexec -S"),
    Run("none", status=127, shows="none"),
)


def helps() -> list[Run]:
    """A row for every applet that is in no row of WORK: its help, as the table has it."""
    seen = {word for run in WORK for word in re.findall(r"[^\s']+", run.command)}
    return [
        Run(f"{row.name} --help", shows=f"^{re.escape(row.summary)}$")
        for row in TABLE
        if row.name not in seen
    ]


CASES = [
    Case(
        "shell.applets",
        append="uroot.shell",
        needs=frozenset({"pci"}),  # lspci
        steps=[Prompt(), *WORK, *helps(), Send("poweroff\r"), End()],
    ),
    Case(
        "shell.reboot",
        append="uroot.shell",
        steps=[Prompt(), Send("reboot\r"), Expect("reboot: "), End()],
        tags=frozenset({"slow"}),
    ),
]
