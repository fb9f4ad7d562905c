"""Every boot configuration that is known, looked for on one volume.

Configurations are read in a fixed order; one that was already read (through another one, or for
another volume) is not read again. The default entries of the first configuration that has any are
the defaults of the volume.
"""

from __future__ import annotations

from uroot_py.bootconfig.budget import MAX_ENTRIES
from uroot_py.bootconfig.entry import Listing
from uroot_py.bootconfig.files import GRUB, grub_files, image_files, syslinux_files
from uroot_py.bootconfig.volumes import disk_of
from uroot_py.formats.kernel.setup_header import is_linux

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from uroot_py.bootconfig.budget import Budget
    from uroot_py.bootconfig.entry import BootEntry
    from uroot_py.bootconfig.volumes import Volume, Volumes

    Reader = Callable[[Volume, Volumes, str, str], Iterator[Listing]]

_LOADER = ("/loader/entries", "/boot/loader/entries", "/EFI/Linux")
_LOADER_CONF = "/loader/loader.conf"
_CPUS = {"aarch64": "arm64", "i686": "i386"}


def scan(home: Volume, volumes: Volumes, *, platform: str = "", cpu: str = "x86_64") -> Listing:
    """What can be booted from HOME: entries, and a line for every file that was looked at.

    PLATFORM is what GRUB is told it runs on (``efi`` or ``pc``); empty: ``efi`` when a volume has
    an EFI boot loader. CPU is this machine as uname or GRUB call it. Files outside HOME are found
    through VOLUMES, where images that are opened are added. Raises nothing.
    """
    cpu = _CPUS.get(cpu, cpu)
    listing = Listing()
    volumes.budget.begin(disk_of(home))
    readers: list[Reader] = [_read_grub, _read_loader, _read_syslinux, _read_images, _read_efi]
    # Where bootctl has installed systemd-boot, GRUB's files are what is left of an older system.
    if any(volume.tree.size(_LOADER_CONF) is not None for volume in volumes.of_disk(home)):
        readers[:2] = [_read_loader, _read_grub]
    for read in readers:
        for part in read(home, volumes, platform or _platform(volumes), cpu):
            _merge(listing, part, volumes.budget)
    for entry in listing.entries:
        entry.linux = is_linux_entry(entry, home, volumes)
    if not listing.looked:
        listing.looked.append((GRUB[0], "absent, and so is all else that is looked for"))
    return listing


def _read_grub(home: Volume, volumes: Volumes, platform: str, cpu: str) -> Iterator[Listing]:
    for path in grub_files(home.tree):
        from uroot_py.bootconfig.grub import menu as grub

        part = Listing()
        if _first(home, path, volumes, part):
            part.entries = grub.read(home, path, volumes, part, platform=platform, cpu=cpu)
        yield part


def _read_loader(home: Volume, volumes: Volumes, platform: str, cpu: str) -> Iterator[Listing]:
    if any(home.tree.is_directory(folder) for folder in _LOADER):
        from uroot_py.bootconfig import loader

        part = Listing()
        part.entries = loader.read(home, volumes, part, cpu)
        yield part


def _read_syslinux(home: Volume, volumes: Volumes, platform: str, cpu: str) -> Iterator[Listing]:
    for path in syslinux_files(home.tree):
        from uroot_py.bootconfig import syslinux

        part = Listing()
        if _first(home, path, volumes, part):
            part.entries = syslinux.read(home, path, volumes, part)
        yield part


def _read_images(home: Volume, volumes: Volumes, platform: str, cpu: str) -> Iterator[Listing]:
    for path in image_files(home.tree):
        from uroot_py.bootconfig.images import read_image

        yield read_image(home, path, volumes, platform=platform, cpu=cpu)


def _read_efi(home: Volume, volumes: Volumes, platform: str, cpu: str) -> Iterator[Listing]:
    from uroot_py.bootconfig import efi

    part = Listing()
    part.entries = list(efi.loaders(home.tree))
    part.looked = [(entry.source, "a loader of another system") for entry in part.entries]
    if part.entries:
        yield part


def _first(home: Volume, path: str, volumes: Volumes, listing: Listing) -> bool:
    first = volumes.first_visit(home, path)
    if not first:
        listing.looked.append((path, "already read"))
    return first


def _platform(volumes: Volumes) -> str:
    has_loader = any(volume.tree.is_directory("/EFI/BOOT") for volume in volumes.all)
    return "efi" if has_loader else "pc"


def is_linux_entry(entry: BootEntry, home: Volume, volumes: Volumes) -> bool:
    """Whether ENTRY starts Linux, as far as the beginning of its kernel's file says otherwise."""
    kernel = entry.kernel
    if kernel is None or entry.kind != "linux":
        return not entry.kind.startswith(("multiboot", "efi"))
    tree = volumes.resolve(kernel, home.tree)
    start = kernel.part[0] if kernel.part else 0
    return tree is None or is_linux(
        lambda offset, size: tree.read(kernel.path, size, start + offset) or b""
    )


def _what(entry: BootEntry) -> tuple[object, ...]:
    """What makes two entries of different configurations the same one."""
    return entry.kernel, tuple(entry.initrds), entry.cmdline, entry.kind


def _merge(listing: Listing, part: Listing, budget: Budget) -> None:
    """Append PART without what is there already; its default counts when there is none yet."""
    known = {_what(entry) for entry in listing.entries if entry.bootable}
    new = [entry for entry in part.entries if not entry.bootable or _what(entry) not in known]
    if any(entry.default for entry in listing.entries):
        for entry in new:
            entry.default = False
    elif any(entry.default for entry in new):
        listing.timeout, listing.timeout_style = part.timeout, part.timeout_style
    listing.editable = listing.editable and part.editable
    if len(new) > budget.entries:
        part.faults.append(f"more than {MAX_ENTRIES} entries on all disks, the rest is left out")
    listing.entries += new[: budget.entries]
    budget.entries = max(budget.entries - len(new), 0)
    listing.looked += part.looked
    listing.faults += part.faults
