"""What could be booted on this machine: every source of entries looked at, one order, why not.

A survey never fails as a whole: what cannot be read is a line in ``faults``, what was looked at is
a line in ``looked``, and an entry that cannot boot says why. A new kind of place to boot from is a
``Source``: ``disks.Disks`` and ``Directories`` are two.
"""

from __future__ import annotations

import os

from uroot_py.base.errors import RefusedError, UrootError
from uroot_py.base.text import printable
from uroot_py.boot.child import records
from uroot_py.bootconfig.entry import Listing
from uroot_py.bootconfig.find import scan
from uroot_py.bootconfig.volumes import Volume, Volumes
from uroot_py.disks.tree import DirectoryTree
from uroot_py.machine.sysroot import HERE

SECONDS = 10.0  # that a volume may be silent while its configurations are read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Protocol

    from uroot_py.boot.child import Send
    from uroot_py.bootconfig.entry import BootEntry
    from uroot_py.disks.blockdev import BlockDevice

    class Source(Protocol):
        """A kind of place that entries come from."""

        nothing: str  # why a survey that saw nothing at all did so, as far as this source knows

        def look(self, survey: Survey) -> None:
            """Put what can be booted from here into SURVEY, and a line for what cannot."""

        def close(self) -> None:
            """Let go of what the entries were read through."""


MAX_LOOKED = 5000  # lines
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
        for entry in self.entries:
            for ref in entry.files():
                found = [] if ref.tree else self.volumes.find(ref.volume)
                if found:
                    ref.tree = found[0].tree
        self._find_kernels()
        self._remark_roots()

    def _find_kernels(self) -> None:
        """Add the kernels that lie on disks whose configurations offer nothing that can boot."""
        from uroot_py.bootconfig import kernels

        able = [entry for entry in self.entries if entry.bootable]
        devices = {entry.device for entry in able}
        trees = {id(ref.tree) for entry in able for ref in entry.files()}
        for home in list(self.volumes.all):
            disk = self.volumes.of_disk(home)
            used = any(each.name in devices or id(each.tree) in trees for each in disk)
            if used or home.device.startswith("("):
                continue
            for entry in kernels.found(home.tree):
                entry.device = home.name
                for ref in entry.files():
                    ref.tree = home.tree
                self.entries.append(entry)

    def _remark_roots(self) -> None:
        """Remark on entries whose root= is on no disk, where all that could hold it is known."""
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
                    entry.remark = f"{printable(word)} is on no disk of this machine"

    def read(self, homes: list[Volume]) -> None:
        """Read the boot configurations on HOMES, which are some of ``volumes``.

        A child does it, and another one goes on behind a volume that ended it.
        """
        rest = list(homes)
        while rest:
            try:
                work = records(lambda send: self._scan(rest, send), SECONDS)
                for values, faults, seen, images, left in work:
                    self.faults += faults
                    self.volumes.budget.leave(left)
                    self.volumes.visited.update(seen)
                    for name, path, names in images:
                        self.volumes.add(DirectoryTree(path, **names), name)
                    self._take(rest.pop(0), Listing.of(values))
            except UrootError as error:
                where = f"{rest.pop(0).name}: " if rest else ""
                self.faults.append(f"{where}{error}")

    def _scan(self, homes: list[Volume], send: Send) -> None:
        """Send what each of HOMES has, in a child: the images that it mounted stay."""
        for home in homes:
            volumes, faults = len(self.volumes.all), len(self.faults)
            seen = set(self.volumes.visited)
            listing = scan(home, self.volumes, cpu=os.uname().machine)
            images = [
                (image.device, image.tree.path, image.tree.known_by())
                for image in self.volumes.all[volumes:]
                if isinstance(image.tree, DirectoryTree)
            ]
            send(
                listing.values(),
                self.faults[faults:],
                list(self.volumes.visited - seen),
                images,
                self.volumes.budget.left(),
            )

    def _take(self, home: Volume, listing: Listing) -> None:
        room = MAX_LOOKED - len(self.looked)
        self.looked += [f"{home.name}: {file}: {what}" for file, what in listing.looked[:room]]
        self.faults += [f"{home.name}: {fault}" for fault in listing.faults]
        for entry in listing.entries:
            entry.device, entry.editable = home.name, listing.editable
            for ref in entry.files():
                ref.tree = self.volumes.resolve(ref, home.tree)
        if self.timeout is None and any(entry.default for entry in listing.entries):
            self.timeout = listing.timeout
        self.entries += listing.entries

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
        seen += [f"{entry.device}: {entry.title}: {entry.why_not}" for entry in self.entries]
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

    def __init__(self, roots: Iterable[tuple[str, dict[str, str]]]) -> None:
        self.trees = [DirectoryTree(path, **names) for path, names in roots]

    def look(self, survey: Survey) -> None:
        """See Source.look."""
        survey.read([survey.volumes.add(tree, name=tree.path) for tree in self.trees])

    def close(self) -> None:
        """See Source.close."""
        for tree in self.trees:
            tree.close()
