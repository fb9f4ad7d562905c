"""depmod's files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.formats.kernel.modules_dep import (
    Dependencies,
    module_name,
    parse_alias,
    parse_builtin,
    parse_softdep,
)

DEP = """kernel/fs/fat/vfat.ko: kernel/fs/fat/fat.ko
kernel/fs/fat/fat.ko:
kernel/fs/btrfs.ko.xz: kernel/crypto/xor.ko.xz kernel/lib/raid6_pq.ko.xz kernel/lib/libcrc32c.ko.xz
kernel/crypto/xor.ko.xz:
kernel/lib/raid6_pq.ko.xz:
kernel/lib/libcrc32c.ko.xz:
kernel/drivers/virtio/virtio-pci.ko: kernel/drivers/virtio/virtio.ko
kernel/drivers/virtio/virtio.ko:
"""


def test_order_puts_needed_modules_first():
    dependencies = Dependencies(DEP)
    assert dependencies.order(["vfat", "virtio-pci", "fat"]) == [
        "fat",
        "vfat",
        "virtio",
        "virtio_pci",
    ]
    assert dependencies.order(["btrfs"]) == ["libcrc32c", "raid6_pq", "xor", "btrfs"]
    assert dependencies.paths["virtio_pci"] == "kernel/drivers/virtio/virtio-pci.ko"


def test_a_stranger_is_named():
    with pytest.raises(KeyError, match="zfs"):
        Dependencies(DEP).order(["vfat", "zfs"])


SOFTDEP = """# Soft dependencies extracted from modules themselves.
softdep btrfs pre: crc32c_intel xxhash_generic
softdep btrfs pre: fat
softdep libcrc32c pre: crc32c_intel post: vfat
softdep fat pre: btrfs
softdep cifs gcm
softdep vfio post: vfio_iommu_type1
"""


def test_soft_dependencies_come_first_where_they_exist():
    soft = parse_softdep(SOFTDEP)
    assert soft == {
        "btrfs": ["crc32c_intel", "xxhash_generic", "fat"],
        "libcrc32c": ["crc32c_intel"],
        "fat": ["btrfs"],
    }
    dep = DEP + "kernel/crypto/xxhash_generic.ko:\nkernel/crypto/crc32c-intel.ko:\n"
    order = Dependencies(dep, {**soft, "fat": []}).order(["btrfs"])
    assert order == [
        "fat",
        "xxhash_generic",
        "crc32c_intel",
        "libcrc32c",
        "raid6_pq",
        "xor",
        "btrfs",
    ]
    assert Dependencies(DEP, soft).order(["vfat"])[-1] == "vfat"  # a circle of wishes ends


@given(st.sets(st.sampled_from(sorted(Dependencies(DEP).paths))))
def test_order_is_complete_and_sound(names):
    dependencies = Dependencies(DEP)
    order = dependencies.order(names)
    assert len(order) == len(set(order))
    assert names <= set(order)
    for at, name in enumerate(order):
        assert set(dependencies.needs[name]) <= set(order[:at])


def test_alias_and_builtin():
    text = "# Aliases\nalias pci:v00001AF4d*sv*sd*bc*sc*i* virtio_pci\nalias fs-vfat vfat\n"
    assert parse_alias(text) == [
        ("pci:v00001AF4d*sv*sd*bc*sc*i*", "virtio_pci"),
        ("fs-vfat", "vfat"),
    ]
    assert parse_builtin("kernel/fs/ext4/ext4.ko\nkernel/drivers/nvme/host/nvme-core.ko\n") == {
        "ext4",
        "nvme_core",
    }
    assert module_name("a/b/nls-ascii.ko.zst") == "nls_ascii"
