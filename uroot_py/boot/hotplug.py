"""Disks that come while a boot waits or shows its menu, and those that go.

The kernel's uevents only wake us; what there is stands in sysfs. A disk that is new, or has other
partitions than before, is looked at by itself, in children, one disk after the other: ``more``
starts what is next and takes what is done. Nobody waits here, whatever a disk or a storm of events
does.
"""

from __future__ import annotations

import os
import select
import time

from uroot_py.abi.uevent import Uevents
from uroot_py.base.errors import KernelError, RefusedError
from uroot_py.disks import blockdev
from uroot_py.disks.layers import SECONDS
from uroot_py.disks.tree import DirectoryTree
from uroot_py.machine.child import STUCK, Child, StuckError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uroot_py.boot.news import Open
    from uroot_py.boot.survey import Survey
    from uroot_py.bootconfig.volumes import Volume
    from uroot_py.disks.blockdev import BlockDevice
    from uroot_py.disks.layers import Layers, Made
    from uroot_py.disks.mounts import Mounts
    from uroot_py.machine.child import Record, Work
    from uroot_py.machine.sysroot import Sysroot

    Step = Callable[[Survey], None]
    Taken = Callable[[Survey, Record], None]
    Ended = Callable[[Survey, RefusedError | None], None]

_UDEV = "/run/udev/control"  # where it is there, it loads the drivers
_MAX_ALIASES = 1000
PATIENCE = 30.0  # seconds that a volume waits for a device that it can do without


class Job(Child):
    """A child at work on a disk: TAKEN gets each record, ENDED why it failed, or None."""

    def __init__(
        self,
        poll: select.epoll,
        work: Work,
        taken: Taken,
        ended: Ended,
        seconds: float | None = None,
    ) -> None:
        super().__init__(work)
        self.taken = taken
        self.ended = ended
        self.seconds = seconds
        self.poll = poll
        self.failed: RefusedError | None = None
        poll.register(self.reader, select.EPOLLIN)

    def end(self) -> None:
        """See Child.end."""
        # epoll does not forget a pipe by itself while some other child has it open, too.
        self.poll.unregister(self.reader)
        super().end()

    def hear(self, survey: Survey) -> bool:
        """Take what has come; true when it is over."""
        try:
            while not self.done and select.select([self.reader], [], [], 0)[0]:
                for record in self.receive():
                    self.taken(survey, record)
            if not self.done:
                self.check(self.seconds, STUCK)
                return False
            if self.fault:
                self.failed = RefusedError(self.fault)
        except RefusedError as error:
            self.failed = error
        self.end()
        return True


class Hotplug:
    """What becomes of MACHINE's disks after they were looked at.

    LAYERS puts together what lies on several; OPEN mounts devices in POOL, and gives their volumes;
    NOTE gets a line when a disk has come.
    """

    def __init__(
        self,
        machine: Sysroot,
        pool: Mounts,
        layers: Layers,
        open_: Open,
        note: Callable[[str], object],
    ) -> None:
        self.machine = machine
        self.pool = pool
        self.layers = layers
        self.shown: list[str] = []  # the lines of LAYERS that the survey has
        self.began = 0.0
        self.parts = False  # a device has come that may be a part of others
        self.open = open_
        self.note = note
        self.poll = select.epoll()
        self.jobs: dict[str, Job] = {}  # what it is about: "disk" or "drivers"
        self.steps: list[Step] = []  # what is to be done about disks, in order
        self.known: dict[str, object] = {}  # disk -> what sysfs says of it and its partitions
        self.aliases: dict[str, None] = {}  # of devices that have come
        self.undriven = True  # there may be devices whose drivers nobody has loaded
        self.dirty = False
        self.changed = False
        self.events: Uevents | None = None
        self.fault = ""
        try:
            self.events = Uevents()
            self.poll.register(self.events.fileno(), select.EPOLLIN)
        except KernelError as error:
            self.fault = f"disks that come later are not seen: {error}"

    def close(self) -> None:
        """Look at nothing any more."""
        for job in self.jobs.values():
            job.end()
        self.jobs.clear()
        self.steps.clear()
        if self.events:
            self.events.close()
            self.events = None
        self.poll.close()

    def looked(self, found: list[BlockDevice], survey: Survey) -> None:
        """SURVEY knows what was FOUND; whatever came meanwhile has an event that waits."""
        self.began = time.monotonic()
        self._say_layers(survey)
        groups: dict[str, list[BlockDevice]] = {}
        for device in found:
            groups.setdefault(device.disk, []).append(device)
        self.known = {disk: self._state(group) for disk, group in groups.items()}

    def waiting(self) -> str:
        """See Source.waiting."""
        from uroot_py.disks.scanning import scanning

        at_work = self.dirty or self.parts or self.steps or self.jobs
        return "disks" if at_work or scanning(self.machine) else ""

    def again(self, disks: set[str]) -> None:
        """Look again at what there is, and at DISKS in any case."""
        self.known.update(dict.fromkeys(disks))
        self.dirty = self.undriven = True

    def more(self, survey: Survey) -> bool:
        """See Source.more."""
        self.changed = False
        if self.events:
            self._hear_kernel(self.events)
        for name, job in list(self.jobs.items()):
            if job.hear(survey):
                del self.jobs[name]
                job.ended(survey, job.failed)
        # Parsing what drives what costs more than all of the menu.
        if "drivers" not in self.jobs and (self.aliases or (self.undriven and survey.awaited)):
            self._drivers()
        if self.layers.patient and not self._may_come():
            self.layers.patient = False
            self.parts = self.parts or bool(self.layers.later)
        while "disk" not in self.jobs and (self.steps or self.dirty or self.parts):
            if self.steps:
                self.steps.pop(0)(survey)
            elif self.dirty:
                self._compare(survey)
            else:
                self._put_together()
        changed, self.changed = self.changed, False
        return changed

    def _hear_kernel(self, events: Uevents) -> None:
        heard, lost = events.read()
        self.dirty = self.dirty or lost
        self.undriven = self.undriven or lost
        for event in heard:
            if event.get("SUBSYSTEM") == "block":
                self.dirty = True
            alias = event.get("MODALIAS", "")
            if alias and event.get("ACTION") == "add" and len(self.aliases) < _MAX_ALIASES:
                self.aliases[alias] = None

    # -- disks ------------------------------------------------------------------------------

    def _devices(self) -> dict[str, list[BlockDevice]]:
        """The devices that there are now by disk; not those that we have made of files."""
        found: dict[str, list[BlockDevice]] = {}
        for device in blockdev.devices(self.machine):
            backing = f"/sys/class/block/{device.disk}/loop/backing_file"
            if not self.machine.text(backing).startswith(f"{self.pool.top}/"):
                found.setdefault(device.disk, []).append(device)
        return found

    def _state(self, group: list[BlockDevice]) -> dict[str, tuple[int, int]]:
        """The size and the number of the medium of each device of GROUP."""
        top = "/sys/class/block"
        return {
            device.name: (
                self.machine.number(f"{top}/{device.name}/size"),
                self.machine.number(f"{top}/{device.disk}/diskseq"),
            )
            for device in group
        }

    def _compare(self, survey: Survey) -> None:
        """Make a step of every disk that has come, changed, or gone."""
        self.dirty = False
        now = self._devices()
        gone = [
            disk
            for disk, state in self.known.items()
            if disk not in now or self._state(now[disk]) != state
        ]
        names = {device.name for device in survey.devices if device.disk in gone}
        above = self.layers.above(names)
        self._drop_all([*(each.kernel for each in reversed(above)), *gone], above, survey)
        if above:  # which are there until that is done
            self.dirty = self.parts = True
            return
        for disk, group in now.items():
            if disk not in self.known:
                self.known[disk] = self._state(group)
                self._read(group)

    def _drop_all(self, disks: list[str], above: list[Made], survey: Survey) -> None:
        """Forget what is on DISKS, and make it the next steps to take away what lies ABOVE others.

        What can do without a disk that is gone is put together again.
        """
        for disk in dict.fromkeys(disks):
            self.known.pop(disk, None)
            self._drop(disk, survey)
        self.layers.forget(set(disks))
        if not above:
            return
        work = self.layers.taking_down(above)

        def taken(survey: Survey, record: Record) -> None:
            survey.faults += record

        def ended(survey: Survey, error: RefusedError | None) -> None:
            if error:
                survey.faults.append(f"layers: {error}")

        def start(_: Survey) -> None:
            self.jobs["disk"] = Job(self.poll, work, taken, ended)

        self.steps.append(start)

    def _drop(self, disk: str, survey: Survey) -> None:
        """Forget what is on DISK, and make giving its mounts back the next step."""
        devices = [device for device in survey.devices if device.disk == disk]
        if not devices:
            return
        volumes = volumes_of(devices, survey)
        folders = [v.tree.path for v in volumes if isinstance(v.tree, DirectoryTree)]
        survey.forget(volumes)
        survey.devices = [device for device in survey.devices if device.disk != disk]
        starts = tuple(start for d in devices for start in (f"{d.path} (", f"{d.path}: "))
        survey.looked = [line for line in survey.looked if not line.startswith(starts)]
        survey.faults = [line for line in survey.faults if not line.startswith(starts)]
        self.changed = True
        self.note(f"{disk}: gone")
        work = self.pool.giving_back(folders, devices)

        def failed(survey: Survey, error: RefusedError | None) -> None:
            if error:
                survey.faults.append(f"{disk}: {error}")

        def taken(survey: Survey, record: Record) -> None:
            survey.faults += record

        def start(_: Survey) -> None:
            self.jobs["disk"] = Job(self.poll, work, taken, failed)

        self.steps.append(start)

    def _read(self, group: list[BlockDevice]) -> None:
        """Make the reading of GROUP, a disk with its partitions, the next step."""
        reading = blockdev.Reading(group, self.machine)

        def taken(_: Survey, record: Record) -> None:
            reading.take(record)

        def ended(survey: Survey, error: RefusedError | None) -> None:
            if error and reading.rest:
                reading.take(error)
            if reading.rest:
                self.steps.insert(0, start)
                return
            self.known[group[0].disk] = self._state(group)  # an open drive says what is in it
            survey.devices += group
            self.parts = self.layers.know(group) or self.parts
            if not group[0].names:
                survey.place_of(group[0].disk)  # the child that counts it does so for itself
            blockdev.join_members(survey.devices)
            self._survey(group, survey)

        def start(_: Survey) -> None:
            self.jobs["disk"] = Job(self.poll, reading.work, taken, ended, blockdev.SECONDS)

        self.steps.append(start)

    def _may_come(self) -> bool:
        """Whether what lacks a device is still left for it."""
        from uroot_py.disks.scanning import scanning

        return time.monotonic() - self.began < PATIENCE and bool(scanning(self.machine))

    def _put_together(self) -> None:
        """Let a child put together what is possible now; what it makes is then a disk that came."""
        self.parts = False

        def taken(_: Survey, record: Record) -> None:
            self.layers.take(record)

        def ended(survey: Survey, error: RefusedError | None) -> None:
            if error:
                survey.faults.append(f"layers: {error}")
            stale = [each for each in self.layers.made if each.key in self.layers.stale]
            above = self.layers.above(each.kernel for each in stale)
            self._drop_all([each.kernel for each in reversed(above)], above, survey)
            self._say_layers(survey)
            self.changed = self.dirty = True
            self.parts = bool(above)

        self.jobs["disk"] = Job(self.poll, self.layers.work(), taken, ended, SECONDS)

    def _say_layers(self, survey: Survey) -> None:
        """Let SURVEY have the lines of what was put together, and no older ones."""
        survey.looked = [line for line in survey.looked if line not in self.shown]
        self.shown = self.layers.lines
        survey.looked += self.shown

    def _survey(self, group: list[BlockDevice], survey: Survey) -> None:
        """Let a child mount what is in GROUP and read its configurations."""
        from uroot_py.boot.news import News, take

        news = News(survey, self.pool, self.open, self._writable(group), group)

        def taken(survey: Survey, record: Record) -> None:
            take(survey, news, *record)

        def ended(survey: Survey, error: RefusedError | None) -> None:
            if error:
                self.pool.protected += news.writable
                survey.faults.append(f"{group[0].path}: {error}")
                if isinstance(error, StuckError):
                    for device in group:
                        device.silent = True
            self.changed = True
            count = sum(entry.device in {d.path for d in group} for entry in survey.entries)
            self.note(f"{group[0].path}: has come, {count} entries")

        self.jobs["disk"] = Job(self.poll, news.work, taken, ended)

    def _writable(self, group: list[BlockDevice]) -> list[str]:
        """The paths of those in GROUP that may be written to."""
        top = "/sys/class/block"
        return [d.path for d in group if not self.machine.number(f"{top}/{d.name}/ro")]

    # -- drivers ----------------------------------------------------------------------------

    def _drivers(self) -> None:
        """Load what drives the devices that have come, in a child of its own."""
        aliases = None if self.undriven or len(self.aliases) >= _MAX_ALIASES else self.aliases
        self.aliases, self.undriven = {}, False
        if not self.machine.here or os.path.exists(_UDEV):
            return
        from uroot_py.machine.drivers import for_devices, wanted

        if not wanted():
            return

        def taken(survey: Survey, record: Record) -> None:
            survey.faults += record

        def ended(survey: Survey, error: RefusedError | None) -> None:
            if error:
                survey.faults.append(f"drivers: {error}")

        work: Work = lambda send: for_devices(aliases, send)  # noqa: E731
        self.jobs["drivers"] = Job(self.poll, work, taken, ended)


def volumes_of(devices: list[BlockDevice], survey: Survey) -> list[Volume]:
    """The volumes of SURVEY that are on DEVICES, with the images on them."""
    found: list[Volume] = []
    for volume in survey.volumes.all:
        if isinstance(volume.tree, DirectoryTree) and volume.tree.volume in devices:
            found += [each for each in survey.volumes.beside(volume) if each not in found]
    return found
