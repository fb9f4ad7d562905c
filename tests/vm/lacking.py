"""Kernels and images that lack what every machine has: it boots all the same, or it says why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import zstandard

from scripts.tools import command
from scripts.vmtest import image
from scripts.vmtest.case import Case, Expect, Prompt, Run
from scripts.vmtest.console import FAULTS
from tests.vm.boot import SLOW, final_os
from uroot_py.formats.archive import cpio

if TYPE_CHECKING:
    from pathlib import Path

# An /init that lets no mount with the flags of devtmpfs through, as a kernel without it would.
# Ref: seccomp(2); cmds/init.py.
REFUSES = """
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(int count, char **words)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mount, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[3])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MS_NOSUID, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENODEV),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { 6, filter };
	if (count && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0)
		execv("/own-init", words);
	return 1;
}
"""


def members() -> list[cpio.Member]:
    """What is in the built image."""
    return cpio.parse(zstandard.decompress(image.built().read_bytes()))[0]


def made(folder: Path, kept: list[cpio.Member]) -> Path:
    """An image in FOLDER."""
    target = folder / "initramfs"
    target.write_bytes(cpio.build(kept))
    return target


def without_console(folder: Path) -> Path:
    """The built image without /dev/console: the kernel starts /init with no descriptors."""
    found = members()
    kept = [member for member in found if member.name != "dev/console"]
    assert len(kept) == len(found) - 1
    return made(folder, kept)


def without_devtmpfs(folder: Path) -> Path:
    """The built image, whose /init runs where devtmpfs cannot be mounted."""
    found = members()
    (own,) = [member for member in found if member.name == "init"]
    own.name = "own-init"
    (folder / "refuses.c").write_text(REFUSES)
    command(["gcc", "-static", "-O1", "-o", folder / "refuses", folder / "refuses.c"], limit=120)
    program = (folder / "refuses").read_bytes()
    return made(folder, [*found, cpio.Member("init", cpio.S_IFREG | 0o755, program)])


CASES = [
    Case(
        "lacking.console",
        append="uroot.timeout=1",
        image=without_console,
        disks=("grub-ext4",),
        memory=256,
        steps=[Expect(" starts in 1 s", limit=150, name="the menu"), *final_os("grub-ext4")],
        tags=SLOW,
    ),
    Case(
        # A file where it belongs: nothing can be mounted there.
        "lacking.proc",
        files=lambda: {"/proc": b""},
        memory=256,
        steps=[
            Expect(
                "^init: /proc cannot be mounted, nothing starts without it: use a kernel with CONF",
                limit=90,
                allow=tuple(FAULTS),
            )
        ],
        tags=SLOW,
    ),
    Case(
        "lacking.sysfs",
        append="uroot.timeout=1",
        files=lambda: {"/sys": b""},
        disks=("grub-ext4",),
        memory=256,
        steps=[
            Expect("^init: /sys: file exists", limit=120),
            Expect("^boot: nothing to boot:\n.*no block device was found", limit=60),
            Prompt(),
            Run("ls -d /proc/1 /dev/console", shows="^/dev/console"),
        ],
        tags=SLOW,
    ),
    Case(
        "lacking.devtmpfs",
        append="uroot.timeout=1",
        image=without_devtmpfs,
        disks=("grub-ext4",),
        memory=256,
        steps=[
            Expect(r"^init: mount devtmpfs on /dev \(devtmpfs\): ENODEV", limit=120),
            *final_os("grub-ext4"),
        ],
        tags=SLOW,
    ),
]
