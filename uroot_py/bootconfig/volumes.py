"""Which file system a configuration means: volumes and the words that name them.

A matcher is what ``FileRef.volume`` holds: ``uuid=``, ``label=``, ``partuuid=``, ``partlabel=``,
``file=`` and ``device=``; the empty matcher means the volume that the configuration was read from.
"""

from __future__ import annotations

from uroot_py.bootconfig.budget import Budget
from uroot_py.bootconfig.tree import normalise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from uroot_py.bootconfig.entry import FileRef
    from uroot_py.bootconfig.tree import Tree

    OpenImage = Callable[["Volume", str], Tree | None]
    OpenDevice = Callable[[str], Tree | None]


class Volume:
    """A tree and the name that GRUB would have for its device: ``hd0,gpt2``, ``hd1``, ``loop``.

    ``name`` is what people call it, such as ``/dev/sda2``. ``parttype`` and ``attributes`` are
    those of its GPT partition, '' and 0 without one. ``read_raw(offset, size)`` gives bytes of the
    device itself, None where that cannot be read. ``aliases`` are other names that GRUB has for
    the device: ``mduuid/...``, ``lvmid/...``.
    """

    __slots__ = ("aliases", "attributes", "device", "name", "parttype", "read_raw", "tree")

    def __init__(self, tree: Tree, device: str = "", name: str = "") -> None:
        self.tree = tree
        self.device = device
        self.name = name or device
        self.aliases: list[str] = []
        self.parttype = ""
        self.attributes = 0
        self.read_raw: Callable[[int, int], bytes | None] = lambda offset, size: None

    def known_as(self) -> list[str]:
        """All of GRUB's names for its device."""
        return [self.device, *self.aliases]

    def __repr__(self) -> str:
        return f"<Volume ({self.device})>"


class Volumes:
    """All volumes of the machine, in the order in which they are searched.

    ``open_image(volume, path)`` may give the tree inside an image file (an ISO); without it images
    stay closed. Volumes without a device name are called hd0, hd1, ... by their place. ``board``
    says which machine it is: the root ``compatible`` of its device tree, empty without one;
    ``read_smbios`` gives its table of SMBIOS structures. ``budget`` is what the configurations on
    all of them may still take. ``open_device`` may give the tree of a server, by GRUB's name for it
    such as ``http,10.0.0.1:8080``; ``sysappend`` are SYSLINUX's additions to command lines, by bit.
    """

    def __init__(
        self,
        volumes: Iterable[Volume],
        open_image: OpenImage | None = None,
        board: Sequence[str] = (),
        read_smbios: Callable[[], bytes] = bytes,
    ) -> None:
        self.all = list(volumes)
        self.open_image = open_image
        self.board = board
        self.read_smbios = read_smbios
        self.budget = Budget()
        self.visited: set[tuple[str, str]] = set()
        self.open_device: OpenDevice = lambda name: None
        self.sysappend: dict[int, str] = {}
        for index, volume in enumerate(self.all):
            volume.device = volume.device or f"hd{index}"

    def add(self, tree: Tree, device: str = "", name: str = "") -> Volume:
        """Put TREE behind the others; DEVICE is GRUB's name for it, NAME what people call it."""
        self.all.append(Volume(tree, device or f"hd{len(self.all)}", name))
        return self.all[-1]

    def of_disk(self, home: Volume) -> list[Volume]:
        """HOME and the other volumes of its disk, in order."""
        disk, comma, _ = home.device.partition(",")
        if not comma or disk.startswith("("):  # an image is a disk of its own
            return [home]
        return [volume for volume in self.all if volume.device.startswith(disk + ",")]

    def beside(self, home: Volume) -> list[Volume]:
        """HOME, the other volumes of its disk, and the images that are files on them."""
        disk = disk_of(home)
        return [volume for volume in self.all if disk_of(volume) == disk]

    def first_visit(self, volume: Volume, path: str) -> bool:
        """Whether PATH on VOLUME is asked about for the first time; the second answer is no."""
        before = len(self.visited)
        self.visited.add((volume.device, normalise(path)))
        return len(self.visited) > before

    def find(self, matcher: str) -> list[Volume]:
        """The volumes that MATCHER fits, in search order; [] for an empty or unknown matcher."""
        key, _, value = matcher.partition("=")
        if not value:
            return []
        if key == "device":
            exact = [volume for volume in self.all if volume.device == value]
            near = exact or [
                v for v in self.all if any(same_device(n, value) for n in v.known_as())
            ]
            tree = None if near else self.open_device(value)
            return near if tree is None else [self.add(tree, value)]
        if key == "file":
            return [volume for volume in self.all if volume.tree.size(normalise(value)) is not None]
        if key in ("uuid", "partuuid"):
            value = value.lower()
            return [volume for volume in self.all if getattr(volume.tree, key).lower() == value]
        if key in ("label", "partlabel"):
            return [volume for volume in self.all if getattr(volume.tree, key) == value]
        return []

    def image(self, home: Volume, path: str) -> Volume | None:
        """The volume inside the image file PATH of HOME; its device is ``(hd0,gpt1)/the.iso``."""
        name = f"({home.device}){path}"
        for volume in self.all:
            if volume.device == name:
                return volume
        tree = self.open_image(home, path) if self.open_image else None
        if tree is None:
            return None
        return self.add(tree, name)

    def resolve(self, ref: FileRef, home: Tree) -> Tree | None:
        """The tree that REF is on, when it was read from the tree HOME; None if it is not here."""
        return self.first(ref.volume) if ref.volume else home

    def first(self, matcher: str) -> Tree | None:
        """The tree of the first volume that MATCHER fits."""
        found = self.find(matcher)
        return found[0].tree if found else None


def same_device(one: str, other: str) -> bool:
    """Whether two GRUB names mean one device: ``hd0,2`` is ``hd0,gpt2`` or ``hd0,msdos2``."""
    if one == other:
        return True
    disk, comma, part = one.partition(",")
    other_disk, other_comma, other_part = other.partition(",")
    if disk != other_disk or comma != other_comma:
        return False
    scheme, number = _split(part)
    other_scheme, other_number = _split(other_part)
    return number == other_number and (not scheme or not other_scheme)


def disk_of(volume: Volume) -> str:
    """GRUB's name of the disk that VOLUME, or the file that it is, lies on."""
    return volume.device.removeprefix("(").partition(")")[0].partition(",")[0]


def _split(part: str) -> tuple[str, str]:
    number = part.lstrip("abcdefghijklmnopqrstuvwxyz")
    return part[: len(part) - len(number)], number
