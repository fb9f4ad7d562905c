"""LVM2's volume groups: their logical volumes made read-only by device-mapper.

``activate`` is done in a child (disks.layers) and sends what it has made.
"""

from __future__ import annotations

from uroot_py.abi import block
from uroot_py.abi.devmapper import Target
from uroot_py.base.errors import FormatError, RefusedError, UrootError
from uroot_py.disks import mapper
from uroot_py.formats.disk import lvm, lvm_map
from uroot_py.machine.sysroot import HERE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from uroot_py.disks.blockdev import BlockDevice
    from uroot_py.formats.disk.lvm import LogicalVolume, VolumeGroup
    from uroot_py.formats.disk.lvm_map import DmRaid, Piece
    from uroot_py.machine.child import Send

MAX_PARTS = 256  # logical volumes that one is made of


class Group:
    """A volume group and the devices of it that are here, by the names of its text."""

    def __init__(self, group: VolumeGroup, known: dict[str, BlockDevice]) -> None:
        self.group = group
        self.devices = {
            name: known[volume.uuid]
            for name, volume in group.physical.items()
            if volume.uuid in known
        }

    def here(self, name: str) -> bool:
        """Whether the physical volume NAME is."""
        return name in self.devices

    def meta(self, name: str) -> DmRaid | None:
        """What the metadata volume NAME of a RAID's image says."""
        piece = lvm_map.pieces(self.group, name, self.here, lambda _: None)[0]
        area, sector = piece.areas[0]
        if area not in self.devices:
            return None
        return lvm_map.parse_meta(self.devices[area].read_raw(sector * lvm.SECTOR, 512) or b"")

    def lacking(self, volume: LogicalVolume) -> bool:
        """Whether VOLUME has copies, and a device of its group is not here."""
        copied = any(each.type in lvm_map.COPIED for each in volume.segments)
        return copied and len(self.devices) < len(self.group.physical)

    def pieces(self, name: str) -> list[Piece]:
        """What the logical volume NAME is made of; RefusedError, FormatError."""
        return lvm_map.pieces(self.group, name, self.here, self.meta)

    def ordered(self, name: str) -> list[tuple[str, list[Piece]]]:
        """The logical volumes that NAME is made of and NAME itself, each behind its parts."""
        order: dict[str, list[Piece]] = {}
        waiting = [(name, False)]
        while waiting:
            volume, done = waiting.pop()
            if done:
                order[volume] = order.pop(volume)
            elif volume not in order:
                order[volume] = self.pieces(volume)
                areas = [area for piece in order[volume] for area, _ in piece.areas]
                waiting.append((volume, True))
                waiting += [(area, False) for area in areas if area in self.group.logical]
            if len(order) > MAX_PARTS:
                raise FormatError(f"LVM logical volume {name}", 0, f"{MAX_PARTS} parts", "more")
        return list(order.items())


def read(devices: list[BlockDevice], line: Callable[[str, str], object]) -> list[Group]:
    """The volume groups on DEVICES; LINE gets a key and a text for what cannot be read."""
    known: dict[str, BlockDevice] = {}
    texts: dict[str, VolumeGroup] = {}
    for device in devices:
        window = _window(device)
        try:
            label = lvm.read_label(window)
        except FormatError as error:
            line(device.path, f"{device.path}: {error}")
            continue
        if label.uuid in known:
            first = known[label.uuid].path
            line(device.path, f"{device.path}: a copy of {first}, with the same UUID; not used")
            continue
        known[label.uuid] = device
        for area in label.areas:
            try:
                text = lvm.read_text(window, area)
                group = lvm.parse(text) if text else None
            except FormatError as error:
                line(device.path, f"{device.path}: {error}")
                continue
            if group and (group.uuid not in texts or texts[group.uuid].seqno < group.seqno):
                texts[group.uuid] = group
    return [Group(group, known) for group in texts.values()]


def _window(device: BlockDevice) -> Callable[[int, int], bytes]:
    return lambda offset, size: device.read_raw(offset, size) or b""


def activate(
    devices: list[BlockDevice],
    have: Container[str],
    send: Send,
    *,
    only: str = "",
    patient: bool = False,
) -> None:
    """Make every logical volume on DEVICES that is not in HAVE (UUIDs), or those of group ONLY.

    Sends what ``arrays.assemble`` does, and takes PATIENT as that does.
    """
    groups = read(devices, lambda key, text: send("line", key, text))
    names = [each.group.name for each in groups]
    for each in groups:
        group = each.group
        if only and only not in (group.name, group.uuid):
            continue
        # Of two groups with one name the second is known by the beginning of its UUID.
        first = names.index(group.name) == groups.index(each)
        title = group.name if first else f"{group.name}.{group.uuid[:6]}"
        if "EXPORTED" in group.status:
            send("line", group.uuid, f"volume group {title}: exported, so it is left alone")
            continue
        for device in each.devices.values():
            if block.protect(device.path):
                send("protected", device.path)
        for volume in group.logical.values():
            if not volume.visible or volume.uuid in have:
                continue
            if patient and each.lacking(volume):
                text = f"logical volume {title}/{volume.name}: waits for the rest of its devices"
                send("line", volume.uuid, text)
                send("later", volume.uuid)
                continue
            _make(each, title, volume, send)


def _make(each: Group, title: str, volume: LogicalVolume, send: Send) -> None:
    """Make VOLUME of a group that is called TITLE, or send why not."""
    where = f"{title}/{volume.name}"
    made: list[str] = []
    below: list[str] = []
    try:
        for name, pieces in each.ordered(volume.name):
            part = each.group.logical[name]
            uuid = dm_uuid(each.group, part)
            if uuid in active():
                if part is volume:
                    return
                continue
            targets = [_target(each, title, piece) for piece in pieces]
            mapper.activate(dm_name(title, name), targets, uuid=uuid)
            made.append(dm_name(title, name))
            below += [each.devices[a].name for p in pieces for a, _ in p.areas if a in each.devices]
    except (UrootError, OSError) as error:
        for name in reversed(made):
            mapper.deactivate(name)
        send("line", volume.uuid, f"logical volume {where}: not put together: {error}")
        return
    below = list(dict.fromkeys(below))
    for name in made[:-1]:
        send("made", "part", name, mapper.kernel_name(name), "", 0, [], below)
    send("line", volume.uuid, f"/dev/mapper/{made[-1]}: logical volume {where}, read-only")
    names = [f"lvm/{dm_name(title, volume.name)}", f"lvmid/{each.group.uuid}/{volume.uuid}"]
    own = mapper.kernel_name(made[-1])
    send("made", "dm", made[-1], own, volume.uuid, each.group.seqno, names, below)


def _target(each: Group, title: str, piece: Piece) -> Target:
    words = []
    for area, sector in piece.areas:
        if area in each.group.logical:
            words.append(f"{mapper.number('/dev/mapper/' + dm_name(title, area))} {sector}")
        elif area in each.devices:
            words.append(f"{mapper.number(each.devices[area].path)} {sector}")
        else:
            raise RefusedError(f"the physical volume {area} is missing")
    if piece.kind == "striped":
        words.insert(0, f"{len(words)} {piece.chunk}")
    return Target(piece.start, piece.length, piece.kind, " ".join(words))


def dm_name(group: str, volume: str) -> str:
    """Device-mapper's name of a logical volume: hyphens inside of a name are doubled."""
    return f"{group.replace('-', '--')}-{volume.replace('-', '--')}"


def dm_uuid(group: VolumeGroup, volume: LogicalVolume) -> str:
    """Device-mapper's UUID of a logical volume; what is only a part of others has a suffix."""
    # Ref: lvm2's 10-dm-lvm rules of udev: a suffix keeps what is private from being looked at.
    return f"LVM-{(group.uuid + volume.uuid).replace('-', '')}{'' if volume.visible else '-real'}"


def active() -> set[str]:
    """The UUIDs of device-mapper's devices that there are."""
    names = [name for name in HERE.names("/sys/class/block") if name.startswith("dm-")]
    return {HERE.text(f"/sys/class/block/{name}/dm/uuid").strip() for name in names}
