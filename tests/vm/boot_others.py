"""`boot` starts what is no Linux as Debian's packages configured it, and it does its job.

The menu is by grub-mkconfig and the scripts of Debian's packages; Linux has driven the disk.
"""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

from initramfs import target
from scripts import make_final_os
from scripts.tools import BUILD
from scripts.vmtest.case import Case, End, Expect, Prompt, Send
from tests.support.payloads import bios_console, kernel
from tests.vm.boot import SLOW
from tests.vm.kexec_plan import NO_SMAP

if TYPE_CHECKING:
    from scripts.vmtest.case import Session, Step

DISK = ("grub-others",)
PAYLOAD = Expect(f"^payload: {re.escape(make_final_os.PAYLOAD_SHA256)}", name="and its initrd")
UP = Expect(f"^{make_final_os.UP}$", limit=180, name="to the final OS")


def entry(title: str) -> list[Step]:
    """Start the entry with TITLE; SeaBIOS leaves its last line open where it prints here, too."""
    return [Prompt("uroot# "), Send(f"boot --entry '{title}'\r")]


XEN = (
    *entry("with Xen hypervisor"),  # what is before it differs from one GRUB to the next
    Expect(r"^\(XEN\) Xen version \d", limit=120, name="Xen's banner"),
    UP,
    Expect("^cmdline: .*root=UUID=.* console=hvc0 earlyprintk=xen", name="its dom0's cmdline"),
    PAYLOAD,
    End(),
)

# ---- iPXE asks DHCP, gets its script by TFTP, a kernel by HTTP: from QEMU and busybox

SERVED = BUILD / "kexec" / "served"
SCRIPT = """\
#!ipxe
kernel http://10.0.2.100/vmlinuz console=ttyS0 marker=ipxe
initrd http://10.0.2.100/initrd.img
boot
"""
HTTPD = f"guestfwd=tcp:10.0.2.100:80-cmd:{make_final_os.busybox()} httpd -i -h {SERVED}"
NETWORK = ("-nic", f"user,model=virtio-net-pci,tftp={SERVED},bootfile=boot.ipxe,{HTTPD}")


def serve(session: Session) -> None:
    """What is there to be fetched."""
    SERVED.mkdir(parents=True, exist_ok=True)
    (SERVED / "boot.ipxe").write_text(SCRIPT)
    shutil.copyfile(kernel(), SERVED / "vmlinuz")
    shutil.copyfile(make_final_os.initrd(), SERVED / "initrd.img")


CASES = [
    *(
        Case(
            f"boot.xen{name}",
            append="uroot.shell",
            disks=DISK,
            memory=1024,
            devices=devices,
            steps=XEN,
            tags=SLOW,
        )
        for name, devices in {
            "": ("-cpu", target.emulated("qemu64")),
            "-q35": ("-M", "q35", *NO_SMAP),
        }.items()
    ),
    Case(
        "boot.ipxe",
        append="uroot.shell",
        disks=DISK,
        devices=(*bios_console(), *NETWORK),
        steps=[
            serve,
            *entry("Network boot (iPXE)"),
            Expect(r"iPXE \d", limit=120, name="iPXE's banner, printed by the BIOS"),
            Expect(r"http://10\.0\.2\.100/vmlinuz\.\.\. *ok", limit=180, name="a kernel by HTTP"),
            UP,
            Expect("^cmdline: .*marker=ipxe", name="its cmdline"),
            PAYLOAD,
        ],
        tags=SLOW,
    ),
    Case(
        "boot.memtest86+",
        append="uroot.shell",
        disks=DISK,
        memory=192,
        steps=[
            *entry("Memory test (memtest86+x64.bin, serial console)"),
            Expect(r"Memtest86\+", limit=300, name="memtest86+ draws its screen"),
            Expect(r"#[1-9] +\[\w+", limit=300, name="and is done with its first test"),
        ],
        tags=SLOW,
    ),
]
