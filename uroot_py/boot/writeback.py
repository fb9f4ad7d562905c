"""What starting an entry leaves on the disks: GRUB's environment blocks, what counts tries.

A survey only reads. ``changes`` says what a boot loader would write before it starts an entry;
``carry_out`` writes it, for which alone a volume is mounted writable.

Ref: GNU GRUB Manual 2.06, 17.2; UAPI.1 Boot Loader Specification, "Boot counting"; CoreOS' GRUB,
gptprio.c; btrfs(5), "BOOTLOADER SUPPORT".
"""

from __future__ import annotations

import os

from uroot_py.abi.openat2 import open_in_root
from uroot_py.base.errors import FormatError, RefusedError, UrootError, explain
from uroot_py.base.text import printable
from uroot_py.bootconfig.grub import envblock
from uroot_py.disks.blockdev import BlockDevice
from uroot_py.disks.mounts import Mounts
from uroot_py.disks.tree import DirectoryTree
from uroot_py.formats.disk import partitions
from uroot_py.machine.child import records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.bootconfig.entry import BootEntry, FileRef
    from uroot_py.machine.child import Send

SECONDS = 10.0  # that the disks may take to show what is in their blocks
# GRUB's ``boot_once``: these make what is started the default, or bring an older one back.
_DEFAULTS = ("saved_entry", "prev_saved_entry")
# btrfs leaves its first MiB to boot loaders, but for its superblock.
_HEADER = 1 << 20
_SUPERBLOCK = range(64 << 10, 68 << 10)
_TRIES = 52  # the lowest of the four bits of a GPT's attributes


class Change:
    """A file to be written in place, or renamed to ``name``; ``text`` says it to people.

    With ``pieces``, (offset, bytes) each, it is the device ``path`` that they are written to.
    """

    __slots__ = ("block", "directory", "name", "path", "pieces", "text", "volume")

    def __init__(self, tree: DirectoryTree, path: str, text: str) -> None:
        self.volume: BlockDevice | None = tree.volume  # None: a directory of this machine
        self.directory = tree.path
        self.path = path
        self.name = ""
        self.block = b""
        self.pieces: list[tuple[int, bytes]] = []
        self.text = printable(f"{path}: {text}")


_PLAIN = ("directory", "block", "name", "path", "pieces", "text")  # all but the volume


def changes(entry: BootEntry, *, once: bool = False) -> tuple[list[Change], list[str]]:
    """What a start of ENTRY changes on its volumes, and a line for each thing that cannot be.

    ONCE leaves the default as it is. A block that would stay the same is no change.
    """
    found: list[Change] = []
    faults: list[str] = []
    blocks: dict[FileRef, dict[str, str | None]] = {}
    for ref, name, value in entry.saves:
        if not once or name not in _DEFAULTS:
            blocks.setdefault(ref, {})[name] = value
    for ref, wanted in blocks.items():
        try:
            if isinstance(ref.tree, DirectoryTree):
                found += _changed(ref.tree, ref, wanted)
        except FormatError as error:
            device = ref.tree.volume if isinstance(ref.tree, DirectoryTree) else None
            where = ref if ref.path or device is None else device.path
            faults.append(printable(f"{where}: {error}"))
    if entry.rename:
        ref, name = entry.rename
        if isinstance(ref.tree, DirectoryTree):
            found.append(Change(ref.tree, ref.path, f"renamed to {name.rpartition('/')[2]}"))
            found[-1].name = name
    return found, faults


def looked_up(
    entries: list[BootEntry], *, once: bool = False
) -> list[tuple[list[Change], list[str]]]:
    """``changes`` for each of ENTRIES, in a child that reads their blocks; RefusedError."""

    def work(send: Send) -> None:
        for entry in entries:
            found, faults = changes(entry, once=once)
            send([[getattr(change, name) for name in _PLAIN] for change in found], faults)

    answers = []
    for entry, (rows, faults) in zip(entries, records(work, SECONDS), strict=True):
        trees = [ref.tree for ref in entry.files() if isinstance(ref.tree, DirectoryTree)]
        found = []
        for row in rows:
            change = Change(next(tree for tree in trees if tree.path == row[0]), "", "")
            for name, value in zip(_PLAIN, row, strict=True):
                setattr(change, name, value)
            found.append(change)
        answers.append((found, faults))
    return answers


def _changed(tree: DirectoryTree, ref: FileRef, wanted: dict[str, str | None]) -> list[Change]:
    """The change of what REF on TREE is; none where nothing is different."""
    if ref.path:
        data = tree.read(ref.path, envblock.MAX_SIZE + 1)
        return _block(Change(tree, ref.path, ""), data, wanted) if data is not None else []
    if tree.volume is None:  # a directory of this machine has no device
        return []
    if ref.part is None:
        return _tries(tree, tree.volume, int(wanted["tries"] or "0"))
    offset, size = ref.part
    free = offset + size <= _HEADER and not range(
        max(offset, _SUPERBLOCK.start), min(offset + size, _SUPERBLOCK.stop)
    )
    if tree.fstype != "btrfs" or not free:
        expected = "sectors that btrfs leaves free"
        raise FormatError("GRUB environment block", offset, expected, "others")
    change = Change(tree, tree.volume.path, "")
    found = _block(change, tree.volume.read_raw(offset, size) or b"", wanted)
    change.pieces = [(offset, change.block)]
    return found


def _tries(tree: DirectoryTree, volume: BlockDevice, left: int) -> list[Change]:
    """The change of the tries LEFT in VOLUME's row of its disk's table."""
    if volume.partition is None:
        return []
    folder, _, _ = volume.path.rpartition("/")
    disk = BlockDevice(volume.disk, f"{folder}/{volume.disk.rpartition('!')[2]}", 0, volume.disk, 0)
    attributes = volume.partition.attributes & ~(15 << _TRIES) | left << _TRIES
    change = Change(tree, disk.path, f"tries left of {volume.path}: {left}")
    change.pieces = partitions.with_attributes(
        lambda offset, size: disk.read_raw(offset, size) or b"", volume.number, attributes
    )
    return [change]


def _block(change: Change, data: bytes, wanted: dict[str, str | None]) -> list[Change]:
    """CHANGE with the environment block DATA as WANTED; nothing where that is no difference."""
    if len(data) > envblock.MAX_SIZE:
        raise FormatError("GRUB environment block", 0, f"at most {envblock.MAX_SIZE} bytes", "more")
    now = envblock.parse(data)
    wanted = {name: value for name, value in wanted.items() if now.get(name) != value}
    if not wanted:
        return []
    words = [
        f"{name} removed" if value is None else f"{name}={value}" for name, value in wanted.items()
    ]
    change.text = printable(f"{change.path}: {', '.join(words)}")
    change.block = envblock.build(data, wanted)
    return [change]


def carry_out(wanted: list[Change], top: str = "") -> list[str]:
    """Write what is WANTED, mounted below TOP; a line for each thing that could not be.

    Raises nothing. The mounts that the changes were found through must be gone: a volume is
    writable as a whole. A child writes, so that a disk that does not answer stops nobody.
    """
    try:
        ((faults,),) = records(lambda send: send(_written(wanted, top)))
        return list(faults)
    except RefusedError as error:
        return [f"{change.text}: not written: {error}" for change in wanted]


def _written(wanted: list[Change], top: str) -> list[str]:
    faults = []
    for change in wanted:
        try:
            _write_raw(change)
        except OSError as error:
            faults.append(f"{change.text}: not written: {explain(error)}")
    with Mounts(top) as pool:
        trees: dict[str, DirectoryTree] = {}
        for change in wanted:
            if change.pieces:
                continue
            try:
                if change.directory not in trees:
                    trees[change.directory] = _writable(change, pool)
                _write(trees[change.directory], change)
            except (UrootError, OSError) as error:
                faults.append(f"{change.text}: not written: {explain(error)}")
        for tree in trees.values():
            tree.close()
    return faults


def _write_raw(change: Change) -> None:
    """Write the pieces of CHANGE to its device, each on the medium before the next."""
    if not change.pieces:
        return
    handle = os.open(change.path, os.O_RDWR | os.O_CLOEXEC)
    try:
        for offset, data in change.pieces:
            while data:
                written = os.pwrite(handle, data, offset)
                offset, data = offset + written, data[written:]
            os.fsync(handle)
    finally:
        os.close(handle)


def _writable(change: Change, pool: Mounts) -> DirectoryTree:
    if change.volume is None:
        return DirectoryTree(change.directory)
    return pool.mount(change.volume, writable=True)


def _write(tree: DirectoryTree, change: Change) -> None:
    folder, _, old = change.path.rpartition("/")
    if change.name:
        handle = open_in_root(tree.root, folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            new = change.name.rpartition("/")[2]
            os.rename(old, new, src_dir_fd=handle, dst_dir_fd=handle)
            os.fsync(handle)
        finally:
            os.close(handle)
        return
    handle = tree.open(change.path, os.O_RDWR)
    try:
        # In place, of the same size: a boot loader knows the blocks of the file, not its inode.
        if os.fstat(handle).st_size != len(change.block):
            raise RefusedError(f"its size is no longer {len(change.block)} bytes")
        os.pwrite(handle, change.block, 0)
        os.fsync(handle)
    finally:
        os.close(handle)
