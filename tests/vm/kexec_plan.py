"""Our own plans start what is no Linux: each shows its banner; and a machine with EFI."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from initramfs import target
from scripts import apt, make_final_os
from scripts.disks import fill
from scripts.tools import BUILD
from scripts.vmtest.case import Case, Expect, Prompt, Run, Send
from tests.support.payloads import GIVEN, bios_console, grub_lkrn, grub_multiboot, kernel
from tests.vm.kexec import LOAD, SLOW, SameMachine, srv, starts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scripts.vmtest.case import Session, Step

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
IDE = BUILD / "disks/grub-others.img"


def menu(platform: str) -> list[Step]:
    """GRUB shows its menu, and Enter starts the final OS."""
    return [
        Expect(f"the final OS, by GRUB on {platform}", limit=120, name="GRUB's menu"),
        Send("\r", name="Enter"),
        Expect("base_addr = 0x100000", limit=60, name="it has the memory map"),
        Expect(f"^{make_final_os.UP}$", limit=180, name="and starts Linux"),
        Expect(f"^cmdline: BOOT_IMAGE=\\S+ {re.escape(GIVEN)}$"),
        Expect(f"^payload: {re.escape(make_final_os.PAYLOAD_SHA256)}", name="with its initrd"),
    ]


@dataclass(frozen=True)
class Screen:
    """The machine's screen has so many pixels: 720 x 400 are 80 x 25 characters."""

    size: str
    name: str = ""

    def __call__(self, session: Session) -> None:
        """See Step."""
        picture = BUILD / "kexec" / "screen.ppm"
        if session.console.monitor is None:
            session.fail("no monitor")
        session.console.monitor.ask("screendump", filename=str(picture))
        found = picture.read_bytes().split(maxsplit=3)[1:3]
        if b" ".join(found).decode() != self.size:
            session.fail(f"a screen of {found}, expected {self.size}")


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
        "grub",
        "kexec -l /srv/grub",
        {"grub": grub_multiboot},
        *menu("multiboot"),
        memory=768,
    ),
    Case(
        "kexec.text-mode",
        append="uroot.shell vga=0x314",
        files=lambda: srv(ipxe=apt.file("ipxe", "**/ipxe.lkrn")),
        devices=("-device", "VGA", *bios_console()),
        steps=[
            Prompt("uroot# ", 180),
            Screen("800 600", name="Linux has a graphical screen"),
            Run("kexec -l /srv/ipxe", limit=60),
            Send("kexec -e\r"),
            Expect(r"iPXE \d", limit=120, name="iPXE's banner, printed by the BIOS"),
            Screen("720 400", name="on a text screen"),
        ],
        tags=SLOW,
    ),
    # Linux has not driven this disk: its image has no driver for it.
    banner(
        "grub-lkrn",
        "kexec -l /srv/grub",
        {"grub": grub_lkrn},
        *menu("pc"),
        devices=lambda: ("-drive", f"file={IDE},format=raw,if=ide,snapshot=on"),
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
