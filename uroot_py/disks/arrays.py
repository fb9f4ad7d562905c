"""Linux md's arrays, put together read-only of the devices that are here and current.

``assemble`` is done in a child (disks.layers) and sends what it has made.
"""

from __future__ import annotations

import os

from uroot_py.abi import block, md
from uroot_py.abi.devmapper import Target
from uroot_py.base.errors import FormatError, UrootError
from uroot_py.disks import mapper
from uroot_py.formats.disk import md as superblocks
from uroot_py.machine.modules import Modules
from uroot_py.machine.sysroot import HERE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from uroot_py.disks.blockdev import BlockDevice
    from uroot_py.formats.disk.md import Array, Member
    from uroot_py.machine.child import Send

_MODULES = {4: "raid456", 5: "raid456", 6: "raid456"}


def examine(device: BlockDevice) -> Member:
    """What the superblock of DEVICE says; FormatError, also where it cannot be read."""

    def read(offset: int, size: int) -> bytes:
        return device.read_raw(offset, size) or b""

    return superblocks.find(read, device.size)


def assemble(
    devices: list[BlockDevice],
    have: Mapping[str, int],
    send: Send,
    *,
    name: str = "",
    patient: bool = False,
) -> None:
    """Put together every array that DEVICES are parts of and that is not in HAVE.

    HAVE has the UUIDs of those that are, and their counts of events. NAME is what an array shall be
    called. PATIENT leaves those that lack a device that may still come.

    Sends ``("line", key, text)``; ``("protected", path)``; ``("later", key)`` of what was left so;
    ``("stale", key)`` of what is in HAVE and has a device that is newer; and ``("made", kind, name,
    kernel's name, key, events, names, below)`` with GRUB's names for it and the kernel's names of
    what it lies on.
    """
    found: dict[str, list[tuple[Member, BlockDevice]]] = {}
    for device in devices:
        try:
            member = examine(device)
        except FormatError as error:
            send("line", device.path, f"{device.path}: {error}")
            continue
        found.setdefault(member.uuid, []).append((member, device))
    for uuid, pairs in found.items():
        array = superblocks.gather(member for member, _ in pairs)
        if uuid in have and array.head.events > have[uuid] + 1:
            send("stale", uuid)
        if uuid in have or any(held(device) for _, device in pairs):
            continue
        paths = {id(member): device.path for member, device in pairs}
        title = f"{array.head.kind} {array.head.name or uuid}"
        try:
            superblocks.check(array)
            if patient and array.missing:
                send("line", uuid, f"{title}: waits for {array.missing} more of its devices")
                send("later", uuid)
                continue
            made = _run(array, paths, name, send)
        except (UrootError, OSError) as error:
            send("line", uuid, f"{title}: not put together: {error}")
            continue
        send("line", uuid, _line(made, title, array, paths))
        names = [f"mduuid/{uuid.replace('-', '')}"]
        if array.head.name:
            names.insert(0, f"md/{array.head.name.rpartition(':')[2]}")
        kind = "dm" if made.startswith("/dev/mapper/") else "md"
        label = made.rpartition("/")[2]
        own = mapper.kernel_name(label) if kind == "dm" else label
        used = set(map(id, array.slots.values()))
        below = [device.name for member, device in pairs if id(member) in used]
        send("made", kind, label, own, uuid, array.head.events, names, below)


def held(device: BlockDevice) -> bool:
    """Whether something lies on DEVICE already."""
    return bool(HERE.names(f"/sys/class/block/{device.name}/holders"))


def _line(made: str, title: str, array: Array, paths: dict[int, str]) -> str:
    used = " ".join(paths[id(member)] for _, member in sorted(array.slots.items()))
    line = f"{made}: {title}, read-only, on {used}"
    if array.missing:
        line += f"; degraded, {array.missing} of {array.head.raid_disks} devices missing"
    if array.dirty:
        line += "; it was not shut down cleanly"
    for member, why in array.left_out:
        line += f"; {paths[id(member)]} left out: {why}"
    return line


def _run(array: Array, paths: dict[int, str], name: str, send: Send) -> str:
    """Have ARRAY work; its path. KernelError, RefusedError."""
    head = array.head
    for member in array.slots.values():
        path = paths[id(member)]
        if block.protect(path):
            send("protected", path)
    if head.level == -1:  # Linux 6.8 has no such level any more
        return _linear(array, paths, name)
    modules = Modules()
    modules.load_all(["md_mod"])  # may be built in without a list of what is: create() says more
    modules.load(_MODULES.get(head.level, head.kind))
    made = name or md.free_name()
    md.create(made)
    parts = [
        md.Part(paths[id(member)], slot, member.data_offset, member.size or member.data_size)
        for slot, member in sorted(array.slots.items())
    ]
    resync = head.resync if array.dirty else None
    try:
        md.run_readonly(
            made, head.kind, parts,
            disks=head.raid_disks, layout=head.layout, chunk=head.chunk, size=head.size,
            resync=resync,
        )  # fmt: skip
    except UrootError:
        md.stop(made)
        raise
    # Its partitions are looked for when it is opened.
    os.close(os.open(f"/dev/{made}", os.O_RDONLY | os.O_CLOEXEC))
    return f"/dev/{made}"


def _linear(array: Array, paths: dict[int, str], name: str) -> str:
    targets, at = [], 0
    chunk = array.head.chunk // 512 or 1
    for _, member in sorted(array.slots.items()):
        size = member.data_size // chunk * chunk
        words = f"{mapper.number(paths[id(member)])} {member.data_offset}"
        targets.append(Target(at, size, "linear", words))
        at += size
    label = name or f"md-{array.head.name.rpartition(':')[2] or array.head.uuid}"
    return mapper.activate(label.replace("/", "_"), targets, uuid=f"MD-{array.head.uuid}")
