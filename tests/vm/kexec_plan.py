"""Our own plans start what is no Linux: each shows its banner; and a machine with EFI."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from initramfs import target
from scripts import apt, make_final_os
from scripts.disks import fill
from scripts.tools import BUILD
from scripts.vmtest.case import Case, Expect, Prompt, Run, Send
from tests.support.payloads import GIVEN, bios_console, grub_multiboot, kernel
from tests.vm.kexec import LOAD, SLOW, SameMachine, srv, starts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scripts.vmtest.case import Step

    Made = dict[str, Callable[[], Path]]
    Words = Callable[[], tuple[str, ...]]
EFI = BUILD / "packages/amd64/ovmf/usr/share/ovmf/OVMF.fd"


def banner(
    name: str, load: str, files: Made, *steps: Step, memory: int = 512, devices: Words = tuple
) -> Case:
    """A case that loads by LOAD something that is no Linux, and sees it on the serial line."""
    return Case(
        f"kexec.{name}",
        append="uroot.shell",
        files=lambda: srv(**{key: make() for key, make in files.items()}),
        memory=memory,
        devices=devices(),
        # SeaBIOS leaves its last line open where it prints on the serial line, too.
        steps=[Prompt("uroot# ", 180), Run(load, limit=120), Send("kexec -e\r"), *steps],
        tags=SLOW,
    )


# QEMU's TCG up to 9.0 faults under SMAP where a dom0 returns from a trap by IRET.
NO_SMAP = ("-cpu", target.emulated("max,-smap"))
UNDER_EFI = SameMachine()
CASES = [
    banner(
        "xen",
        "kexec -l /srv/xen --append 'console=com1 com1=115200,8n1 dom0_mem=500M'"
        " --module '/srv/vmlinuz console=hvc0 marker=dom0' --module /srv/initrd",
        {
            "xen": fill.hypervisor,
            "vmlinuz": lambda: kernel("amd64"),
        },
        Expect(r"Xen version \d", limit=120, name="Xen's banner"),
        Expect(f"^{make_final_os.UP}$", limit=240, name="dom0's init"),
        Expect("^cmdline: console=hvc0 marker=dom0$"),
        Expect(f"^payload: {re.escape(make_final_os.PAYLOAD_SHA256)}", name="its initrd"),
        memory=1024,
        devices=lambda: NO_SMAP,
    ),
    banner(
        "memtest86+",
        "kexec -l /srv/memtest --append console=ttyS0,115200",
        {"memtest": lambda: apt.file("memtest86+", "boot/memtest86+x64.bin")},
        Expect(r"Memtest86\+", limit=300, name="memtest86+ draws its screen"),
        memory=128,
    ),
    banner(
        "ipxe",
        "kexec -l /srv/ipxe",
        {"ipxe": lambda: apt.file("ipxe", "**/ipxe.lkrn")},
        Expect(r"iPXE \d", limit=120, name="iPXE's banner, printed by the BIOS"),
        devices=bios_console,
    ),
    banner(
        "grub",
        "kexec -l /srv/grub",
        {"grub": grub_multiboot},
        Expect("GRUB-IS-UP multiboot", limit=120, name="GRUB runs its commands"),
        Expect("base_addr = 0x100000", limit=20, name="and has the memory map"),
    ),
    Case(
        "kexec.efi",
        append="uroot.shell",
        files=lambda: srv(vmlinuz=kernel(), firmware=apt.file("ovmf", "usr/share/ovmf/OVMF.fd")),
        devices=("-bios", str(EFI)),
        cpus=2,
        steps=[
            Prompt(limit=180),
            UNDER_EFI,
            Run(f"kexec -c -l {LOAD} '{GIVEN}'", limit=60),
            *starts(
                UNDER_EFI,
                Expect("efi: EFI v", limit=60, name="the second kernel finds EFI"),
                Expect("SMBIOS .* present", limit=20, name="and SMBIOS"),
                Expect(r"ACPI: RSDP 0x0+[1-9A-F]", limit=20, name="and ACPI"),
            ),
        ],
        tags=SLOW,
    ),
]
