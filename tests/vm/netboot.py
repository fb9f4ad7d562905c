"""Machines without a disk start from QEMU's network: its DHCP and TFTP, busybox' web server."""

from __future__ import annotations

import shutil
import threading
from typing import TYPE_CHECKING

from scripts import fetch_kernel, make_final_os
from scripts.tools import BUILD
from scripts.vmtest.case import Case
from tests.vm.boot import SLOW, final_os

if TYPE_CHECKING:
    from scripts.vmtest.image import Files

FOLDER = BUILD / "netboot"
CONFIG = """\
DEFAULT one
TIMEOUT 10
LABEL one
    MENU LABEL The final OS
    KERNEL os/vmlinuz
    INITRD os/initrd
    APPEND {words}
    IPAPPEND 2
"""
# Names beside the script and below it, a choice that nobody makes, a fault on the way.
SCRIPT = """\
#!ipxe
set words disk=network
imgfetch absent || echo nothing is there
menu What to start
item one The final OS
item other Something that is not there
choose --default one --timeout 1000 chosen || exit 1
goto ${chosen}
:other
kernel absent && boot
:one
chain below/one.ipxe
"""
BELOW = """\
#!ipxe
kernel ../os/vmlinuz ${words} BOOTIF=01-${net0/mac:hexhyp}
initrd ../os/initrd
boot
"""
# A program that only a BIOS could start: what counts is its configuration.
PROGRAM = b"\xea\0\0\xff\xff program"
WEB = f"guestfwd=tcp:10.0.2.100:80-cmd:{make_final_os.busybox()} httpd -i -h {FOLDER}"
NOBODY = (
    *("-netdev", "hubport,id=nobody,hubid=1"),
    *("-device", "virtio-net-pci,netdev=nobody,id=nobody"),
)


def served() -> Files:
    """Fill FOLDER with what the servers give; the image stays as it is."""
    for folder in ("os", "pxelinux.cfg", "below"):
        (FOLDER / folder).mkdir(parents=True, exist_ok=True)
    (FOLDER / "pxelinux.0").write_bytes(PROGRAM)
    (FOLDER / "boot.ipxe").write_text(SCRIPT)
    (FOLDER / "below/one.ipxe").write_text(BELOW)
    (FOLDER / "pxelinux.cfg/default").write_text(CONFIG.format(words="disk=network"))
    # Another case may be reading them: in their place at once.
    for source, name in (
        (fetch_kernel.usual("amd64") / "vmlinuz", "vmlinuz"),
        (make_final_os.initrd(), "initrd"),
    ):
        fresh = FOLDER / f"os/{name}.{threading.get_ident()}"
        shutil.copyfile(source, fresh)
        fresh.replace(FOLDER / "os" / name)
    return {}


def card(*options: str) -> tuple[str, ...]:
    """QEMU's network with these OPTIONS."""
    return "-nic", ",".join(["user", "model=virtio-net-pci", *options])


LINE = r"disk=network BOOTIF=01(-[0-9a-f]{{2}}){{6}}.*{}"
CASES = [
    Case(
        "netboot.pxelinux-tftp",
        append="uroot.timeout=1",
        files=served,
        devices=card(f"tftp={FOLDER}", "bootfile=pxelinux.0"),
        memory=1024,
        steps=final_os("", LINE),
        tags=SLOW,
    ),
    Case(
        "netboot.pxelinux-http",
        append="uroot.timeout=1",
        files=served,
        devices=card(WEB, "bootfile=http://10.0.2.100/pxelinux.0"),
        memory=1024,
        steps=final_os("", LINE),
        tags=SLOW,
    ),
    Case(
        "netboot.ipxe-http",
        append="uroot.timeout=1",
        files=served,
        devices=card(WEB, "bootfile=http://10.0.2.100/boot.ipxe"),
        memory=1024,
        steps=final_os("", LINE),
        tags=SLOW,
    ),
    Case(
        "netboot.ipv6-only",
        append="uroot.timeout=1 uroot.net=wait=5",
        files=served,
        devices=card("ipv4=off", f"tftp={FOLDER}", "bootfile=pxelinux.0"),
        memory=1024,
        steps=final_os("", LINE),
        tags=SLOW,
    ),
    Case(
        "netboot.two-cards",
        append="uroot.timeout=1",
        files=served,
        devices=(*NOBODY, *card(f"tftp={FOLDER}", "bootfile=pxelinux.0")),
        memory=1024,
        steps=final_os("", LINE),
        tags=SLOW,
    ),
]
