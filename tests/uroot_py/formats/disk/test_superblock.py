"""What a device holds: images made by the real tools, values as blkid prints them."""

import lzma
import struct
import uuid
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.formats.disk.superblock import identify

DATA = Path(__file__).parents[3] / "data" / "superblocks"
U = "11111111-2222-3333-4444-5555555555"


def reader(image):
    return lambda offset, size: image[offset : offset + size]


@pytest.mark.parametrize(
    ("file", "kind", "ident", "label", "mount"),
    [
        ("ext2", "ext2", f"{U}02", "two", "ext4"),
        ("ext3", "ext3", f"{U}03", "three", "ext4"),
        ("ext4", "ext4", f"{U}04", "root", "ext4"),
        ("jbd", "jbd", f"{U}05", "journal", ""),
        ("xfs", "xfs", f"{U}06", "ecks", "xfs"),
        ("btrfs", "btrfs", f"{U}07", "butter fs", "btrfs"),
        ("f2fs", "f2fs", f"{U}08", "flash", "f2fs"),
        ("erofs", "erofs", f"{U}09", "", "erofs"),
        ("squashfs", "squashfs", "", "", "squashfs"),
        ("iso9660", "iso9660", "2026-11-21-08-19-34-00", "DEBIAN_CD", "iso9660"),
        ("vfat12", "vfat", "1234-ABCD", "TWELVE", "vfat"),
        ("vfat16", "vfat", "1234-ABCE", "", "vfat"),
        ("vfat32", "vfat", "1234-ABCF", "EFI SYSTEM", "vfat"),
        ("swap", "swap", f"{U}0a", "swappy", ""),
        ("luks1", "crypto_LUKS", f"{U}0b", "", ""),
        ("luks2", "crypto_LUKS", f"{U}0c", "crypt", ""),
        ("lvm", "LVM2_member", "JtV4UU-dMz7-pBmc-s26T-tqvj-4xJ7-9HwreK", "", ""),
    ],
)
def test_agrees_with_blkid(file, kind, ident, label, mount):
    image = lzma.decompress((DATA / f"{file}.xz").read_bytes())
    found = identify(reader(image), len(image))
    assert found is not None
    assert (found.type, found.uuid, found.label, found.mount) == (kind, ident, label, mount)


def make_mdraid(version, at, size=1 << 20):
    """A raid member as include/uapi/linux/raid/md_p.h lays it out."""
    image = bytearray(size)
    ident = uuid.UUID(f"{U}0d").bytes
    if version == 0:
        first, *others = struct.unpack(">4I", ident)  # numbers, as mdadm prints them
        head = struct.pack("<IIIIIII", 0xA92B4EFC, 0, 90, 0, 0, first, 0)
        head = head.ljust(52, b"\0") + struct.pack("<3I", *others)
    else:
        head = struct.pack("<IIII16s32s", 0xA92B4EFC, 1, 0, 0, ident, b"host:array")
    image[at : at + len(head)] = head
    return bytes(image)


@pytest.mark.parametrize(
    ("at", "magic", "kind"),
    [
        (-1024, b"Intel Raid ISM Cfg Sig. 1.3.00", "isw_raid_member"),
        (-512, b"\xde\x11\xde\x11", "ddf_raid_member"),
    ],
)
def test_a_firmwares_raid(at, magic, kind):
    image = bytearray(1 << 20)
    image[at : at + len(magic) if at + len(magic) else None] = magic
    found = identify(reader(bytes(image)), len(image))
    assert found
    assert (found.type, found.use, found.mount) == (kind, "raid", "")


@pytest.mark.parametrize(
    ("version", "at", "label"),
    [
        pytest.param(0, (1 << 20) - 65536, "", id="0.90 in the last 64 KiB block"),
        pytest.param(1, (1 << 20) - 8192, "host:array", id="1.0 near the end"),
        pytest.param(1, 0, "host:array", id="1.1 at the start"),
        pytest.param(1, 4096, "host:array", id="1.2 at 4 KiB"),
    ],
)
def test_mdraid(version, at, label):
    image = make_mdraid(version, at)
    found = identify(reader(image), len(image))
    assert found is not None
    assert (found.type, found.uuid, found.label, found.use) == (
        "linux_raid_member",
        f"{U}0d",
        label,
        "raid",
    )


def test_a_raid_member_wins_over_the_file_system_inside_it():
    image = bytearray(lzma.decompress((DATA / "ext4.xz").read_bytes()))
    image[4096 : 4096 + 72] = make_mdraid(1, 0)[:72]
    found = identify(reader(bytes(image)), len(image))
    assert found is not None
    assert found.type == "linux_raid_member"


def test_zfs_uberblock():
    image = bytearray(1 << 20)
    image[0x20000 + 5 * 1024 : 0x20000 + 5 * 1024 + 8] = (0x00BAB10C).to_bytes(8, "little")
    found = identify(reader(bytes(image)), len(image))
    assert found is not None
    assert (found.type, found.mount) == ("zfs_member", "")


def test_an_empty_device_holds_nothing():
    assert identify(reader(bytes(1 << 20)), 1 << 20) is None
    assert identify(reader(b""), 0) is None


MAGICS = [(0x438, b"\x53\xef"), (0, b"XFSB"), (0x10040, b"_BHRfS_M"), (510, b"\x55\xaa"),
          (0x8000, b"\x01CD001"), (1024, b"\x10\x20\xf5\xf2"), (1024, b"\xe2\xe1\xf5\xe0"),
          (0, b"hsqs"), (4086, b"SWAPSPACE2"), (0, b"LUKS\xba\xbe"), (512, b"LABELONE"),
]  # fmt: skip


@given(st.sampled_from(MAGICS), st.binary(max_size=256), st.integers(0, 70000))
def test_hostile_bytes_never_raise(magic, noise, length):
    at, mark = magic
    image = bytearray(0x10400)
    image[at : at + len(mark) + len(noise)] = mark + noise
    identify(reader(bytes(image[:length])), length)
