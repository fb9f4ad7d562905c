"""Disks that come after `boot` has looked, and that go: QEMU attaches them while it waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from initramfs import build
from scripts import fetch_kernel
from scripts.tools import BUILD
from scripts.vmtest.case import Case, Expect, Plug, Prompt, Run, Send, Unplug
from tests.vm.boot import final_os

if TYPE_CHECKING:
    from pathlib import Path

SLOW = frozenset({"slow"})
SCSI = ("-device", "virtio-scsi-pci,id=scsi0")
XHCI = ("-device", "qemu-xhci,id=xhci")
STICK = ("-device", "usb-storage,bus=xhci.0,drive=later0")
MENU = Expect("starts in [0-9]+ s; any key", limit=120, name="menu")


def with_usb(folder: Path) -> Path:
    """An image with the drivers for sticks, of the kernel that has them."""
    target = folder / "usb.cpio.zst"
    kernel = fetch_kernel.fetch("amd64")
    options = build.Options(target, work=BUILD, modules_dir=kernel / "modules")
    options.modules = ["xhci_pci", "usb_storage", "sd_mod", "ext4", "virtio_pci", "virtio_blk"]
    build.build(options)
    return target


def waits(seconds: int, of: str = "") -> Expect:
    """The clock shows that it has waited so long."""
    pattern = f"waiting for disks: {seconds} s{of}; Enter looks again, s gives a shell"
    return Expect(pattern, limit=120, name=f"{seconds} s without a disk")


CASES = [
    Case(
        "hotplug.virtio-blk",
        append="uroot.timeout=1 uroot.wait=forever",
        later=("grub-ext4",),
        steps=[waits(8), Plug("virtio-blk-pci"), *final_os("grub-ext4")],
        tags=SLOW,
    ),
    Case(
        "hotplug.virtio-scsi",
        append="uroot.timeout=1",
        devices=SCSI,
        later=("grub-ext4",),
        steps=[waits(8, " of 30"), Plug("scsi-hd", "scsi0.0"), *final_os("grub-ext4")],
        tags=SLOW,
    ),
    Case(
        # The first disk has a default; the named one is still coming.
        "hotplug.named",
        append="uroot.timeout=1 uroot.disk=/dev/vdb uroot.wait=60",
        disks=("systemd-boot",),
        later=("grub-ext4",),
        steps=[
            Expect(r"waiting for uroot.disk=/dev/vdb: 3 s of 60; Enter shows the menu", limit=120),
            Plug("virtio-blk-pci"),
            *final_os("grub-ext4"),
        ],
        tags=SLOW,
    ),
    Case(
        "hotplug.goes",
        append="uroot.timeout=600",
        disks=("systemd-boot",),
        later=("grub-ext4",),
        steps=[
            MENU,
            Plug("virtio-blk-pci"),
            Expect("Advanced options for Debian GNU/Linux ->", limit=60, name="its rows"),
            Send("\x1b[F", name="marks the last row"),
            Expect("> *[0-9]+ +Advanced options", limit=60, name="it is marked"),
            Unplug(),
            Expect("is gone\\.", limit=60, name="its rows go"),
            Send("s"),
            Prompt(),
            Run("grep -c vdb /proc/mounts", shows="^0$", status=1),
        ],
        tags=SLOW,
    ),
    Case(
        "hotplug.while-loading",
        append="uroot.timeout=600",
        disks=("grub-ext4",),
        later=("systemd-boot",),
        steps=[MENU, Send("\r"), Plug("virtio-blk-pci"), *final_os("grub-ext4")],
        tags=SLOW,
    ),
    Case(
        # The only medium is a stick, which is found while the drivers are loaded, or later.
        "hotplug.stick",
        append="uroot.timeout=1",
        kernel="amd64",
        image=with_usb,
        devices=(*XHCI, *STICK),
        later=("grub-ext4",),
        steps=final_os("grub-ext4"),
        times=10,
        tags=SLOW,
    ),
    Case(
        "hotplug.usb-storage",
        append="uroot.timeout=1 uroot.wait=forever",
        kernel="amd64",
        image=with_usb,
        devices=XHCI,
        later=("grub-ext4",),
        steps=[waits(8), Plug("usb-storage", "xhci.0"), *final_os("grub-ext4")],
        tags=SLOW,
    ),
]
