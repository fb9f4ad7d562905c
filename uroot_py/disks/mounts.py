"""Read-only mounts of untrusted disks, and the pool that takes every one of them away again.

The calls that can wait for a disk are made in children: one that never answers holds nobody.
"""

from __future__ import annotations

import errno
import os

from uroot_py.abi import block, loop
from uroot_py.abi.mount import (
    MNT_DETACH,
    MS_NODEV,
    MS_NOEXEC,
    MS_NOSUID,
    MS_RDONLY,
    mount,
    mounts,
    umount,
)
from uroot_py.base.errors import KernelError, RefusedError
from uroot_py.disks.blockdev import BlockDevice, Reading, devices, identify
from uroot_py.disks.tree import DirectoryTree
from uroot_py.machine.child import records
from uroot_py.machine.modules import load_for_filesystem, load_for_loop
from uroot_py.machine.sysroot import HERE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uroot_py.machine.child import Send

TOP = "/run/uroot/mnt"  # each boot has a folder of its own in it, with the name of its process
SECONDS = 10.0  # that a disk may take to be mounted, and to be let go
MAX_IMAGES = 32  # image files that one pool mounts
_SAFE = MS_RDONLY | MS_NODEV | MS_NOSUID | MS_NOEXEC


class Mounts:
    """Mounts that this object made; ``close`` (or leaving ``with``) unmounts all of them."""

    def __init__(self, top: str = "") -> None:
        if not top:
            let_go()
        self.top = top or f"{TOP}/{os.getpid()}"
        self.trees: list[DirectoryTree] = []
        self.targets: list[str] = []
        self.protected: list[str] = []
        self.images = 0

    def __enter__(self) -> Mounts:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def mount(self, volume: BlockDevice, *, writable: bool = False) -> DirectoryTree:
        """Mount VOLUME read-only without replaying its journal; RefusedError, or its StuckError.

        The device is read-only, too, until ``close``: a damaged file system would count its errors
        in it. WRITABLE mounts it as the system on it would: its journal is replayed.
        """
        found = volume.superblock
        if found is None or not found.mount:
            what = volume.kind or "no file system that is known"
            raise RefusedError(f"{volume.path}: holds {what}")
        words = [] if writable or not found.noreplay else [found.noreplay]
        words += [f"device={path}" for path in volume.members]
        if found.mount == "ext4":  # what its superblock asks for may be a panic
            words.append("errors=remount-ro" if writable else "errors=continue")
        flags = _SAFE & ~MS_RDONLY if writable else _SAFE

        def work(send: Send) -> None:
            load_for_filesystem(found.mount)
            for path in () if writable else (volume.path, *volume.members):
                if block.protect(path):
                    send("protected", path)
            send("target", self._target(volume, found.mount, flags, ",".join(words)))

        target = f"{self.top}/{volume.name.replace('!', '_')}"
        os.makedirs(target, exist_ok=True)
        self.targets.append(target)
        for kind, name in records(work, SECONDS):
            if kind == "protected":
                self.protected.append(name)
            else:
                target = name
        tree = DirectoryTree(
            target,
            uuid=volume.uuid,
            label=volume.label,
            partuuid=volume.partuuid,
            partlabel=volume.partlabel,
            fstype=found.mount,
        )
        tree.volume = volume
        self.trees.append(tree)
        return tree

    def mount_image(self, home: DirectoryTree, path: str) -> DirectoryTree:
        """Mount the image file PATH of the tree HOME, as ``mount`` does; it is named in errors.

        OSError, KernelError, RefusedError or FormatError. Its loop device goes with its mount.
        """
        self.images += 1
        if self.images > MAX_IMAGES:
            raise RefusedError(f"more than {MAX_IMAGES} images, not opened")
        load_for_loop()
        file = home.open(path)
        try:
            size = os.fstat(file).st_size
            flags = loop.LO_FLAGS_READ_ONLY | loop.LO_FLAGS_AUTOCLEAR
            device, handle = loop.attach(f"/proc/self/fd/{file}", flags=flags)
        finally:
            os.close(file)
        try:
            name = device.rpartition("/")[2]
            volume = BlockDevice(name, device, size, name, 0)
            volume.superblock = identify(device)
            return self.mount(volume)
        finally:
            os.close(handle)

    def _target(self, volume: BlockDevice, fstype: str, flags: int, data: str) -> str:
        """Mount VOLUME; where it is now."""
        target = f"{self.top}/{volume.name.replace('!', '_')}"
        try:
            mount(volume.path, target, fstype, flags, data)
        except KernelError as error:
            if error.errno != errno.EBUSY:
                raise
            # Somebody mounted it writable: that mount is read through, and stays.
            there = [line.target for line in mounts() if line.source == volume.path]
            if not there:
                raise
            return there[0]
        return target

    def giving_back(self, folders: list[str], devices: list[BlockDevice]) -> Callable[[Send], None]:
        """Work that unmounts FOLDERS and lets DEVICES be written to; it sends what went wrong."""
        targets = [path for path in folders if path.startswith(f"{self.top}/")][::-1]
        protected = [path for path in self.protected if path in {d.path for d in devices}]
        self.trees = [tree for tree in self.trees if tree.path not in targets]
        self.targets = [path for path in self.targets if path not in targets]
        self.protected = [path for path in self.protected if path not in protected]
        return lambda send: send(*_undo(targets, protected, ""))

    def close(self) -> list[str]:
        """Unmount everything, newest first; a busy one is detached. Returns what went wrong."""
        for tree in self.trees:
            tree.close()
        self.trees.clear()
        # Images are mounted by a child, too, which may have died before it could tell.
        here = [f"{self.top}/{name}" for name in HERE.names(self.top)]
        targets = list(dict.fromkeys([*self.targets, *here]))[::-1]
        self.targets.clear()
        protected, self.protected = self.protected, []
        return _undo(targets, protected, self.top)


def _undo(targets: list[str], protected: list[str], top: str) -> list[str]:
    """Unmount TARGETS, let PROTECTED devices be written to, and remove TOP; what went wrong."""
    rest = list(targets)
    faults = []

    def work(send: Send) -> None:
        for target in tuple(rest):
            _unmount(target)
            send(target)
        for path in protected:
            block.release(path)

    while rest or protected:
        try:
            for _ in records(work, SECONDS):
                rest.pop(0)
            break
        except RefusedError as error:
            if not rest:
                faults.append(str(error))
                break
            faults.append(f"{rest.pop(0)}: {error}")
    if os.path.isdir(top) and not os.listdir(top):
        os.rmdir(top)
    return faults


def _unmount(target: str) -> None:
    """Unmount the folder TARGET, if something is mounted there, and remove it."""
    try:
        umount(target, MNT_DETACH)
    except KernelError as error:
        if error.errno != errno.EINVAL:
            raise
    os.rmdir(target)


def known_by(path: str) -> dict[str, str]:
    """What the file system that is mounted on PATH is named by, as DirectoryTree takes it.

    {} where PATH is no mount of a block device. RefusedError when its disk does not answer.
    """
    target = os.path.realpath(path)
    sources = [line.source for line in mounts() if line.target == target]
    device = os.path.realpath(sources[-1]) if sources else ""
    every = devices(every=True)
    found = next((each for each in every if each.path == device), None)
    if found is None:
        return {}
    disk = [each for each in every if each.name == found.disk and each is not found]
    reading = Reading([*disk, found])
    for answer in records(reading.work, SECONDS):
        reading.take(answer)
    names = {
        "uuid": found.uuid,
        "label": found.label,
        "partuuid": found.partuuid,
        "partlabel": found.partlabel,
    }
    return {name: value for name, value in names.items() if value}


def let_go() -> None:
    """Unmount what boots that were killed have left behind, and let the devices be written to."""
    for name in HERE.names(TOP):
        if os.path.exists(f"/proc/{name}"):
            continue
        folder = f"{TOP}/{name}"
        targets = [f"{folder}/{device}" for device in HERE.names(folder)]
        sources = [line.source for line in mounts() if line.target in targets]
        _undo(targets, sources, folder)
