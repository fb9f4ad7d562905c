"""uroot_py.bootconfig.efi: programs that need a UEFI firmware, with titles for people."""

import pytest

from scripts.builders.pe import by_struct
from tests.support.bootfiles import Read
from uroot_py.bootconfig import efi
from uroot_py.bootconfig.entry import FileRef
from uroot_py.bootconfig.find import scan
from uroot_py.bootconfig.tree import MemoryTree
from uroot_py.bootconfig.volumes import Volumes

PROGRAM = by_struct([(".text", b"k")])
WINDOWS = {"/EFI/Microsoft/Boot/bootmgfw.efi": PROGRAM, "/EFI/Microsoft/Boot/BCD": b"regf"}


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/EFI/Microsoft/Boot/bootmgfw.efi", "Windows Boot Manager"),
        ("/EFI/freebsd/loader.efi", "FreeBSD"),
        ("/EFI/openbsd/BOOTX64.EFI", "OpenBSD"),
        ("/EFI/NetBSD/bootx64.efi", "NetBSD"),
        ("/EFI/VMware/mboot64.efi", "VMware ESXi"),
    ],
)
def test_loaders_of_other_systems(path, title):
    (entry,) = efi.loaders(MemoryTree({path: PROGRAM}))
    assert (entry.title, entry.kind, entry.kernel) == (title, "efi", FileRef(path))
    assert (entry.why_not, entry.attended) == (efi.NEEDS_PAYLOAD, False)


@pytest.mark.parametrize(
    ("beside", "title"),
    [
        ({}, "EFI program"),
        ({"/EFI/BOOT/safeboot64.efi": PROGRAM}, "VMware ESXi"),
        ({"/EFI/BOOT/grubx64.efi": PROGRAM}, "GRUB"),
    ],
)
def test_what_a_firmware_starts_unasked(beside, title):
    (entry,) = efi.fallback(MemoryTree({"/EFI/BOOT/BOOTX64.EFI": PROGRAM, **beside}))
    assert (entry.title, entry.attended, entry.kernel) == (title, True, FileRef(efi.FALLBACK))


def test_not_where_its_system_has_a_row():
    assert not list(efi.fallback(MemoryTree({"/EFI/BOOT/BOOTX64.EFI": PROGRAM, **WINDOWS})))


def test_a_volume_is_scanned_for_them():
    volumes = Volumes([])
    listing = scan(volumes.add(MemoryTree(WINDOWS)), volumes)
    assert [entry.title for entry in listing.entries] == ["Windows Boot Manager"]
    assert listing.looked == [
        ("/EFI/Microsoft/Boot/bootmgfw.efi", "a loader of another system"),
    ]


def test_grubs_chainloader():
    text = "menuentry Windows { chainloader /EFI/Microsoft/Boot/bootmgfw.efi }"
    (entry,) = Read(text, WINDOWS).entries
    assert (entry.title, entry.kind, entry.why_not) == ("Windows", "efi", efi.NEEDS_PAYLOAD)
    assert entry.kernel == FileRef("/EFI/Microsoft/Boot/bootmgfw.efi")


def test_grubs_chainloader_of_what_is_missing():
    (entry,) = Read("menuentry Windows { chainloader /EFI/none.efi }").entries
    assert entry.kind == "other"
