"""Fedora's way: a stub on the ESP, blscfg, variables in entries, saved entries."""

from pathlib import Path

from tests.support.bootfiles import DATA, volume
from uroot_py.bootconfig.entry import FileRef
from uroot_py.bootconfig.find import scan
from uroot_py.bootconfig.grub import envblock
from uroot_py.bootconfig.tree import MemoryTree
from uroot_py.bootconfig.volumes import Volumes

UUID = "77777777-aaaa-bbbb-cccc-dddddddddddd"
MACHINE = "0123456789abcdef0123456789abcdef"
OLD, NEW, RESCUE = (
    f"{MACHINE}-{version}"
    for version in ("6.5.6-300.fc39.x86_64", "6.11.4-301.fc41.x86_64", "0-rescue")
)
NO_OPTIONS = "$kernelopts is not set in any grubenv of the volume"
ROOT = "root=UUID=88888888-aaaa-bbbb-cccc-dddddddddddd ro"


def machine(**variables):
    """The ESP and the boot partition."""
    files: dict[str, bytes | str] = {"/grub2/grub.cfg": (DATA / "fedora" / "grub.cfg").read_bytes()}
    for path in Path(DATA / "fedora").glob("*.conf"):
        files[f"/loader/entries/{path.name}"] = path.read_bytes()
    for version in ("6.5.6-300.fc39.x86_64", "6.11.4-301.fc41.x86_64", f"0-rescue-{MACHINE}"):
        files[f"/vmlinuz-{version}"] = files[f"/initramfs-{version}.img"] = b"x"
    if variables:
        files["/grub2/grubenv"] = envblock.build(b"", variables)
    stub = (DATA / "fedora" / "esp-grub.cfg").read_bytes()
    esp = volume({"/EFI/fedora/grub.cfg": stub, "/EFI/BOOT/BOOTX64.EFI": "x"}, "hd0,gpt1")
    return esp, volume(files, "hd0,gpt2", uuid=UUID)


def test_the_boot_partition_alone():
    _, boot = machine()
    listing = scan(boot, Volumes([boot]))
    assert [entry.id for entry in listing.entries] == [NEW, OLD, RESCUE]
    first, second, rescue = listing.entries
    assert (first.default, first.bootable) == (True, True)
    assert first.kernel == FileRef("/vmlinuz-6.11.4-301.fc41.x86_64")
    assert first.initrds == [FileRef("/initramfs-6.11.4-301.fc41.x86_64.img")]
    assert first.cmdline.split() == [*ROOT.split(), "rootflags=subvol=root", "rhgb", "quiet"]
    assert second.cmdline == first.cmdline
    assert rescue.cmdline == f"{ROOT} rhgb quiet"
    assert (listing.timeout, listing.timeout_style) == (5, "menu")


def test_saved_entry_and_kernel_options():
    _, boot = machine(saved_entry=OLD, kernelopts="root=/dev/sda1 x")
    listing = scan(boot, Volumes([boot]))
    assert [entry.default for entry in listing.entries] == [False, True, False]
    assert listing.entries[0].cmdline.strip() == "root=/dev/sda1 x"


def test_a_menu_hidden_after_a_good_boot():
    _, boot = machine(menu_auto_hide="1", boot_success="1")
    listing = scan(boot, Volumes([boot]))
    assert (listing.timeout, listing.timeout_style) == (1, "hidden")


def test_the_stub_leads_there_and_nothing_is_listed_twice():
    esp, boot = machine(saved_entry=OLD)
    volumes = Volumes([esp, boot])
    first, second = scan(esp, volumes), scan(boot, volumes)
    assert [(entry.id, entry.default) for entry in first.entries] == [
        (NEW, False),
        (OLD, True),
        (RESCUE, False),
        ("uefi-firmware", False),
    ]
    assert first.entries[0].kernel == FileRef("/vmlinuz-6.11.4-301.fc41.x86_64", "device=hd0,gpt2")
    assert first.entries[3].why_not == "fwsetup: GRUB is left here, nothing is started"
    assert second.entries == []
    assert ("/grub2/grub.cfg", "already read") in second.looked
    # The same machine with the partitions in another order.
    esp, boot = machine(saved_entry=OLD)
    volumes = Volumes([boot, esp])
    assert len(scan(boot, volumes).entries) == 4
    assert scan(esp, volumes).entries == []


def test_entries_are_found_without_grub():
    _, boot = machine()
    tree = boot.tree
    assert isinstance(tree, MemoryTree)
    del tree.files["/grub2/grub.cfg"]
    listing = scan(boot, Volumes([boot]))
    assert [entry.id for entry in listing.entries] == [f"{n}.conf" for n in (NEW, OLD, RESCUE)]
    assert [entry.why_not for entry in listing.entries] == [NO_OPTIONS, NO_OPTIONS, ""]
    tree.files["/grub2/grubenv"] = envblock.build(b"", {"kernelopts": "root=/dev/sda1"})
    listing = scan(boot, Volumes([boot]))
    assert [(e.cmdline.strip(), e.why_not) for e in listing.entries[:2]] == [
        ("root=/dev/sda1", ""),
        ("root=/dev/sda1", ""),
    ]
