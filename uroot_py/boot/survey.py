"""What could be booted on this machine: every source of entries looked at, one order, why not.

A survey never fails as a whole: what cannot be read is a line in ``faults``, what was looked at is
a line in ``looked``, and an entry that cannot boot says why. A new kind of place to boot from is a
``Source``: ``disks.Disks`` and ``Directories`` are two.
"""

from __future__ import annotations

import os

from uroot_py.base.errors import RefusedError, UrootError
from uroot_py.base.text import printable
from uroot_py.bootconfig.entry import Listing
from uroot_py.bootconfig.find import scan
from uroot_py.bootconfig.volumes import Volume, Volumes
from uroot_py.disks.tree import DirectoryTree
from uroot_py.machine.child import StuckError, records
from uroot_py.machine.sysroot import HERE

# That a volume may compute without a word while its configurations are read: the budgets end that
# within a second or two, but on a machine that is slow or busy. What waits for its disk is left out
# sooner (machine.child.STUCK), with all else on that disk.
SECONDS = 30.0

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, Protocol, TypeVar

    from uroot_py.bootconfig.entry import BootEntry, FileRef
    from uroot_py.bootconfig.tree import Tree
    from uroot_py.disks.blockdev import BlockDevice
    from uroot_py.machine.child import Send

    T = TypeVar("T")

    class Source(Protocol):
        """A kind of place that entries come from."""

        nothing: str  # why a survey that saw nothing at all did so, as far as this source knows
        own_limits: bool  # what it awaits comes or ends, without a limit of whoever waits

        def look(self, survey: Survey) -> None:
            """Put what can be booted from here into SURVEY, and a line for what cannot."""

        def fileno(self) -> int:
            """Readable when something has come; -1: nothing comes later."""

        def more(self, survey: Survey) -> bool:
            """Take what has come, without waiting; true when entries or lines of SURVEY changed."""

        def waiting(self) -> str:
            """What is still awaited, a word or two for people; '' for nothing."""

        def again(self) -> None:
            """Somebody has asked to look again: what there is now comes with ``more``."""

        def close(self) -> None:
            """Let go of what the entries were read through."""


MAX_LOOKED = 5000  # lines
_NOWHERE = " is on no disk of this machine"
INSTALLERS = ("ONIE-BOOT",)  # labels of partitions that hold an installer beside the system


class Survey:
    """What SOURCES have: entries in menu order, and how looking for them went.

    ``volumes`` are all the trees that entries may name files on; they live until ``close``.
    ``timeout`` is that of the first configuration with a default, in seconds.
    """

    def __init__(self, sources: Iterable[Source] = ()) -> None:
        self.sources = list(sources)
        board = HERE.text("/proc/device-tree/compatible").rstrip("\0")
        self.volumes = Volumes([], board=board.split("\0") if board else (), read_smbios=_smbios)
        self.devices: list[BlockDevice] = []
        self.entries: list[BootEntry] = []
        self.looked: list[str] = []
        self.faults: list[str] = []
        self.timeout: float | None = None
        self.disks: list[str] = []  # their names, in the order in which they were seen
        self.awaited = False  # somebody waits for what is not there yet

    def __enter__(self) -> Survey:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every source: the entries stay, their files are gone."""
        for volume in self.volumes.all:
            if isinstance(volume.tree, DirectoryTree):
                volume.tree.close()
        for source in self.sources:
            source.close()

    def look(self) -> None:
        """Look at what the sources have; a file may be on a tree that came after its entry."""
        for source in self.sources:
            source.look(self)
        self._find_files()
        self._find_kernels()
        self._offer_programs()
        self._remark_roots()

    def complete(self, homes: list[Volume]) -> None:
        """What needs all of the volumes, once the configurations on late HOMES were read."""
        self._find_files()
        self._find_kernels(homes)
        self.settle()

    def place_of(self, disk: str) -> int:
        """The place of DISK among all that were ever seen: one that comes back has its own."""
        if disk not in self.disks:
            self.disks.append(disk)
        return self.disks.index(disk)

    def settle(self) -> None:
        """Say of the entries what depends on all the disks that there are now."""
        self._remark_roots()

    def filenos(self) -> list[int]:
        """What is readable when ``more`` has something to do."""
        return [number for number in (source.fileno() for source in self.sources) if number >= 0]

    def more(self) -> bool:
        """Take what has come later, without waiting; true when entries or lines changed."""
        changed = [source.more(self) for source in self.sources]
        return any(changed)

    def waiting(self) -> str:
        """What is still awaited, in words; '' for nothing."""
        return " and ".join(filter(None, (source.waiting() for source in self.sources)))

    def ends(self) -> bool:
        """Whether something is awaited that comes or ends by itself."""
        return any(source.own_limits and source.waiting() for source in self.sources)

    def again(self) -> None:
        """Look again at what there is; ``more`` takes it."""
        self.awaited = True
        for source in self.sources:
            source.again()

    def forget(self, volumes: Iterable[Volume]) -> None:
        """VOLUMES are gone: so are their entries, and other entries cannot have their files."""
        gone = list(volumes)
        trees, names = {id(v.tree) for v in gone}, {v.name for v in gone}
        devices = {v.device for v in gone}
        self.volumes.all = [volume for volume in self.volumes.all if id(volume.tree) not in trees]
        self.volumes.visited = {v for v in self.volumes.visited if v[0] not in devices}
        self.entries = [entry for entry in self.entries if entry.device not in names]
        for entry in self.entries:
            for ref in [ref for ref in entry.files() if id(ref.tree) in trees]:
                ref.tree = None
                entry.why_not = entry.why_not or f"{ref}: its disk is gone"
        for volume in gone:
            if isinstance(volume.tree, DirectoryTree):
                volume.tree.close()

    def _find_snapshots(self, those: list[Volume]) -> None:
        """Add the snapshots on THOSE volumes that are btrfs, and the root of some entry."""
        patterns = {home.name: self._rooted(home) for home in those if home.tree.fstype == "btrfs"}

        for home in [home for home in those if patterns.get(home.name)]:

            def work(send: Send, home: Volume = home) -> None:
                from uroot_py.bootconfig import snapshots

                found = snapshots.entries(home.tree, patterns[home.name])
                listing = Listing()
                listing.entries = [entry for entry, _ in found]
                send(listing.values(), [number for _, number in found])

            try:
                for values, numbers in records(work, SECONDS):
                    self._take_snapshots(home, patterns[home.name], values, numbers)
            except StuckError as error:
                self.leave_out(home, str(error))
            except RefusedError as error:
                self.faults.append(f"{home.name}: {error}")

    def _take_snapshots(
        self, home: Volume, patterns: list[BootEntry], values: dict[str, Any], numbers: list[int]
    ) -> None:
        """Add those of HOME; a number is that of the pattern whose files one has."""
        for entry, number in zip(Listing.of(values).entries, numbers, strict=True):
            pattern = patterns[number] if number >= 0 else None
            trees = {ref: ref.tree for ref in pattern.files()} if pattern else {}
            for ref in entry.files():
                ref.tree = trees.get(ref, home.tree)
            entry.device = home.name
            self.entries.append(entry)

    def _rooted(self, home: Volume) -> list[BootEntry]:
        """The entries that start a system in a subvolume of HOME, the defaults first."""
        root = f"root=UUID={home.tree.uuid}".lower()
        found = [
            entry
            for entry in self.entries
            if entry.bootable
            and entry.kind == "linux"
            and (entry.device == home.name or root in entry.cmdline.lower().split())
            and any(word.startswith("rootflags=subvol") for word in entry.cmdline.split())
            and not entry.id.startswith("snapshot:")
        ]
        return sorted(found, key=lambda entry: not entry.default)

    def _find_files(self) -> None:
        """Give files of entries that have no tree yet the one that is theirs, if there is one."""
        homes = {volume.name: volume for volume in self.volumes.all}
        lost: dict[str, list[FileRef]] = {}
        for entry in self.entries:
            lost.setdefault(entry.device, []).extend(ref for ref in entry.files() if not ref.tree)

        def work(home: Volume) -> list[int]:
            return [self.place(self.volumes.first(ref.volume)) for ref in lost[home.name]]

        def take(home: Volume, places: list[int]) -> None:
            for ref, place in zip(lost[home.name], places, strict=True):
                ref.tree = self.volumes.all[place].tree if place >= 0 else None

        self.each(
            [homes[name] for name, refs in lost.items() if refs and name in homes], work, take
        )

    def _find_kernels(self, those: list[Volume] | None = None) -> None:
        """Add kernels that lie on disks, of THOSE, whose configurations offer nothing to boot.

        And the snapshots of systems there.
        """
        those = list(self.volumes.all if those is None else those)
        self._find_snapshots(those)
        able = [entry for entry in self.entries if entry.bootable]
        devices = {entry.device for entry in able}
        trees = {id(ref.tree) for entry in able for ref in entry.files()}
        homes = []
        for home in those:
            disk = self.volumes.of_disk(home)
            used = any(each.name in devices or id(each.tree) in trees for each in disk)
            if not used and not home.device.startswith("("):
                homes.append(home)

        def work(home: Volume) -> dict[str, object]:
            from uroot_py.bootconfig import efi as programs
            from uroot_py.bootconfig import kernels

            listing = Listing()
            listing.entries = [*kernels.found(home.tree), *programs.fallback(home.tree)]
            return listing.values()

        def take(home: Volume, values: dict[str, object]) -> None:
            for entry in Listing.of(values).entries:
                entry.device = home.name
                for ref in entry.files():
                    ref.tree = home.tree
                self.entries.append(entry)

        self.each(homes, work, take)

    def _offer_programs(self) -> None:
        """Say of EFI programs what can start them here."""
        from uroot_py.boot import efi

        efi.offer(self)

    def _remark_roots(self) -> None:
        """Remark on entries whose root= is on no disk, where all that could hold it is known."""
        for entry in self.entries:
            if entry.remark.endswith(_NOWHERE):  # it may have come
                entry.remark = ""
        if not self.devices or any(
            device.superblock and not device.superblock.mount and device.kind != "swap"
            for device in self.devices
        ):
            return
        known = {f"UUID={device.uuid}".lower() for device in self.devices}
        known |= {f"PARTUUID={device.partuuid}".lower() for device in self.devices}
        for entry in self.entries:
            for word in entry.cmdline.split():
                root = word.removeprefix("root=")
                named = root != word and root.startswith(("UUID=", "PARTUUID="))
                if named and root.lower() not in known:
                    entry.remark = f"{printable(word)}{_NOWHERE}"

    def read(self, homes: list[Volume]) -> None:
        """Read the boot configurations on HOMES, which are some of ``volumes``."""
        self.each(homes, self._scan, self._take)

    def each(
        self,
        homes: list[Volume],
        work: Callable[[Volume], T],
        take: Callable[[Volume, T], None],
    ) -> None:
        """TAKE what WORK, in a child, finds out about each of HOMES: plain values.

        Another child goes on behind a volume that ended it. Where it waited for a disk, that one
        is left out, and not the volume whose configuration asked for something on it.
        """
        rest = list(homes)

        def watched(send: Send) -> None:
            self._watch(send)
            for home in rest:
                send(0, (work(home),))

        while rest:
            at = rest[0]
            try:
                for number, found in records(watched, SECONDS):
                    if found is None:
                        at = self.volumes.all[number]
                    else:
                        take(rest.pop(0), *found)
                        at = rest[0] if rest else at
            except StuckError as error:
                self.leave_out(at, str(error))
                rest = [home for home in rest if home in self.volumes.all]
            except UrootError as error:
                where = f"{rest.pop(0).name}: " if rest else ""
                self.faults.append(f"{where}{error}")

    def _watch(self, send: Send) -> None:
        """Send the number of each volume before it is touched."""
        last = -1

        def touched(number: int) -> None:
            nonlocal last
            if number != last:
                last = number
                send(number, None)

        def watch(number: int, volume: Volume) -> None:
            raw = volume.read_raw

            def read_raw(offset: int, size: int) -> bytes | None:
                touched(number)
                return raw(offset, size)

            volume.read_raw = read_raw
            if isinstance(volume.tree, DirectoryTree):
                volume.tree.touch = lambda: touched(number)

        for number, volume in enumerate(self.volumes.all):
            watch(number, volume)

    def leave_out(self, volume: Volume, why: str) -> None:
        """Forget VOLUME and all else on its disk, which does not answer."""
        self.faults.append(f"{volume.name}: {why}")
        for gone in self.volumes.beside(volume):
            self.volumes.all.remove(gone)
            for entry in self.entries:
                if entry.device == gone.name and entry.bootable:
                    entry.why_not = "its disk does not answer"

    def _scan(self, home: Volume) -> tuple[Any, ...]:
        """What HOME has, in a child: the images that it mounted stay."""
        volumes, faults = len(self.volumes.all), len(self.faults)
        seen = set(self.volumes.visited)
        listing = scan(home, self.volumes, cpu=os.uname().machine)
        images = [
            (image.device, image.tree.path, image.tree.known_by())
            for image in self.volumes.all[volumes:]
            if isinstance(image.tree, DirectoryTree)
        ]
        trees = [
            self.volumes.resolve(ref, home.tree)
            for entry in listing.entries
            for ref in entry.files()
        ]
        return (
            listing.values(),
            [self.place(tree) for tree in trees],
            self.faults[faults:],
            list(self.volumes.visited - seen),
            images,
            self.volumes.budget.left(),
        )

    def _take(self, home: Volume, found: tuple[Any, ...]) -> None:
        """Put what ``_scan`` has found into this survey."""
        values, places, faults, seen, images, left = found
        self.faults += faults
        self.volumes.budget.leave(left)
        self.volumes.visited.update(seen)
        for name, path, names in images:
            self.volumes.add(DirectoryTree(path, **names), name)
        listing = Listing.of(values)
        room = MAX_LOOKED - len(self.looked)
        self.looked += [f"{home.name}: {file}: {what}" for file, what in listing.looked[:room]]
        self.faults += [f"{home.name}: {fault}" for fault in listing.faults]
        refs = [ref for entry in listing.entries for ref in entry.files()]
        for ref, place in zip(refs, places, strict=True):
            ref.tree = self.volumes.all[place].tree if place >= 0 else None
        for entry in listing.entries:
            entry.device, entry.editable = home.name, listing.editable
        if self.timeout is None and any(entry.default for entry in listing.entries):
            self.timeout = listing.timeout
        self.entries += listing.entries

    def place(self, tree: Tree | None) -> int:
        """The number of the volume that TREE is, -1 for none."""
        found = [n for n, volume in enumerate(self.volumes.all) if volume.tree is tree]
        return found[0] if found else -1

    def defaults(self) -> list[BootEntry]:
        """What to try unattended, in order: the defaults, then all the others that can boot.

        An installer's partition goes behind the systems; then what GRUB falls back to is next.
        """
        able = [entry for entry in self.entries if entry.bootable and not entry.attended]
        installers = [v.name for v in self.volumes.all if v.tree.label in INSTALLERS]
        first = [entry for entry in able if entry.default and entry.device not in installers]
        next_ones = sorted(
            (entry for entry in able if entry.fallback), key=lambda entry: entry.fallback
        )
        return list(dict.fromkeys([*first, *next_ones, *able]))

    def named(self, word: str) -> BootEntry:
        """The entry whose number in the list (from 1), id or title is WORD, or RefusedError.

        The number comes first: it is what people see, and GRUB counts its ids from 0.
        """
        number = int(word) if word.isascii() and word.isdigit() and len(word) < 9 else 0
        for fits in (
            self.entries[number - 1 : number] if number else [],
            [entry for entry in self.entries if entry.id == word],
            [entry for entry in self.entries if entry.title == word],
            [entry for entry in self.entries if word.lower() in entry.title.lower()],
        ):
            if fits:
                if not fits[0].bootable:
                    raise RefusedError(f"{fits[0].title}: {fits[0].why_not}")
                return fits[0]
        raise RefusedError(f"no entry {word!r}", hint="boot --list shows what there is")

    def nothing(self) -> RefusedError:
        """What to raise where there is nothing to boot: all that was looked at, and why not."""
        seen = [*self.looked, *self.faults] or [source.nothing for source in self.sources]
        by_hand = "is started by a person only"
        seen += [f"{e.device}: {e.title}: {e.why_not or by_hand}" for e in self.entries]
        return RefusedError("nothing to boot:\n  " + "\n  ".join(map(printable, seen)))


def _smbios() -> bytes:
    """This machine's table of SMBIOS structures, empty where there is none."""
    try:
        return HERE.bytes("/sys/firmware/dmi/tables/DMI")
    except OSError:
        return b""


class Directories:
    """Directories looked at as if they were disks: (path, {"uuid": ..., "label": ...}) each."""

    nothing = "no directory was given"
    own_limits = True

    def __init__(self, roots: Iterable[tuple[str, dict[str, str]]]) -> None:
        self.trees = [DirectoryTree(path, **names) for path, names in roots]

    def look(self, survey: Survey) -> None:
        """See Source.look."""
        survey.read([survey.volumes.add(tree, name=tree.path) for tree in self.trees])

    def fileno(self) -> int:
        """See Source.fileno: a directory is there or not."""
        return -1

    def more(self, survey: Survey) -> bool:
        """See Source.more."""
        return False

    def waiting(self) -> str:
        """See Source.waiting."""
        return ""

    def again(self) -> None:
        """See Source.again: what was read stays as it was."""

    def close(self) -> None:
        """See Source.close."""
        for tree in self.trees:
            tree.close()
