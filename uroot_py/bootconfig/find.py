"""Every boot configuration that is known, looked for on one volume.

Configurations are read in a fixed order; one that was already read (through another one, or for
another volume) is not read again. The default entries of the first configuration that has any are
the defaults of the volume.
"""

from __future__ import annotations

from uroot_py.base.text import printable
from uroot_py.bootconfig.entry import Listing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from uroot_py.bootconfig.entry import BootEntry
    from uroot_py.bootconfig.tree import Tree
    from uroot_py.bootconfig.volumes import Volume, Volumes

    Reader = Callable[[Volume, Volumes, str, str], Iterator[Listing]]

# Subvolumes that installers put the root file system into; GRUB's paths start at the top.
_SUBVOLUMES = ("", "/@", "/@rootfs", "/root")
_GRUB = ("/boot/grub/grub.cfg", "/boot/grub2/grub.cfg", "/grub/grub.cfg", "/grub2/grub.cfg")
_LOADER = ("/loader/entries", "/boot/loader/entries", "/EFI/Linux")
_LOADER_CONF = "/loader/loader.conf"
_SYSLINUX = ("isolinux", "syslinux", "extlinux")
_SYSLINUX_NAMES = ("isolinux.cfg", "extlinux.conf", "syslinux.cfg")
_IMAGES = ("", "/boot", "/iso", "/isos", "/ISO", "/boot/iso", "/boot/isos", "/boot-isos", "/images")
_LOOPBACK = ("/boot/grub/loopback.cfg", "/boot/grub2/loopback.cfg", "/grub/loopback.cfg")
_CPUS = {"aarch64": "arm64", "i686": "i386"}
MAX_IMAGES = 32


def scan(home: Volume, volumes: Volumes, *, platform: str = "", cpu: str = "x86_64") -> Listing:
    """What can be booted from HOME: entries, and a line for every file that was looked at.

    PLATFORM is what GRUB is told it runs on (``efi`` or ``pc``); empty: ``efi`` when a volume has
    an EFI boot loader. CPU is this machine as uname or GRUB call it. Files outside HOME are found
    through VOLUMES, where images that are opened are added. Raises nothing.
    """
    cpu = _CPUS.get(cpu, cpu)
    listing = Listing()
    readers: list[Reader] = [_read_grub, _read_loader, _read_syslinux, _read_images]
    # Where bootctl has installed systemd-boot, GRUB's files are what is left of an older system.
    if any(volume.tree.size(_LOADER_CONF) is not None for volume in volumes.of_disk(home)):
        readers[:2] = [_read_loader, _read_grub]
    for read in readers:
        for part in read(home, volumes, platform or _platform(volumes), cpu):
            _merge(listing, part)
    if not listing.looked:
        listing.looked.append((_GRUB[0], "absent, and so is all else that is looked for"))
    return listing


def _read_grub(home: Volume, volumes: Volumes, platform: str, cpu: str) -> Iterator[Listing]:
    for path in _grub_files(home.tree):
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
    for path in _syslinux_files(home.tree):
        from uroot_py.bootconfig import syslinux

        part = Listing()
        if _first(home, path, volumes, part):
            part.entries = syslinux.read(home, path, volumes, part)
        yield part


def _read_images(home: Volume, volumes: Volumes, platform: str, cpu: str) -> Iterator[Listing]:
    for path in _image_files(home.tree):
        yield _read_image(home, path, volumes, platform, cpu)


def _first(home: Volume, path: str, volumes: Volumes, listing: Listing) -> bool:
    first = volumes.first_visit(home, path)
    if not first:
        listing.looked.append((path, "already read"))
    return first


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


def _syslinux_files(tree: Tree) -> list[str]:
    folders = [f"{above}/{name}" for name in _SYSLINUX for above in ("/boot", "", "/EFI")]
    paths = [f"{folder}/{name}" for folder in [*folders, "", "/boot"] for name in _SYSLINUX_NAMES]
    return [path for path in paths if tree.size(path) is not None]


def _image_files(tree: Tree) -> list[str]:
    paths = [f"{folder}/{name}" for folder in _IMAGES for name in tree.names(folder or "/")]
    return [path for path in paths if path.lower().endswith(".iso")][:MAX_IMAGES]


def _read_image(home: Volume, path: str, volumes: Volumes, platform: str, cpu: str) -> Listing:
    """What an ISO image offers to those who boot it from a file: its loopback.cfg.

    Ref: GRUB's convention for loopback.cfg, https://supergrubdisk.org/wiki/Loopback.cfg.
    """
    from uroot_py.bootconfig.grub import menu as grub

    part = Listing()
    image = volumes.image(home, path)
    if image is None:
        part.looked.append((path, "cannot be looked into"))
        return part
    config = next((name for name in _LOOPBACK if image.tree.size(name) is not None), "")
    if not config:
        part.looked.append((path, f"has no {_LOOPBACK[0]}, which would tell it where it is"))
        return part
    part.entries = grub.read(
        image, config, volumes, part, platform=platform, cpu=cpu, exported={"iso_path": path}
    )
    part.looked = [(f"({path}){name}", what) for name, what in part.looked]
    name = path.rpartition("/")[2]
    for entry in part.entries:
        entry.move(image.device)
        entry.id = f"{name}:{entry.id}"
        entry.parents = (printable(name), *entry.parents)
        entry.default = False
    return part


def _what(entry: BootEntry) -> tuple[object, ...]:
    """What makes two entries of different configurations the same one."""
    return entry.kernel, tuple(entry.initrds), entry.cmdline, entry.kind


def _merge(listing: Listing, part: Listing) -> None:
    """Append PART without what is there already; its default counts when there is none yet."""
    known = {_what(entry) for entry in listing.entries if entry.bootable}
    new = [entry for entry in part.entries if not entry.bootable or _what(entry) not in known]
    if any(entry.default for entry in listing.entries):
        for entry in new:
            entry.default = False
    elif any(entry.default for entry in new):
        listing.timeout, listing.timeout_style = part.timeout, part.timeout_style
    listing.editable = listing.editable and part.editable
    listing.entries += new
    listing.looked += part.looked
    listing.faults += part.faults
