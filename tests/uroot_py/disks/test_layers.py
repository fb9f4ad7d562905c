"""Layers: what is on top of what."""

from uroot_py.disks.blockdev import BlockDevice
from uroot_py.disks.layers import Layers
from uroot_py.formats.disk.superblock import Superblock


def device(name, kind, use):
    found = BlockDevice(name, f"/dev/{name}", 1 << 20, name, 0)
    found.superblock = Superblock(kind, use=use)
    return found


def test_what_is_encrypted_waits():
    layers = Layers()
    luks = device("sda", "crypto_LUKS", "crypto")
    assert layers.add([luks, device("sdb", "ext4", "filesystem")]) == []
    assert layers.locked == [luks]
