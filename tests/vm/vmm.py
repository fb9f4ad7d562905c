"""A guest inside the guest: our VMM boots Debian's kernel and our image on QEMU's emulated SVM."""

from __future__ import annotations

import re
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
DONE = (Send("poweroff\r"), End())
ANY = (*FAULTS,)  # the inner kernel's panic is on our console, more than once


def frames_agree(session: Session) -> None:
    """What called panic(): function and offset of each frame, the kernel's list and ours."""
    text, _, report = session.console.text.partition("\nvmm: panicked")
    own = re.findall(r"\]  ([\w.]+\+0x[0-9a-f]+)/0x", text)
    ours = re.findall(r"^  #\d+ 0x[0-9a-f]+ ([\w.]+\+0x[0-9a-f]+)$", report, re.MULTILINE)
    callers = [
        [name for name in found if not name.startswith(("dump_stack", "panic+", "native_machine"))]
        for found in (own, ours)
    ]
    if len(callers[0]) < 4 or callers[0] != callers[1]:
        session.fail(f"the kernel's frames are {own}, ours are {ours}")


def panic(name: str, append: str) -> Case:
    """A kernel without a root: what it says of its stack, and what we read from its memory."""
    return Case(
        name,
        append="uroot.shell",
        memory=1024,
        files=files,
        tags=SLOW,
        steps=[
            *BEGIN,
            start(append, ""),
            Expect("^vmm: panicked: VFS: Unable to mount root fs", limit=LIMIT, allow=ANY),
            Expect(r"^the kernel's log:$", limit=90, allow=ANY, name="our trace"),
            Expect(r"Kernel panic - not syncing: VFS", allow=ANY, name="the log in memory"),
            Expect("^uroot# ", allow=ANY),
            frames_agree,
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
            Prompt(),
            *DONE,
        ],
    ),
    panic("vmm.panic", ""),
    panic("vmm.panic-nokaslr", "nokaslr"),
]
