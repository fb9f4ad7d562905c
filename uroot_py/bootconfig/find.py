"""Every boot configuration that is known, looked for on one volume.

Configurations are read in a fixed order; one that was already read (through another one, or for
another volume) is not read again. The default entries of the first configuration that has any are
the defaults of the volume.
"""

from __future__ import annotations

from uroot_py.bootconfig import loader
from uroot_py.bootconfig.entry import Listing
from uroot_py.bootconfig.grub import menu as grub

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from uroot_py.bootconfig.tree import Tree
    from uroot_py.bootconfig.volumes import Volume, Volumes

# Subvolumes that installers put the root file system into; GRUB's paths start at the top.
_SUBVOLUMES = ("", "/@", "/@rootfs", "/root")
_GRUB = ("/boot/grub/grub.cfg", "/boot/grub2/grub.cfg", "/grub/grub.cfg", "/grub2/grub.cfg")


def scan(home: Volume, volumes: Volumes, *, platform: str = "", cpu: str = "x86_64") -> Listing:
    """What can be booted from HOME: entries, and a line for every file that was looked at.

    PLATFORM is what GRUB is told it runs on (``efi`` or ``pc``); empty: ``efi`` when a volume has
    an EFI boot loader. Files outside HOME are found through VOLUMES. Raises nothing.
    """
    listing = Listing()
    platform = platform or _platform(volumes)

    def read_grub() -> None:
        for path in _grub_files(home.tree):
            if not volumes.first_visit(home, path):
                listing.looked.append((path, "already read"))
                continue
            part = Listing()
            part.entries = grub.read(home, path, volumes, part, platform=platform, cpu=cpu)
            _merge(listing, part)

    def read_loader() -> None:
        part = Listing()
        part.entries = loader.read(home, volumes, part, cpu)
        _merge(listing, part)

    # Where bootctl has installed systemd-boot, GRUB's files are what is left of an older system.
    readers = [read_grub, read_loader]
    if any(v.tree.size(loader.CONF) is not None for v in loader.group(home, volumes)):
        readers.reverse()
    for read in readers:
        read()
    if not listing.looked:
        listing.looked.append((_GRUB[0], "absent, and so is all else that is looked for"))
    return listing


def _platform(volumes: Volumes) -> str:
    has_loader = any(volume.tree.is_directory("/EFI/BOOT") for volume in volumes.all)
    return "efi" if has_loader else "pc"


def _grub_files(tree: Tree) -> Iterator[str]:
    for subvolume in _SUBVOLUMES:
        if not subvolume or tree.is_directory(subvolume):
            for path in _GRUB:
                if tree.size(subvolume + path) is not None:
                    yield subvolume + path
    for name in tree.names("/EFI")[:50]:
        if tree.size(f"/EFI/{name}/grub.cfg") is not None:
            yield f"/EFI/{name}/grub.cfg"


def _merge(listing: Listing, part: Listing) -> None:
    """Append PART; its default and timeout count only when there is no default yet."""
    if any(entry.default for entry in listing.entries):
        for entry in part.entries:
            entry.default = False
    elif any(entry.default for entry in part.entries):
        listing.timeout, listing.timeout_style = part.timeout, part.timeout_style
    listing.editable = listing.editable and part.editable
    listing.entries += part.entries
    listing.looked += part.looked
    listing.faults += part.faults
