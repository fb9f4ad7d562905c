"""Guests inside a guest: our VMM boots Debian's kernels and our image on QEMU's emulated SVM.

A machine of QEMU's carries several guests, one after the other.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scripts import fetch_kernel, make_final_os
from scripts.vmtest import image, nested
from scripts.vmtest.case import Case, End, Expect, Prompt, Run, Send, Session
from scripts.vmtest.console import FAULTS
from tests.vm.postmortem import busy, frames_agree, hangs

if TYPE_CHECKING:
    from scripts.vmtest.case import Step
    from scripts.vmtest.image import Files

CLOUD, GENERIC = "cloud-amd64", "amd64"
SLOW = frozenset({"slow", "nested"})
LIMIT = 400
SECOND = "console=ttyS0 quiet pci=off marker=a=b c"  # to a kernel that is started by kexec


def files(*flavours: str) -> Files:
    """A Python with our VMM, KVM's modules, kernels."""
    found = {**nested.python(), **nested.modules(CLOUD)[0]}
    return found | {f"/srv/{name}": fetch_kernel.fetch(name) / "vmlinuz" for name in flavours}


def start(words: str, append: str) -> Send:
    """A guest, by WORDS for scripts/vmm.py, its kernel told APPEND."""
    told = f"{nested.GUESTS} {append}".strip()
    return Send(f"{nested.START} {words} --limit {5 * LIMIT} --append '{told}'\r")


BEGIN = (Prompt(), nested.load_kvm)
DONE = (Send("poweroff\r"), End())
# A guest's panic is on our console, more than once; a traceback is ours.
ANY = tuple(fault for fault in FAULTS if "Traceback" not in fault)


# ---- what a guest was doing when it stopped


def stack_files() -> Files:
    """An initrd whose init cannot be started, and one whose init is in the kernel for ever."""
    return {
        **files(CLOUD),
        "/srv/no-init": image.archive({"/init": b"#!/nonexistent\n"}),
        "/srv/hangs": hangs(),
    }


def panic(session: Session) -> None:
    """No init: outcome, text, and the stack that called panic()."""
    begun = session.console.cursor
    start(f"/srv/{CLOUD} /srv/no-init", "init=/nonexistent")(session)
    for pattern in (
        r"^vmm: panicked: Requested init /nonexistent failed \(error -2\)\.",
        "^the kernel's log:$",
        "Kernel panic - not syncing: Requested init",
        "^uroot# ",
    ):
        Expect(pattern, limit=LIMIT, allow=ANY)(session)
    frames_agree(session, session.console.text[begun:])


def hang(append: str) -> Step:
    """A guest that never returns from a system call: our frames, then its own by an NMI."""

    def step(session: Session) -> None:
        begun = session.console.cursor
        start(f"/srv/{CLOUD} /srv/hangs --nmi", f"unknown_nmi_panic {append}")(session)
        busy(session, LIMIT)
        Send("\x01s")(session)  # Ctrl-A S
        for pattern in (
            "^vmm: stopped: as asked",
            "^vmm: after the NMI: panicked: NMI: Not continuing",
            "^uroot# ",
        ):
            Expect(pattern, limit=LIMIT, allow=ANY)(session)
        frames_agree(session, session.console.text[begun:])

    step.__name__ = f"hang {append}".strip()
    return step


# ---- kernels that boot

VIRTIO = ("virtio_ring", "virtio", "virtio_mmio", "virtio-rng", "virtio_console")


def load_virtio(session: Session) -> None:
    """The drivers of the generic kernel for our devices."""
    session.run(nested.modules(GENERIC, VIRTIO)[1], limit=60)


def boot_files() -> Files:
    """Our image; our image with a kernel to start."""
    kernel: Files = {
        "/srv/vmlinuz": fetch_kernel.fetch(CLOUD) / "vmlinuz",
        "/srv/initrd": make_final_os.initrd(),
        **nested.modules(GENERIC, VIRTIO)[0],
    }
    return {
        **files(CLOUD, GENERIC),
        "/srv/image": image.built(),
        "/srv/larger": image.archive(kernel, behind=image.built()),
    }


def final_os(cpus: int, *more: str) -> list[Step]:
    """The final OS, its initrd intact, CPUS, and what MORE it says; then it switches itself off."""
    return [
        Expect(f"^{make_final_os.UP}$", limit=LIMIT, name="to the final OS"),
        *(Expect(pattern, limit=60) for pattern in more),
        Expect(f"^payload: {re.escape(make_final_os.PAYLOAD_SHA256)}", name="its initrd"),
        Expect(f"^cpus: {cpus}$", name="its processors"),
        Expect(f"^{make_final_os.DONE}$", name="its end"),
        Expect("^vmm: powered off", limit=60),
        Prompt(),
    ]


CASES = [
    Case(
        "vmm.stacks",
        append=f"{nested.APPEND} uroot.shell",
        memory=1024,
        files=stack_files,
        tags=SLOW,
        steps=[*BEGIN, panic, hang(""), hang("nokaslr"), *DONE],
    ),
    Case(
        "vmm.boots",
        append=f"{nested.APPEND} uroot.shell",
        memory=1400,
        files=boot_files,
        disks=("grub-ext4",),
        tags=SLOW,
        steps=[
            *BEGIN,
            start(f"/srv/{CLOUD} /srv/image --disk /dev/vda --cpus 2", "uroot.timeout=1"),
            Expect("^boot: starting ", limit=LIMIT, name="boot in the guest"),
            *final_os(2, r"^cmdline: .*root=UUID=\S+ ro .*disk=grub-ext4"),
            start(f"/srv/{GENERIC} /srv/larger --memory 512", "uroot.shell"),
            Prompt(limit=LIMIT, name="the inner shell of the generic kernel"),
            Run("cat /proc/cmdline", shows=f"pci=off {nested.GUESTS} uroot.shell", limit=120),
            load_virtio,
            Run("echo over-virtio > /dev/hvc0", shows="^over-virtio$", limit=60),
            Run("cat /sys/class/misc/hw_random/rng_current", shows="^virtio_rng.0$", limit=60),
            Run("dd if=/dev/hwrng bs=64 count=1 | wc -c", shows="^64$", limit=60),
            Run(
                f"kexec -l /srv/vmlinuz --initrd /srv/initrd --append '{SECOND}'",
                limit=120,
            ),
            Send("kexec -e\r"),
            *final_os(1, rf"^kernel: .*-{CLOUD}$", "^cmdline: .*marker=a=b c"),
            *DONE,
        ],
    ),
]
