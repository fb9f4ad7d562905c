"""chroot - run a command with another directory as its root.

Ref: chroot(1), chroot(2).
"""

from __future__ import annotations

import os

from uroot_py.abi.mount import MNT_DETACH, MS_BIND, MS_PRIVATE, MS_REC, mount, umount
from uroot_py.base.options import Command, Option
from uroot_py.machine.program import execute, status_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

SYSTEM = ("dev", "proc", "sys", "run")
COMMAND = Command(
    "chroot",
    "chroot [-b] DIRECTORY [COMMAND [ARGUMENT]...]",
    BIND := Option(
        "-b", "--bind", help=f"show our /{' /'.join(SYSTEM)} in it until the command ends"
    ),
    example="chroot -b /mnt update-grub",
    notes="Without COMMAND a shell is started.",
    posix=True,
)


def run(args: list[str], stdin: TextIO, stdout: TextIO, stderr: TextIO) -> int:
    """Run COMMAND, or a shell, in DIRECTORY."""
    given = COMMAND.parse(args, min_operands=1)
    root, *words = given.operands
    words = words or ["/bin/sh", "-i"]
    stdout.flush()
    if not given.flag(BIND):
        enter(root)
        execute(words)
    bound: list[str] = []
    try:
        for name in SYSTEM:
            target = os.path.join(root, name)
            if os.path.isdir(target):
                mount(f"/{name}", target, "", MS_BIND | MS_REC)
                bound.append(target)
                # Else unmounting /dev/pts there would unmount ours, too.
                mount("", target, "", MS_PRIVATE | MS_REC)
        return status_of(words, lambda: enter(root))
    finally:
        for target in reversed(bound):
            umount(target, MNT_DETACH)


def enter(root: str) -> None:
    """Make ROOT the root; the error names it."""
    os.chroot(root)
    os.chdir("/")
