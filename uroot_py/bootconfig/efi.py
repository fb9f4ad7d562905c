"""EFI programs on a volume: loaders of other systems, and what a firmware starts unasked.

Each needs the services of a UEFI firmware, which a payload in the image is for (docs/uefi.md). The
survey takes ``NEEDS_PAYLOAD`` back where there is one.

Ref: UEFI 2.10, 3.5.1.1 "Removable Media Boot Behavior"; the paths are those that the systems' own
installers write.
"""

from __future__ import annotations

from uroot_py.bootconfig.entry import BootEntry, FileRef

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from uroot_py.bootconfig.tree import Tree

NEEDS_PAYLOAD = "an EFI program, and this image has no UEFI payload (initramfs build --efi-payload)"
FALLBACK = "/EFI/BOOT/BOOTX64.EFI"
_LOADERS = (
    ("/EFI/Microsoft/Boot/bootmgfw.efi", "Windows Boot Manager"),
    ("/EFI/freebsd/loader.efi", "FreeBSD"),
    ("/EFI/openbsd/BOOTX64.EFI", "OpenBSD"),
    ("/EFI/NetBSD/bootx64.efi", "NetBSD"),
    ("/EFI/VMware/mboot64.efi", "VMware ESXi"),
)
# Whose \\EFI\\BOOT\\BOOTX64.EFI it is, by a file that only this system has beside it.
_OWNERS = (
    ("/EFI/Microsoft/Boot/BCD", "Windows Boot Manager"),
    ("/EFI/BOOT/safeboot64.efi", "VMware ESXi"),
    ("/EFI/BOOT/mboot64.efi", "VMware ESXi"),
    ("/safeboot64.efi", "VMware ESXi"),
    ("/EFI/BOOT/grubx64.efi", "GRUB"),
    ("/EFI/systemd/systemd-bootx64.efi", "systemd-boot"),
)


def needs_payload(entry: BootEntry, ref: FileRef) -> None:
    """Make ENTRY one that starts the EFI program REF, which exists."""
    entry.kind, entry.kernel = "efi", ref
    entry.initrds, entry.modules, entry.cmdline = [], [], ""
    entry.editable, entry.linux = False, False
    entry.why_not = NEEDS_PAYLOAD


def loaders(tree: Tree) -> Iterator[BootEntry]:
    """An entry for every loader of another system that is on TREE."""
    if not tree.is_directory("/EFI"):
        return
    for path, title in _LOADERS:
        if tree.size(path):
            yield _entry(path, title)


def fallback(tree: Tree) -> Iterator[BootEntry]:
    """What a firmware starts when it knows nothing else of the disk; a person chooses it."""
    if any(True for _ in loaders(tree)) or not tree.size(FALLBACK):
        return
    owner = next((title for path, title in _OWNERS if tree.size(path) is not None), "EFI program")
    entry = _entry(FALLBACK, owner)
    entry.attended = True
    entry.notes.append(
        "no configuration names it: a firmware starts it where nothing else is known"
    )
    yield entry


def _entry(path: str, title: str) -> BootEntry:
    entry = BootEntry(f"efi:{path}", title, source=path)
    needs_payload(entry, FileRef(path))
    return entry
