"""UEFI payloads, started by kexec, start what is on an ESP: systemd-boot, GRUB, a shell's script.

The payloads are EDK2's own, of both forms (scripts/build_uefi_payload.py). Each case ends where the
payload's work does: in the final OS, or in a file that its shell has written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts import build_uefi_payload
from scripts.vmtest.case import Case, End, Expect, Prompt, Run, Send
from tests.vm.boot import final_os
from tests.vm.boot_disks import DISK, KINDS, ROOT
from uroot_py.boot import efi

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scripts.vmtest.case import Step
    from scripts.vmtest.image import Files

SLOW = frozenset({"slow"})
Q35 = ("-M", "q35")
SCREEN = ("-device", "VGA")
FORMS = tuple(build_uefi_payload.FORMS)
SHELL: list[Step] = [
    Expect("^marker: written by a shell of UEFI", limit=150, name="the shell's script writes"),
    Expect("^the script is done", limit=30),
    End(),
]
GRUB: list[Step] = [
    Expect("the final OS, by GRUB on efi", limit=150, name="GRUB's menu"),
    *final_os("efi-grub", ROOT + DISK),
]


def payload(form: str) -> Callable[[], Files]:
    """The payload FORM as a file of the image."""
    return lambda: {"srv/payload.xz": build_uefi_payload.fetch(form) / "payload.xz"}


def case(
    form: str,
    name: str,
    disk: str,
    steps: Sequence[Step],
    memory: int = 512,
    cpus: int = 1,
    devices: tuple[str, ...] = Q35,
    times: int = 1,
) -> Case:
    """A machine whose shell starts the payload FORM, which starts what is on DISK."""
    return Case(
        f"uefi-{form}.{name}",
        append="uroot.shell",
        files=payload(form),
        disks=(disk,),
        memory=memory,
        cpus=cpus,
        devices=devices,
        times=times,
        writes=True,  # systemd-boot counts tries and keeps a seed; the script writes its marker
        needs=frozenset({"qemu"}),
        steps=[
            Prompt(),
            Run("kexec -d -l /srv/payload.xz", limit=90, name="the payload is loaded"),
            Send("kexec -e\r"),
            *steps,
        ],
        tags=SLOW,
    )


def chosen(form: str) -> Case:
    """`boot` starts the only system that it finds, an EFI program, by the payload in its image."""
    return Case(
        f"uefi-{form}.boot",
        append="uroot.timeout=1",
        files=lambda: {efi.PAYLOAD[1:]: build_uefi_payload.fetch(form) / "payload.xz"},
        disks=("efi-other",),
        devices=Q35,
        needs=frozenset({"qemu"}),
        steps=[
            Expect("Windows Boot Manager on /dev/vda1", limit=150, name="the row that is started"),
            Expect("the final OS, by GRUB on efi", limit=200, name="GRUB's menu"),
            *final_os("efi-other", ROOT + DISK),
        ],
        tags=SLOW,
    )


CASES = [
    Case(
        "uefi.no-payload",
        append="uroot.shell",
        disks=("efi-other",),
        steps=[
            Prompt(),
            Run(
                "boot --explain",
                shows=r"Windows Boot Manager.*\n.*no UEFI payload",
                limit=90,
                status=1,
            ),
        ],
        tags=SLOW,
    ),
    *(chosen(form) for form in FORMS),
    *(
        made
        for form in FORMS
        for made in (
            case(form, "systemd-boot", "uki", final_os("uki", KINDS["uki"])),
            case(form, "grub", "efi-grub", GRUB),
            case(form, "shell", "efi-shell", SHELL),
            case(form, "4-gib", "efi-shell", SHELL, memory=4096, cpus=4),
            case(form, "8-gib", "efi-shell", SHELL, memory=8192, cpus=4),
            case(form, "screen", "efi-shell", SHELL, devices=(*Q35, *SCREEN)),
            case(form, "ten", "efi-shell", SHELL, times=10),
        )
    ),
]
