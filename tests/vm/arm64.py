"""arm64: a machine with a device tree, one with ACPI; the next kernel by kexec_load alone.

Debian's arm64 kernel has no kexec_file_load, so every start here is a plan of ours.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import subprocess
from typing import TYPE_CHECKING, Any

from scripts import fetch_kernel, make_final_os
from scripts.disks import forms
from scripts.tools import BUILD
from scripts.vmtest.case import Case, End, Expect, Prompt, Run, Send
from tests.vm import kexec_same, memmap, shell

if TYPE_CHECKING:
    from scripts.vmtest.case import Session, Step
    from scripts.vmtest.image import Files

FLAVOUR = "cloud-arm64"
MEMORY = 512
# Debian's QEMU_EFI.fd gives the kernel ACPI tables and no device tree but the EFI stub's own.
EFI = ("-bios", "/usr/share/qemu-efi-aarch64/QEMU_EFI.fd")
HELD = (*memmap.HELD, "Reserved")
LINE = "console=ttyAMA0 marker=arm64"


def ram(source: dict[str, Any], *kinds: str) -> list[tuple[int, int]]:
    """The ranges of RAM and KINDS, those that touch made one."""
    found: list[tuple[int, int]] = []
    for each in sorted(source["ranges"], key=lambda each: int(each["start"])):
        if each["type"] in ("System RAM", *kinds):
            start, end = each["start"], each["end"]
            if found and start <= found[-1][1]:
                start, end = found[-1][0], max(end, found.pop()[1])
            found.append((start, end))
    return found


def sources(session: Session) -> dict[str, dict[str, Any]]:
    """What ``memmap --json`` says of each source that there is."""
    output = session.run("memmap --json", limit=60)
    shown = json.loads(output[output.index("{") : output.rindex("}") + 1])
    return {each["name"]: each for each in shown["sources"] if each["state"] == "ok"}


def sources_agree(session: Session) -> None:
    """iomem, memblock and the device tree have the same RAM."""
    session.run("mount -t debugfs debugfs /sys/kernel/debug")
    found = sources(session)
    if set(found) != {"fdt", "iomem", "memblock"}:
        session.fail(f"sources: {sorted(found)}")
    maps = {name: ram(source, *HELD) for name, source in found.items()}
    expected = [(0x40000000, 0x40000000 + (MEMORY << 20))]
    wrong = [f"{name}: {pieces}" for name, pieces in maps.items() if pieces != expected]
    if wrong:
        session.fail("; ".join(wrong))


def live_tree(session: Session) -> bytes:
    """The device tree that the guest's kernel was started with, brought here over the line."""
    text = session.run("gzip -c /sys/firmware/fdt | hexdump -Cv", limit=60)
    rows = re.findall(r"^[0-9a-f]{8} ((?: +[0-9a-f]{2})+)", text, re.MULTILINE)
    blob = gzip.decompress(bytes.fromhex("".join(rows)))
    digest = hashlib.sha256(blob).hexdigest()
    if digest not in session.run("sha256sum /sys/firmware/fdt"):
        session.fail("the tree did not come over the line unchanged")
    return blob


def dumps_are_dtcs(session: Session) -> None:
    """``fdtdump`` in the guest prints of the live tree what Debian's dtc prints here."""
    blob = live_tree(session)
    words = ["dtc", "-q", "-I", "dtb", "-O", "dts"]
    expected = subprocess.run(
        words, input=blob, capture_output=True, check=True, timeout=300
    ).stdout
    found = session.run("fdtdump -O dts | sha256sum", limit=60)
    if hashlib.sha256(expected).hexdigest() not in found:
        session.fail(f"fdtdump -O dts: {found!r} is not the digest of dtc's text")


def files() -> Files:
    """A second kernel, and the initrd that proves what it got."""
    return {
        "/srv/vmlinuz": fetch_kernel.fetch(FLAVOUR) / "vmlinuz",
        "/srv/initrd": make_final_os.initrd("arm64"),
    }


def final_os(line: str, *, fdt: tuple[str, ...] = (), flavour: str = FLAVOUR) -> tuple[Step, ...]:
    """The second kernel got LINE and its whole initrd; patterns of FDT are in what it says."""
    # It wipes the seeds from the tree; that there was one for its address arm64's says at once.
    seed = (Expect("KASLR enabled", limit=60, name="its seed"),) if flavour == FLAVOUR else ()
    return (
        *seed,
        Expect(f"^{make_final_os.UP}$", limit=150, name="to the second kernel's init"),
        Expect(rf"^kernel: \S+-{flavour}$", name="its release"),
        Expect(rf"^cmdline: {re.escape(line)}$", name="its cmdline"),
        Expect(f"^payload: {re.escape(make_final_os.PAYLOAD_SHA256)}", name="its initrd"),
        *(Expect(f"^fdt: {pattern}", name=f"its {pattern[:24]}") for pattern in fdt),
        Expect(f"^{make_final_os.DONE}$", name="its end"),
        End(),
    )


def booted(disk: str, given: tuple[str, ...]) -> tuple[Step, ...]:
    """The final OS of DISK, with its initrd, the command line of its configuration, and GIVEN."""
    return (
        Expect(rf"^cmdline: .*root=UUID=\S+ ro .*disk={disk}\b", limit=300, name="its cmdline"),
        Expect(f"^payload: {re.escape(make_final_os.PAYLOAD_SHA256)}", name="its initrd"),
        *(Expect(f"^(fdt|firmware): {each}", name=f"its {each[:24]}") for each in given),
        Expect(f"^{make_final_os.DONE}$", name="its end"),
        End(),
    )


def hexed(text: str) -> str:
    """TEXT as the final OS shows a property."""
    return f"{text}\0".encode().hex()


# In the order of their names, as the final OS prints them.
CHOSEN = (
    rf"chosen/bootargs = {hexed(LINE)}$",
    r"chosen/kaslr-seed = ",
    r"chosen/linux,initrd-end = [0-9a-f]{16}$",
    r"chosen/linux,initrd-start = [0-9a-f]{16}$",
    r"chosen/stdout-path = ",
)

# QEMU's own tree has no model; those of the disks do.
ON_DISK = (
    rf"model = {hexed(forms.MODEL)}$",
    *CHOSEN[1:4],
    rf"chosen/overlaid = {hexed('by the disk')}$",
)
SLOW = frozenset({"slow"})
APPEND = "console=ttyAMA0 quiet norandmaps uroot.shell"
# The built image as a disk, for systems that are started with it again.
IMAGE = ("-drive", f"file={BUILD}/initramfs-arm64.cpio.zst,format=raw,if=virtio,snapshot=on")
READY = (
    Run("mkdir -p /mnt; mount -r /dev/vda1 /mnt; dd if=/dev/vdb of=/tmp/image bs=1M", limit=60),
)
AGAIN = f"--initrd /tmp/image --append '{APPEND}'"


def again(load: str, *shows: str) -> tuple[Step, ...]:
    """Load what LOAD says and start it; it comes to our shell again."""
    return (
        Run(load, shows, limit=150),
        Send("kexec -e\r"),
        Prompt(limit=200, name=f"{load.partition(' --')[0]} to the prompt"),
    )


def efi_alone(session: Session) -> None:
    """The only device tree is the EFI stub's: /chosen; the memory map comes from the kernel."""
    found = sources(session)
    if set(found) != {"fdt", "iomem", "memblock"} or found["fdt"]["ranges"]:
        session.fail(f"sources: {sorted(found)}, {found.get('fdt')}")
    if ram(found["iomem"], *HELD) != ram(found["memblock"], *HELD):
        session.fail(f"{found['iomem']} is not {found['memblock']}")
    text = session.run("fdtdump -O dts")
    if not re.search(r"linux,uefi-system-table = <", text) or "memory@" in text:
        session.fail(f"the device tree: {text!r}")


# The next kernel, too, has ACPI's tables and, through EFI, where they are.
FIRMWARE = ("acpi/tables/APIC [0-9a-f]{64}", "efi/systab [0-9a-f]{64}")

CASES = [
    Case(
        "arm64.devicetree",
        kernel=FLAVOUR,
        append="uroot.shell",
        memory=MEMORY,
        files=files,
        devices=("-cpu", "cortex-a57"),
        steps=[
            Prompt(limit=150),
            sources_agree,
            dumps_are_dtcs,
            Run(f"kexec -l /srv/vmlinuz --initrd /srv/initrd --append '{LINE}'", limit=90),
            Send("kexec -e\r"),
            *final_os(LINE, fdt=CHOSEN),
        ],
    ),
    Case(
        "arm64.acpi",
        kernel=FLAVOUR,
        append="uroot.shell",
        memory=768,
        cpus=2,
        devices=EFI,
        disks=("arm64-grub",),
        steps=[
            Prompt(limit=240),
            efi_alone,
            dumps_are_dtcs,
            Send("boot\r"),
            *booted("arm64-grub", FIRMWARE),
        ],
    ),
    Case(
        "arm64.applets",
        kernel=FLAVOUR,
        append="uroot.shell",
        tags=SLOW,
        steps=[Prompt(limit=150), *shell.WORK, *shell.helps(), Send("poweroff\r"), End()],
    ),
    Case(
        "arm64.extlinux",
        kernel=FLAVOUR,
        append="uroot.timeout=1",
        memory=MEMORY,
        disks=("arm64-extlinux",),
        tags=SLOW,
        steps=booted("arm64-extlinux", ON_DISK),
    ),
    Case(
        "arm64.forms",
        kernel=FLAVOUR,
        append="uroot.shell",
        memory=MEMORY,
        disks=("arm64-forms",),
        devices=IMAGE,
        tags=SLOW,
        steps=[
            Prompt(limit=150),
            *READY,
            *again(f"kexec -l /mnt/zboot {AGAIN}"),
            *READY,
            *again(f"kexec -l /mnt/Image.gz --dtb /mnt/machine.dtb {AGAIN}"),
            Run("cat /proc/device-tree/model", forms.MODEL),
            *READY,
            Run("kexec -l /mnt/uki.efi", limit=150),
            Send("kexec -e\r"),
            *final_os(forms.UKI_LINE, fdt=ON_DISK[:-1]),
        ],
    ),
    Case(
        "arm64.fit",
        kernel=FLAVOUR,
        append="uroot.shell",
        memory=MEMORY,
        disks=("arm64-forms",),
        devices=IMAGE,
        tags=SLOW,
        steps=[
            Prompt(limit=150),
            *READY,
            Run("kexec -l /mnt/fit/image.itb#none", "one of plain, full", status=1, limit=60),
            *again(f"kexec -d -l /mnt/fit/image.itb {AGAIN}", "configuration plain, the default"),
            Run("cat /proc/device-tree/model", "linux,dummy-virt"),
            *READY,
            Run(
                f"kexec -d -l /mnt/fit/image.itb#full --append '{LINE}'",
                ("configuration full, as asked", "memory as the running device tree has it"),
                limit=150,
            ),
            Send("kexec -e\r"),
            *final_os(LINE, fdt=ON_DISK),
        ],
    ),
    Case(
        "arm64.workshop-fit",
        kernel=FLAVOUR,
        append="uroot.shell",
        memory=MEMORY,
        disks=("arm64-forms",),
        devices=IMAGE,
        tags=SLOW,
        steps=[
            Prompt(limit=150),
            *READY,
            Run(
                f"kexec -d -l /mnt/fit/workshop.itb --append '{LINE}'",
                "configuration machine, this machine is a linux,dummy-virt",
                limit=150,
            ),
            Send("kexec -e\r"),
            *final_os(LINE, fdt=ON_DISK[:-1]),
        ],
    ),
    kexec_same.crashes("arm64.crash", "", "arm64"),
]
