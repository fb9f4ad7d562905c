"""What an ISO image that is a file on a disk offers.

GRUB's convention for it is loopback.cfg; an image without one is read as the CD it is. The next
kernel has to find the image again: where its configuration does not name it, the words are added
that the image's own initrd understands.

Ref: https://supergrubdisk.org/wiki/Loopback.cfg; dracut.cmdline(7) "iso-scan/filename";
live-boot(7) "findiso"; casper(7) "iso-scan/filename"; archiso's README.bootparams "img_loop".
"""

from __future__ import annotations

from uroot_py.base.text import printable
from uroot_py.bootconfig.entry import Listing
from uroot_py.bootconfig.files import grub_files, syslinux_files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.bootconfig.entry import BootEntry
    from uroot_py.bootconfig.tree import Tree
    from uroot_py.bootconfig.volumes import Volume, Volumes

_LOOPBACK = ("/boot/grub/loopback.cfg", "/boot/grub2/loopback.cfg", "/grub/loopback.cfg")
# A directory of the image -> what its initrd looks for. dracut's is known by Fedora's directories.
_FINDERS = (
    ("/casper", "iso-scan/filename={path}"),
    ("/live", "findiso={path}"),
    ("/arch", "img_dev=/dev/disk/by-uuid/{uuid} img_loop={path}"),
    ("/LiveOS", "iso-scan/filename={path}"),
    ("/images/pxeboot", "iso-scan/filename={path}"),
)


def read_image(home: Volume, path: str, volumes: Volumes, *, platform: str, cpu: str) -> Listing:
    """The entries of the image file PATH on HOME, below a menu with its name; never a default."""
    part = Listing()
    image = volumes.image(home, path)
    if image is None:
        part.looked.append((path, "cannot be looked into"))
        return part
    _read(image, path, volumes, part, platform, cpu)
    if not part.looked:
        part.looked.append((path, "has no configuration of GRUB or isolinux"))
        return part
    part.looked = [(f"({path}){name}", what) for name, what in part.looked]
    name = path.rpartition("/")[2]
    for entry in part.entries:
        _tell_where(entry, home.tree, image.tree, path)
        entry.move(image.device)
        entry.id = f"{name}:{entry.id}"
        entry.parents = (printable(name), *entry.parents)
        entry.default = False
    return part


def _read(
    image: Volume, path: str, volumes: Volumes, part: Listing, platform: str, cpu: str
) -> None:
    """Fill PART from the first configuration of IMAGE that there is."""
    from uroot_py.bootconfig import syslinux
    from uroot_py.bootconfig.grub import menu as grub

    tree = image.tree
    configs = [name for name in _LOOPBACK if tree.size(name) is not None] or [*grub_files(tree)]
    if configs:
        where = {"iso_path": path}
        part.entries = grub.read(
            image, configs[0], volumes, part, platform=platform, cpu=cpu, exported=where
        )
    else:
        for config in syslinux_files(tree)[:1]:
            part.entries = syslinux.read(image, config, volumes, part)


def _tell_where(entry: BootEntry, home: Tree, image: Tree, path: str) -> None:
    """Add to the command line what the image's initrd needs to find the file PATH again."""
    words = entry.cmdline.split(" ")
    if entry.kind != "linux" or any(path in word for word in words):
        return
    more = next((more for folder, more in _FINDERS if image.is_directory(folder)), "")
    if not more or ("{uuid}" in more and not home.uuid):
        return
    more = more.format(path=path, uuid=home.uuid)
    names = [word.partition("=")[0] for word in more.split(" ")]
    kept = [word for word in words if word.partition("=")[0] not in names]
    entry.cmdline = " ".join([*kept, more]).lstrip()
    entry.notes.append(f"added, so that its initrd finds the image: {printable(more)}")
