"""Volumes that lie on other devices, put together read-only: until nothing new comes of them.

What is put together is a block device as any other, and may be a part of the next.
"""

from __future__ import annotations

from uroot_py.machine.sysroot import HERE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.disks.blockdev import BlockDevice
    from uroot_py.machine.sysroot import Sysroot


class Layers:
    """The volumes on top of devices that this object put together, until ``close``.

    ``locked`` are the devices that hold an encrypted volume and wait for a passphrase; ``lines``
    say what was done, and what was not and why.
    """

    def __init__(self, machine: Sysroot = HERE) -> None:
        self.machine = machine
        self.locked: list[BlockDevice] = []
        self.lines: list[str] = []
        self.known: list[BlockDevice] = []  # every device that was handed in or made

    def add(self, devices: list[BlockDevice]) -> list[BlockDevice]:
        """Put together what became possible with DEVICES; the new devices, lower ones first."""
        made: list[BlockDevice] = []
        self.known += devices
        self.locked += [
            device for device in devices if device.superblock and device.superblock.use == "crypto"
        ]
        return made

    def close(self) -> list[str]:
        """Take down all that was made, top first; what went wrong."""
        return []
