"""What a child finds out about a disk that has come, as plain values, and how a survey takes it."""

from __future__ import annotations

from uroot_py.bootconfig.budget import Budget
from uroot_py.bootconfig.entry import Listing
from uroot_py.disks.tree import DirectoryTree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from uroot_py.boot.survey import Survey
    from uroot_py.bootconfig.volumes import Volume
    from uroot_py.disks.blockdev import BlockDevice
    from uroot_py.disks.mounts import Mounts
    from uroot_py.machine.child import Send

    Open = Callable[[list[BlockDevice], Survey], list[Volume]]


class News:
    """The survey of the devices in GROUP, which SURVEY knows already, mounted in POOL by OPEN.

    WRITABLE are the paths of those that POOL may have protected if nothing is heard of the child;
    ``before`` are the volumes at its begin: the child has the same ones.
    """

    def __init__(
        self,
        survey: Survey,
        pool: Mounts,
        open_: Open,
        writable: list[str],
        group: list[BlockDevice],
    ) -> None:
        self.survey = survey
        self.pool = pool
        self.open = open_
        self.writable = writable
        self.group = group
        self.before = list(survey.volumes.all)
        self.looked, self.faults = len(survey.looked), len(survey.faults)

    def work(self, send: Send) -> None:
        """Mount and read, in a child; send what ``take`` takes."""
        survey, pool = self.survey, self.pool
        targets, protected = len(pool.targets), len(pool.protected)
        # What has been plugged in a hundred times has used up nothing of what others may take.
        survey.volumes.budget = Budget()
        homes = self.open(self.group, survey)
        again = [home for home in self.before if self._unfinished(home)]
        names = {home.name for home in again}
        survey.entries = [entry for entry in survey.entries if entry.device not in names]
        devices = {home.device for home in again}
        survey.volumes.visited = {v for v in survey.volumes.visited if v[0] not in devices}
        starts = tuple(f"{name}: " for name in names)
        survey.looked = [line for line in survey.looked if not line.startswith(starts)]
        survey.faults = [line for line in survey.faults if not line.startswith(starts)]
        survey.read([*again, *homes])
        survey.complete([*again, *homes])
        read = {home.name for home in (*again, *homes)}
        listing = Listing()
        listing.entries = [entry for entry in survey.entries if entry.device in read]
        send(
            [self._plain(volume) for volume in survey.volumes.all[len(self.before) :]],
            sorted(read),
            listing.values(),
            [[survey.place(ref.tree) for ref in entry.files()] for entry in listing.entries],
            (survey.looked, survey.faults, survey.timeout, list(survey.volumes.visited)),
            (pool.targets[targets:], pool.protected[protected:]),
        )

    def _unfinished(self, home: Volume) -> bool:
        """Whether what HOME has may want a file of the disk that has come."""
        entries = [entry for entry in self.survey.entries if entry.device == home.name]
        lost = any(ref.tree is None for entry in entries for ref in entry.files())
        return lost or not entries or not all(entry.bootable for entry in entries)

    def _plain(self, volume: Volume) -> tuple[Any, ...]:
        assert isinstance(volume.tree, DirectoryTree)
        devices = [n for n, device in enumerate(self.group) if device is volume.tree.volume]
        return (
            volume.name,
            volume.device,
            volume.tree.path,
            {**volume.tree.known_by(), "fstype": volume.tree.fstype},
            volume.parttype,
            volume.attributes,
            volume.aliases,
            devices[0] if devices else -1,
        )


def take(
    survey: Survey,
    news: News,
    volumes: list[tuple[Any, ...]],
    read: list[str],
    values: dict[str, Any],
    places: list[list[int]],
    words: tuple[Any, ...],
    held: tuple[list[str], list[str]],
) -> None:
    """Put what the child of NEWS has found into SURVEY: new entries come behind the others."""
    news.pool.targets += held[0]
    news.pool.protected += held[1]
    every = list(news.before)
    for name, device, path, names, parttype, attributes, aliases, number in volumes:
        tree = DirectoryTree(path, **names)
        volume = survey.volumes.add(tree, device, name)
        volume.parttype, volume.attributes, volume.aliases = parttype, attributes, aliases
        if number >= 0:
            tree.volume = news.group[number]
            volume.read_raw = news.group[number].read_raw
        every.append(volume)
    entries = Listing.of(values).entries
    here = {id(volume) for volume in survey.volumes.all}
    for entry, numbers in zip(entries, places, strict=True):
        for ref, place in zip(entry.files(), numbers, strict=True):
            found = every[place] if place >= 0 else None
            ref.tree = found.tree if found and id(found) in here else None
    for name in read:
        own = [entry for entry in entries if entry.device == name]
        at = next((n for n, e in enumerate(survey.entries) if e.device == name), None)
        survey.entries = [entry for entry in survey.entries if entry.device != name]
        at = len(survey.entries) if at is None else at
        survey.entries[at:at] = own
    looked, faults, timeout, visited = words
    survey.looked = [*looked, *survey.looked[news.looked :]]
    survey.faults = [*faults, *survey.faults[news.faults :]]
    if survey.timeout is None:
        survey.timeout = timeout
    survey.volumes.visited.update(map(tuple, visited))
    survey.settle()
