"""Read-only mounts of untrusted disks, and the pool that takes every one of them away again."""

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
from uroot_py.disks.blockdev import BlockDevice, identify
from uroot_py.disks.tree import DirectoryTree
from uroot_py.machine.modules import load_for_filesystem, load_for_loop

TOP = "/run/uroot/mnt"
MAX_IMAGES = 32  # image files that one pool mounts
_SAFE = MS_RDONLY | MS_NODEV | MS_NOSUID | MS_NOEXEC


class Mounts:
    """Mounts that this object made; ``close`` (or leaving ``with``) unmounts all of them."""

    def __init__(self, top: str = TOP) -> None:
        self.top = top
        self.trees: list[DirectoryTree] = []
        self.targets: list[str] = []
        self.protected: list[str] = []
        self.images = 0

    def __enter__(self) -> Mounts:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def mount(self, volume: BlockDevice, *, writable: bool = False) -> DirectoryTree:
        """Mount VOLUME read-only without replaying its journal; KernelError or RefusedError.

        The device is read-only, too, until ``close``: a damaged file system would count its errors
        in it. WRITABLE mounts it as the system on it would: its journal is replayed.
        """
        found = volume.superblock
        if found is None or not found.mount:
            what = volume.kind or "no file system that is known"
            raise RefusedError(f"{volume.path}: holds {what}")
        load_for_filesystem(found.mount)
        words = [] if writable or not found.noreplay else [found.noreplay]
        words += [f"device={path}" for path in volume.members]
        if found.mount == "ext4":  # what its superblock asks for may be a panic
            words.append("errors=remount-ro" if writable else "errors=continue")
        flags = _SAFE & ~MS_RDONLY if writable else _SAFE
        if not writable:
            self.protected += filter(block.protect, [volume.path, *volume.members])
        target = self._target(volume, found.mount, flags, ",".join(words))
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
        target = f"{self.top}/{volume.name.replace('!', '_')}"
        new = not os.path.isdir(target)
        os.makedirs(target, exist_ok=True)
        try:
            mount(volume.path, target, fstype, flags, data)
        except KernelError as error:
            if new:
                os.rmdir(target)
            if error.errno != errno.EBUSY:
                raise
            # Somebody mounted it writable: that mount is read through, and stays.
            there = [line.target for line in mounts() if line.source == volume.path]
            if not there:
                raise
            return there[0]
        self.targets.append(target)
        return target

    def close(self) -> list[str]:
        """Unmount everything, newest first; a busy one is detached. Returns what went wrong."""
        faults = []
        for tree in self.trees:
            tree.close()
        self.trees.clear()
        # Images are mounted by a child, too, which may have died before it could tell.
        images = f"{self.top}/loop"
        found = [line.target for line in mounts() if line.target.startswith(images)]
        targets = list(dict.fromkeys([*self.targets, *found]))
        self.targets.clear()
        while targets:
            target = targets.pop()
            try:
                umount(target, MNT_DETACH)
                os.rmdir(target)
            except (KernelError, OSError) as error:
                faults.append(str(error))
        while self.protected:
            block.release(self.protected.pop())
        return faults
