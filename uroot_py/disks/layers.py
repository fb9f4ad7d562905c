"""Volumes that lie on other devices, put together read-only: until nothing new comes of them.

What is put together is a block device as any other, and may be a part of the next. The work is
done in children: a device that never answers holds nobody.
"""

from __future__ import annotations

import time

from uroot_py.base.errors import KernelError, RefusedError
from uroot_py.disks import blockdev
from uroot_py.machine.child import records
from uroot_py.machine.sysroot import HERE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from uroot_py.disks.blockdev import BlockDevice
    from uroot_py.machine.child import Record, Send, Work
    from uroot_py.machine.sysroot import Sysroot

SECONDS = 20.0  # that the devices may take to be put together, and to be taken down
_TRIES = 20  # to take a device away that is still being let go
RAID, LVM = MEMBERS = ("linux_raid_member", "LVM2_member")


class Made:
    """A device that was put together, or opened, on the devices BELOW (the kernel's names).

    ``kind`` is ``md``, ``dm``, or ``part`` for what is only a part of another; ``name`` what its
    maker calls it, ``kernel`` what the kernel does; ``key`` is its UUID; ``names`` are GRUB's.
    """

    __slots__ = ("below", "kernel", "key", "kind", "name", "names")

    def __init__(
        self, kind: str, name: str, kernel: str, key: str, names: list[str], below: list[str]
    ) -> None:
        self.kind = kind
        self.name = name
        self.kernel = kernel
        self.key = key
        self.names = names
        self.below = below


class Layers:
    """The volumes on top of devices that this object put together, until ``close``.

    KINDS are what is put together; GROUP restricts LVM to one volume group, NAME is that of an md
    array. ``patient`` leaves out what lacks a device that may still come, and ``later`` has its
    UUIDs; ``stale`` has those of arrays that a newer device has come for.
    """

    def __init__(
        self,
        machine: Sysroot = HERE,
        *,
        kinds: tuple[str, ...] = MEMBERS,
        group: str = "",
        name: str = "",
    ) -> None:
        self.machine = machine
        self.kinds = kinds
        self.group = group
        self.name = name
        self.patient = False
        self.known: list[BlockDevice] = []  # every device that was handed in or made
        self.made: list[Made] = []
        self.protected: list[str] = []
        self.said: dict[str, str] = {}
        self.done: dict[str, int] = {}  # what was put together: its UUID, how often it had changed
        self.later: set[str] = set()
        self.stale: set[str] = set()

    @property
    def lines(self) -> list[str]:
        """What was done, and what was not and why."""
        return list(self.said.values())

    def know(self, devices: list[BlockDevice]) -> bool:
        """Take DEVICES, which were read, among the known ones; whether one is a part of others."""
        self.known += devices
        made = {each.kernel: each for each in self.made}
        for device in devices:
            if device.disk in made:
                device.names = made[device.disk].names
        return any(each.kind in self.kinds for each in devices)

    def add(self, devices: list[BlockDevice]) -> list[BlockDevice]:
        """Put together what became possible with DEVICES; the new devices, lower ones first."""
        found: list[BlockDevice] = []
        new = devices
        while self.know(new):
            before = len(self.made)
            try:
                for record in records(self.work(), SECONDS):
                    self.take(record)
            except RefusedError as error:
                self.said["child"] = f"layers: {error}"
            made = {each.kernel for each in self.made[before:] if each.kind != "part"}
            new = blockdev.scan(self.machine, among=made) if made else []
            found += new
        return found

    def work(self) -> Work:
        """One round: everything of what is known now, in a child; ``take`` gets what it sends."""
        self.later.clear()
        self.stale.clear()
        members = {each.name for each in self.known if each.kind == RAID}
        # Where a whole disk is a part of an array, its partitions are those of the array.
        usable = [
            each
            for each in self.known
            if not each.silent and not (each.number and each.disk in members)
        ]
        raids = [each for each in usable if each.kind == RAID and RAID in self.kinds]
        volumes = [each for each in usable if each.kind == LVM and LVM in self.kinds]

        def work(send: Send) -> None:
            # A machine with plain disks has no use for all that.
            from uroot_py.disks import arrays, groups

            if raids:
                arrays.assemble(raids, self.done, send, name=self.name, patient=self.patient)
            if volumes:
                groups.activate(volumes, self.done, send, only=self.group, patient=self.patient)

        return work

    def take(self, record: Record) -> None:
        """Note what the child has done."""
        kind, *values = record
        if kind == "line":
            self.said[values[0]] = values[1]
        elif kind == "protected":
            self.protected += values
        elif kind == "later":
            self.later.update(values)
        elif kind == "stale":
            self.stale.update(values)
        else:
            what, name, kernel, key, changes, names, below = values
            self.made.append(Made(what, name, kernel, key, names, below))
            if key:
                self.done[key] = changes

    def opened(self, name: str, below: str) -> None:
        """Device-mapper's device NAME was opened on BELOW by somebody else; it goes with ours."""
        from uroot_py.disks import mapper

        self.made.append(Made("dm", name, mapper.kernel_name(name), "", [], [below]))

    def above(self, names: Iterable[str]) -> list[Made]:
        """All that lies on the devices NAMES or is one of them, lower ones first."""
        gone = set(names)
        found = []
        for each in self.made:
            if each.kernel in gone or gone.intersection(each.below):
                found.append(each)
                gone.add(each.kernel)
                gone.update(device.name for device in self.known if device.disk == each.kernel)
        return found

    def forget(self, disks: set[str]) -> None:
        """DISKS are gone, and their partitions."""
        self.known = [device for device in self.known if device.disk not in disks]

    def taking_down(self, those: list[Made]) -> Work:
        """Work that takes THOSE away, which ``above`` gave; it sends what went wrong."""
        self.made = [each for each in self.made if each not in those]
        self.forget({each.kernel for each in those})
        for each in those:
            self.done.pop(each.key, None)
            self.said.pop(each.key, None)
        return lambda send: _take_down(those[::-1], send)

    def close(self) -> list[str]:
        """Take down all that was made, top first; what went wrong."""
        made, self.made = self.made[::-1], []
        protected, self.protected = self.protected, []
        self.done.clear()
        faults: list[str] = []
        if not made and not protected:
            return faults

        def work(send: Send) -> None:
            from uroot_py.abi import block

            _take_down(made, send)
            for path in protected:
                block.release(path)

        try:
            faults += [text for (text,) in records(work, SECONDS)]
        except RefusedError as error:
            faults.append(f"layers: {error}")
        return faults


def _take_down(made: list[Made], send: Send) -> None:
    """Take MADE away, in order; one may be let go by a mount in this moment."""
    from uroot_py.abi import md
    from uroot_py.disks import mapper

    for each in made:
        for left in range(_TRIES, -1, -1):
            try:
                if each.kind == "md":
                    md.stop(each.name)
                else:
                    mapper.deactivate(each.name)
                break
            except KernelError as error:
                if not left:
                    send(f"{each.name}: {error}")
                else:
                    time.sleep(0.1)
