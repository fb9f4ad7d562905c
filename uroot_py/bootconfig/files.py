"""Where boot configurations are looked for on a file system."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from uroot_py.bootconfig.tree import Tree

# Subvolumes that installers put the root file system into; GRUB's paths start at the top.
SUBVOLUMES = ("", "/@", "/@rootfs", "/root")
GRUB = ("/boot/grub/grub.cfg", "/boot/grub2/grub.cfg", "/grub/grub.cfg", "/grub2/grub.cfg")
# One at the top is what other configurations source; alone it is a stick's own. Flatcar's GRUB has
# its configuration in itself, and leaves this copy.
_LAST = ("/grub.cfg", "/flatcar/grub/grub.cfg.tar", "/coreos/grub/grub.cfg.tar")
_SYSLINUX = ("isolinux", "syslinux", "extlinux")
_SYSLINUX_NAMES = ("isolinux.cfg", "extlinux.conf", "syslinux.cfg")
_IMAGES = ("", "/boot", "/iso", "/isos", "/ISO", "/boot/iso", "/boot/isos", "/boot-isos", "/images")
MAX_IMAGES = 32


def grub_files(tree: Tree) -> Iterator[str]:
    """GRUB's configurations on TREE, in the order in which they are read."""
    for subvolume in SUBVOLUMES:
        if not subvolume or tree.is_directory(subvolume):
            for path in GRUB:
                if tree.size(subvolume + path) is not None:
                    yield subvolume + path
    for name in tree.names("/EFI")[:50]:
        if tree.size(f"/EFI/{name}/grub.cfg") is not None:
            yield f"/EFI/{name}/grub.cfg"
    for path in _LAST:
        if tree.size(path) is not None:
            yield path


def syslinux_files(tree: Tree) -> list[str]:
    """Those of syslinux, isolinux, extlinux and U-Boot."""
    folders = [f"{above}/{name}" for name in _SYSLINUX for above in ("/boot", "", "/EFI")]
    paths = [f"{folder}/{name}" for folder in [*folders, "", "/boot"] for name in _SYSLINUX_NAMES]
    return [path for path in paths if tree.size(path) is not None]


def image_files(tree: Tree) -> list[str]:
    """The ISO images on TREE, at most ``MAX_IMAGES``."""
    paths = [f"{folder}/{name}" for folder in _IMAGES for name in tree.names(folder or "/")]
    return [path for path in paths if path.lower().endswith(".iso")][:MAX_IMAGES]
