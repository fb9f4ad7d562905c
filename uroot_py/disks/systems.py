"""The systems that could be started: every disk mounted, every boot configuration read.

A survey never fails as a whole: what cannot be read is a line in ``faults``, what was looked at is
a line in ``looked``, and an entry that cannot boot says why.
"""

from __future__ import annotations

import os

from uroot_py.base.errors import UrootError, explain
from uroot_py.base.text import format_size
from uroot_py.bootconfig.find import scan
from uroot_py.bootconfig.volumes import Volume, Volumes
from uroot_py.disks import blockdev
from uroot_py.disks.tree import DirectoryTree
from uroot_py.formats.disk.partitions import EXTENDED
from uroot_py.machine.modules import read_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from uroot_py.bootconfig.entry import BootEntry, FileRef
    from uroot_py.bootconfig.tree import Tree
    from uroot_py.bootconfig.volumes import OpenImage
    from uroot_py.disks.mounts import Mounts


_UNUSED = {
    "crypto": ", which is encrypted; unlocking is not supported",
    "raid": ", a part of a volume on top of it; that is not put together",
}


class System:
    """A boot entry and the volume that its configuration was read from.

    ``editable`` is false where that configuration forbids to change its command line.
    """

    __slots__ = ("device", "editable", "entry", "tree", "volumes")

    def __init__(self, entry: BootEntry, home: Volume, device: str, volumes: Volumes) -> None:
        self.entry = entry
        self.tree = home.tree
        self.device = device
        self.volumes = volumes
        self.editable = True

    def find(self, ref: FileRef) -> Tree | None:
        """The tree that a file of this entry is on; None if no volume here fits."""
        return self.volumes.resolve(ref, self.tree)

    def __repr__(self) -> str:
        return f"<System {self.device} {self.entry!r}>"


class Survey:
    """What was found: devices, systems in menu order, and how it went."""

    def __init__(self) -> None:
        self.devices: list[blockdev.BlockDevice] = []
        self.systems: list[System] = []
        self.looked: list[str] = []
        self.faults: list[str] = []
        self.timeout: float | None = None

    def defaults(self) -> list[System]:
        """What to try unattended, in order: the defaults, then all the others that can boot."""
        able = [system for system in self.systems if system.entry.bootable]
        first = [system for system in able if system.entry.default]
        return [*first, *(system for system in able if not system.entry.default)]

    def named(self, word: str) -> list[System]:
        """The systems whose number in the list (from 1), id or title is WORD.

        The number comes first: it is what people see, and GRUB counts its ids from 0.
        """
        number = int(word) if word.isascii() and word.isdigit() and len(word) < 9 else 0
        for fits in (
            self.systems[number - 1 : number] if number else [],
            [s for s in self.systems if s.entry.id == word],
            [s for s in self.systems if s.entry.title == word],
            [s for s in self.systems if word.lower() in s.entry.title.lower()],
        ):
            if fits:
                return fits
        return []


def survey_machine(
    pool: Mounts, sysfs: str = "/sys", dev: str = "/dev", note: Callable[[str], object] = str
) -> Survey:
    """Look at every block device; mounts are made in POOL and live as long as it does.

    NOTE gets a line after each part of the work.
    """
    survey = Survey()
    survey.devices = blockdev.scan(sysfs, dev)
    homes: list[tuple[Volume, str]] = []
    disks = list(dict.fromkeys(volume.disk for volume in survey.devices))
    # What is built in comes before what somebody has plugged in.
    order = sorted(survey.devices, key=lambda volume: volume.removable)
    for place, volume in enumerate(order):
        tree = _mounted(volume, order[:place], pool, survey)
        if tree:
            homes.append((Volume(tree, _grub_name(volume, disks, survey.devices)), volume.path))

    def open_image(home: Volume, path: str) -> DirectoryTree | None:
        try:
            if isinstance(home.tree, DirectoryTree):
                return pool.mount_image(home.tree, path)
        except (UrootError, OSError) as error:
            device = next((name for volume, name in homes if volume is home), home.device)
            survey.faults.append(f"{device}: {path}: {explain(error)}")
        return None

    note(f"{len(survey.devices)} block devices, {len(homes)} file systems")
    _read(survey, homes, open_image)
    note(f"{len(survey.systems)} entries")
    return survey


def survey_directories(roots: Iterable[tuple[str, dict[str, str]]]) -> Survey:
    """Look at directories as if they were disks: (path, {"uuid": ..., "label": ...}) each."""
    homes = []
    for path, names in roots:
        homes.append((Volume(DirectoryTree(path, **names)), path))
    return _read(Survey(), homes)


def _mounted(
    volume: blockdev.BlockDevice, before: list[blockdev.BlockDevice], pool: Mounts, survey: Survey
) -> DirectoryTree | None:
    if volume.fault:
        survey.faults.append(f"{volume.path}: {volume.fault}")
    about = f"{volume.path} ({format_size(volume.size)})"
    found = volume.superblock
    if found is None or not found.mount:
        survey.looked.append(f"{about}: holds {_what(volume)}")
        return None
    # An image for USB sticks has itself as a partition; a btrfs may be on several devices.
    for other in before:
        own = other.name == volume.disk or other.path in volume.members
        if own and (other.kind, other.uuid) == (volume.kind, volume.uuid):
            survey.looked.append(f"{about}: the file system of {other.path}")
            return None
    try:
        tree = pool.mount(volume)
    except (UrootError, OSError) as error:
        survey.faults.append(f"{volume.path}: {error}")
        return None
    words = [found.type, *(f"{key}={value}" for key, value in _names(volume) if value)]
    survey.looked.append(f"{about}: mounted, {' '.join(words)}")
    return tree


def _what(volume: blockdev.BlockDevice) -> str:
    """What a volume that cannot be mounted holds."""
    if not volume.size:
        return "no medium"
    if volume.superblock:
        return f"{volume.kind}{_UNUSED.get(volume.superblock.use, '')}"
    if volume.table:
        return f"a {volume.table} partition table"
    if volume.partition and volume.partition.type in EXTENDED:
        return "the logical partitions"
    return "nothing that is known"


def _names(volume: blockdev.BlockDevice) -> list[tuple[str, str]]:
    return [("label", volume.label), ("uuid", volume.uuid), ("partlabel", volume.partlabel)]


def _grub_name(
    volume: blockdev.BlockDevice, disks: list[str], devices: list[blockdev.BlockDevice]
) -> str:
    """``hd0,gpt2`` as GRUB would call it; the order of the disks is a guess, as it is in GRUB."""
    name = f"hd{disks.index(volume.disk)}"
    if not volume.number:
        return name
    table = next((other.table for other in devices if other.name == volume.disk), "")
    return f"{name},{'msdos' if table == 'dos' else table}{volume.number}"


def _read(
    survey: Survey, homes: list[tuple[Volume, str]], open_image: OpenImage | None = None
) -> Survey:
    board = read_text("/proc/device-tree/compatible").rstrip("\0")
    names = board.split("\0") if board else []
    volumes = Volumes([home for home, _ in homes], open_image, names)
    for home, device in homes:
        listing = scan(home, volumes, cpu=os.uname().machine)
        survey.looked += [f"{device}: {file}: {what}" for file, what in listing.looked]
        survey.faults += [f"{device}: {fault}" for fault in listing.faults]
        for entry in listing.entries:
            survey.systems.append(System(entry, home, device, volumes))
            survey.systems[-1].editable = listing.editable
        if survey.timeout is None and any(entry.default for entry in listing.entries):
            survey.timeout = listing.timeout
    return survey
