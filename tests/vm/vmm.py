"""A guest inside the guest: our VMM boots Debian's kernel and our image on QEMU's emulated SVM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts.support import nested
from scripts.support.case import Case, End, Expect, Prompt, Run, Send, Session
from scripts.support.console import FAULTS

if TYPE_CHECKING:
    from scripts.support.image import Files

KERNEL = "cloud-amd64"
SLOW = frozenset({"slow", "nested"})
LIMIT = 400


def files() -> Files:
    """A Python with our VMM, KVM's modules, a kernel, our image."""
    return {**nested.python(), **nested.modules(KERNEL)[0], **nested.guest(KERNEL)}


def start(append: str, initrd: str = "/srv/image") -> Send:
    """The inner guest, told APPEND."""
    return Send(f"{nested.START} /srv/{KERNEL} {initrd} --limit {LIMIT} --append '{append}'\r")


def load_kvm(session: Session) -> None:
    """KVM's modules."""
    session.run(nested.modules(KERNEL)[1], limit=60)


BEGIN = (Prompt(), load_kvm)
DONE = (Prompt(), Send("poweroff\r"), End())
MAY_PANIC = (*FAULTS,)


def panic(name: str, append: str) -> Case:
    """A kernel without an init: what it says of its stack, and what we do, frame by frame."""
    own = r"(?s) panic\+0x\w+/.*? mount_block_root\+0x\w+/.*? ret_from_fork\+0x"
    ours = r"(?s)^  #\d+ 0x\w+ panic\+0x.*? mount_block_root\+0x.*? ret_from_fork\+0x"
    return Case(
        name,
        append="uroot.shell",
        memory=1024,
        files=files,
        tags=SLOW,
        steps=[
            *BEGIN,
            start(append, ""),
            Expect(own, limit=LIMIT, allow=MAY_PANIC, name="the kernel's own trace"),
            Expect("^vmm: panicked: VFS: Unable to mount root fs", limit=60, allow=MAY_PANIC),
            Expect(ours, limit=90, allow=MAY_PANIC, name="our trace"),
            Expect(r"^the kernel's log:$", allow=MAY_PANIC),
            *DONE,
        ],
    )


CASES = [
    Case(
        "vmm.nested",
        append="uroot.shell",
        memory=1400,
        files=files,
        tags=SLOW,
        steps=[
            *BEGIN,
            start("uroot.shell norandmaps"),
            Prompt(limit=LIMIT, name="the inner shell"),
            Run("cat /proc/cmdline", shows="pci=off uroot.shell", limit=120),
            Send("poweroff\r"),
            Expect("^vmm: powered off", limit=120),
            *DONE,
        ],
    ),
    panic("vmm.panic", ""),
    panic("vmm.panic-nokaslr", "nokaslr"),
]
