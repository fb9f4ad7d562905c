"""The machine's disks as a source of entries: each mounted read-only, and the images on them."""

from __future__ import annotations

from uroot_py.base.errors import UrootError, explain
from uroot_py.base.text import format_size
from uroot_py.boot.hotplug import Hotplug
from uroot_py.disks import blockdev
from uroot_py.disks.layers import MEMBERS, Layers
from uroot_py.disks.mounts import Mounts
from uroot_py.disks.tree import DirectoryTree
from uroot_py.formats.disk.partitions import EXTENDED
from uroot_py.machine.child import StuckError
from uroot_py.machine.sysroot import HERE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uroot_py.boot.survey import Survey
    from uroot_py.bootconfig.volumes import Volume
    from uroot_py.disks.blockdev import BlockDevice
    from uroot_py.machine.sysroot import Sysroot

_UNUSED = {
    "crypto": ", which is encrypted: a passphrase or a key file unlocks it",
    "raid": ", a part of a volume on top of it",
}
_STRANGE = {
    "isw_raid_member": ", Intel's RAID of the firmware, which is not put together",
    "ddf_raid_member": ", a firmware's RAID (DDF), which is not put together",
    "zfs_member": ", which only ZFS itself can read",
}


class Disks:
    """Every block device of MACHINE, mounted below TOP (a folder of this boot) until ``close``.

    NOTE gets a line after each part of the work. PATIENT leaves a volume that lacks a device, and
    could be read without it, until no controller looks for one any more.
    """

    nothing = "no block device was found"
    own_limits = False  # of a disk that never comes nothing is known

    def __init__(
        self,
        *,
        top: str = "",
        machine: Sysroot = HERE,
        note: Callable[[str], object] = str,
        patient: bool = True,
    ) -> None:
        self.pool = Mounts(top)
        self.layers = Layers(machine)
        self.machine = machine
        self.note = note
        self.patient = patient
        self.hotplug = Hotplug(machine, self.pool, self.layers, self.open, note)
        self.survey: Survey | None = None

    def look(self, survey: Survey) -> None:
        """See Source.look."""
        self.survey = survey
        found = blockdev.scan(self.machine)
        if any(device.kind in MEMBERS for device in found):
            from uroot_py.disks.scanning import scanning

            self.layers.patient = self.patient and bool(scanning(self.machine))
        found += self.layers.add(found)
        self.hotplug.looked(found, survey)
        survey.devices += found
        homes = self.open(found, survey)
        self.note(f"{len(found)} block devices, {len(homes)} file systems")

        def open_image(home: Volume, path: str) -> DirectoryTree | None:
            try:
                if isinstance(home.tree, DirectoryTree):
                    return self.pool.mount_image(home.tree, path)
            except (UrootError, OSError) as error:
                survey.faults.append(f"{home.name}: {path}: {explain(error)}")
            return None

        survey.volumes.open_image = open_image
        survey.read(homes)
        self.note(f"{len(survey.entries)} entries")

    def open(self, devices: list[BlockDevice], survey: Survey) -> list[Volume]:
        """Mount what is on DEVICES, which SURVEY has among its own; the volumes that it has now."""
        homes: list[Volume] = []
        mounted = [
            volume.tree.volume
            for volume in survey.volumes.all
            if isinstance(volume.tree, DirectoryTree) and volume.tree.volume
        ]
        # What is built in comes before what somebody has plugged in.
        for device in sorted(devices, key=lambda device: device.removable):
            tree = self._mounted(device, mounted, survey)
            if tree:
                mounted.append(device)
                home = survey.volumes.add(tree, _grub_name(device, devices, survey), device.path)
                if device.partition:
                    home.parttype = device.partition.type
                    home.attributes = device.partition.attributes
                home.read_raw = device.read_raw
                home.aliases = _aliases(device)
                homes.append(home)
        return homes

    def fileno(self) -> int:
        """See Source.fileno."""
        return self.hotplug.poll.fileno()

    def more(self, survey: Survey) -> bool:
        """See Source.more."""
        return self.hotplug.more(survey)

    def waiting(self) -> str:
        """See Source.waiting."""
        return self.hotplug.waiting()

    def again(self) -> None:
        """See Source.again: every disk that nothing was read from."""
        if self.survey:
            trees = [volume.tree for volume in self.survey.volumes.all]
            used = {t.volume.disk for t in trees if isinstance(t, DirectoryTree) and t.volume}
            self.hotplug.again({device.disk for device in self.survey.devices} - used)

    def close(self) -> None:
        """See Source.close: every mount is taken away, and what was put together."""
        self.hotplug.close()
        self.pool.close()
        for fault in self.layers.close():
            self.note(fault)

    def _mounted(
        self, device: BlockDevice, before: list[BlockDevice], survey: Survey
    ) -> DirectoryTree | None:
        """The tree on DEVICE; None, and a line that says why, where there is none to be read.

        BEFORE are the devices that are mounted already.
        """
        if device.fault:
            survey.faults.append(f"{device.path}: {device.fault}")
        about = f"{device.path} ({format_size(device.size)})"
        if device.silent:
            survey.looked.append(f"{about}: left out, its disk does not answer")
            return None
        found = device.superblock
        if found is None or not found.mount:
            survey.looked.append(f"{about}: holds {_what(device)}")
            return None
        if _is_here(device, about, before, survey):
            return None
        try:
            tree = self.pool.mount(device)
        except (UrootError, OSError) as error:
            survey.faults.append(f"{device.path}: {error}")
            if isinstance(error, StuckError):
                for other in survey.devices:
                    other.silent = other.silent or other.disk == device.disk
            return None
        names = (("label", device.label), ("uuid", device.uuid), ("partlabel", device.partlabel))
        words = [found.type, *(f"{key}={value}" for key, value in names if value)]
        survey.looked.append(f"{about}: mounted, {' '.join(words)}")
        return tree


def _is_here(device: BlockDevice, about: str, before: list[BlockDevice], survey: Survey) -> bool:
    """Whether the file system of DEVICE is that of one of those mounted BEFORE, which is said."""
    for other in before:
        if (other.kind, other.uuid) != (device.kind, device.uuid):
            continue
        # An image for USB sticks has itself as a partition; a btrfs may be on several devices.
        if other.name == device.disk or other.path in device.members:
            survey.looked.append(f"{about}: the file system of {other.path}")
            return True
        if device.kind == "btrfs":  # the kernel mounts only one of them
            survey.looked.append(f"{about}: holds a copy of {other.path}, not mounted")
            return True
        if device.uuid:
            survey.looked.append(f"{about}: a copy of {other.path}, with the same UUID")
    return False


def _what(device: BlockDevice) -> str:
    """What a device that cannot be mounted holds."""
    if not device.size:
        return "no medium"
    if device.superblock:
        usual = _UNUSED.get(device.superblock.use, "")
        return f"{device.kind}{_STRANGE.get(device.kind, usual)}"
    if device.table:
        return f"a {device.table} partition table"
    if device.partition and device.partition.type in EXTENDED:
        return "the logical partitions"
    return "nothing that is known"


def _grub_name(device: BlockDevice, devices: list[BlockDevice], survey: Survey) -> str:
    """``hd0,gpt2`` as GRUB would call it; the order of the disks is a guess, as it is in GRUB."""
    for other in devices:
        if not other.names:
            survey.place_of(other.disk)
    # Ref: GRUB's cryptodisk.c: a volume that is unlocked is called by its UUID.
    kind, _, rest = HERE.text(f"/sys/class/block/{device.name}/dm/uuid").partition("-")
    if kind == "CRYPT" and rest.startswith("LUKS"):
        return f"cryptouuid/{rest.split('-')[1]}"
    name = device.names[0] if device.names else f"hd{survey.place_of(device.disk)}"
    if not device.number:
        return name
    table = next((other.table for other in devices if other.name == device.disk), "")
    return f"{name},{'msdos' if table == 'dos' else table}{device.number}"


def _aliases(device: BlockDevice) -> list[str]:
    """What else GRUB calls a volume that lies on others: by its UUID."""
    part = f",{device.number}" if device.number else ""
    return [f"{name}{part}" for name in device.names]
