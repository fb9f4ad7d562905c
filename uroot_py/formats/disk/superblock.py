"""What a block device holds: file systems, encrypted and layered volumes, swap.

``identify`` reads a few small windows of a device and names what it finds, with UUID and label.
Ref: Documentation/filesystems/ext4/super.rst, fs/xfs/libxfs/xfs_format.h, btrfs's on-disk format,
the FAT specification (fatgen103), ECMA-119, include/linux/f2fs_fs.h, fs/squashfs/squashfs_fs.h,
fs/erofs/erofs_fs.h, the LUKS1 and LUKS2 on-disk formats, lvm2 format_text/layout.h, md(4),
OpenZFS vdev labels.
"""

from __future__ import annotations

from uroot_py.base.layout import Layout, raw, u8, u16, u32
from uroot_py.base.reader import as_bytes, number_at, numbers
from uroot_py.base.text import utf16le

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal

    Read = Callable[[int, int], bytes]
    Use = Literal["filesystem", "crypto", "raid", "other"]


class Superblock:
    """What was found: ``type`` (blkid's word), ``uuid`` and ``label`` as text, and its use.

    ``mount`` is the name of the kernel's file system, empty for what cannot be mounted;
    ``noreplay`` are the mount options that keep a read-only mount from writing. A file system on
    several ``devices`` knows this one as number ``member``.
    """

    __slots__ = ("devices", "label", "member", "mount", "noreplay", "type", "use", "uuid")

    def __init__(
        self,
        kind: str,
        *,
        uuid: str = "",
        label: str = "",
        use: Use = "filesystem",
        mount: str = "",
        noreplay: str = "",
    ) -> None:
        self.type = kind
        self.uuid = uuid
        self.label = label
        self.use = use
        self.mount = mount
        self.noreplay = noreplay
        self.devices = 1
        self.member = 0

    def __repr__(self) -> str:
        return f"<Superblock {self.type} uuid={self.uuid!r} label={self.label!r}>"


class Ext(Layout, size=264, title="ext superblock"):
    """At byte 1024."""

    s_magic = u16(0x38)
    s_feature_compat = u32(0x5C)
    s_feature_incompat = u32(0x60)
    s_feature_ro_compat = u32(0x64)
    s_uuid = raw(0x68, 16)
    s_volume_name = raw(0x78, 16)


class Fat(Layout, size=512, title="FAT boot sector"):
    """At byte 0."""

    bytes_per_sector = u16(11)
    sectors_per_cluster = u8(13)
    reserved_sectors = u16(14)
    fats = u8(16)
    root_entries = u16(17)
    sectors_per_fat = u16(22)
    root_cluster = u32(44)
    signature = raw(510, 2)


_SUPER = 1024
_COMPAT_HAS_JOURNAL = 4
_EXT4_ONLY = 0x0040 | 0x0080 | 0x0200 | 0x2000  # extents, 64bit, flex_bg, csum_seed
_EXT4_ONLY_RO = 0x0008 | 0x0010 | 0x0020 | 0x0040 | 0x0400  # huge files ... metadata checksums
_INCOMPAT_JOURNAL_DEV = 8


def dashed(data: bytes) -> str:
    """Sixteen bytes as a UUID in lower case; all zero gives ''."""
    if not any(data):
        return ""
    return grouped(data.hex(), 8, 4, 4, 4, 12)


def grouped(text: str, *sizes: int) -> str:
    """TEXT in groups of SIZES characters with dashes between them."""
    parts = []
    for size in sizes:
        parts.append(text[:size])
        text = text[size:]
    return "-".join(parts)


def name(data: bytes, encoding: str = "utf-8") -> str:
    """A padded label as text."""
    return data.decode(encoding, "replace").split("\0")[0].rstrip()


def _ext(read: Read) -> Superblock | None:
    data = read(_SUPER, Ext.size)
    if len(data) < Ext.size:
        return None
    view = Ext(data)
    if view.s_magic != 0xEF53:
        return None
    uuid, label = dashed(view.s_uuid), name(view.s_volume_name)
    if view.s_feature_incompat & _INCOMPAT_JOURNAL_DEV:
        return Superblock("jbd", uuid=uuid, label=label, use="other")
    if view.s_feature_incompat & _EXT4_ONLY or view.s_feature_ro_compat & _EXT4_ONLY_RO:
        kind = "ext4"
    else:
        kind = "ext3" if view.s_feature_compat & _COMPAT_HAS_JOURNAL else "ext2"
    # The ext4 driver mounts all three; the other two are often not built.
    return Superblock(kind, uuid=uuid, label=label, mount="ext4", noreplay="noload")


def _xfs(read: Read) -> Superblock | None:
    data = read(0, 120)
    if data[:4] != b"XFSB" or len(data) < 120:
        return None
    return Superblock(
        "xfs",
        uuid=dashed(data[32:48]),
        label=name(data[108:120]),
        mount="xfs",
        noreplay="norecovery,nouuid",  # a copy may be mounted beside its original
    )


def _btrfs(read: Read) -> Superblock | None:
    data = read(0x10000, 0x22B)
    if data[0x40:0x48] != b"_BHRfS_M" or len(data) < 0x22B:
        return None
    uuid, label = dashed(data[0x20:0x30]), name(read(0x1012B, 256))
    found = Superblock("btrfs", uuid=uuid, label=label, mount="btrfs")
    found.noreplay = "rescue=nologreplay"
    found.devices = number_at(data, 0x88, 8)  # num_devices
    found.member = number_at(data, 0xC9, 8)  # dev_item.devid
    return found


def _fat(read: Read) -> Superblock | None:
    data = read(0, Fat.size)
    if len(data) < Fat.size:
        return None
    view = Fat(data)
    sector, cluster = view.bytes_per_sector, view.sectors_per_cluster
    plausible = (
        view.signature == b"\x55\xaa"
        and sector in (512, 1024, 2048, 4096)
        and cluster
        and not cluster & (cluster - 1)
        and view.reserved_sectors
        and view.fats in (1, 2)
    )
    if not plausible:
        return None
    wide = view.sectors_per_fat == 0
    if not wide and data[54:57] != b"FAT":
        return None
    serial = data[67:71] if wide else data[39:43]
    label = data[71:82] if wide else data[43:54]
    root = _fat_label(read, view, wide=wide)
    text = root or ("" if label.startswith(b"NO NAME") else name(label, "latin-1"))
    uuid = f"{serial[3]:02X}{serial[2]:02X}-{serial[1]:02X}{serial[0]:02X}"
    return Superblock("vfat", uuid=uuid, label=text, mount="vfat")


def _fat_label(read: Read, view: Fat, *, wide: bool) -> str:
    """The volume label of the root directory's first cluster, which wins over the boot sector."""
    sector = view.bytes_per_sector
    if wide:
        sectors = number_at(view.data, view.base + 36, 4)
        cluster = (view.root_cluster - 2) * view.sectors_per_cluster
        start = view.reserved_sectors + view.fats * sectors + cluster
        size = view.sectors_per_cluster * sector
    else:
        start = view.reserved_sectors + view.fats * view.sectors_per_fat
        size = view.root_entries * 32
    data = read(start * sector, min(size, 65536))
    for at in range(0, len(data) - 31, 32):
        entry = data[at : at + 32]
        if entry[0] == 0:
            break
        if entry[0] != 0xE5 and entry[11] & 0x3F == 0x08:
            return name(entry[:11], "latin-1")
    return ""


def _iso9660(read: Read) -> Superblock | None:
    data = read(0x8000, 2048)
    if data[:6] != b"\x01CD001" or len(data) < 2048:
        return None
    stamp = data[830:846] if data[830:846].strip(b"0\0 ") else data[813:829]
    digits = stamp.decode("ascii", "replace")
    uuid = grouped(digits, 4, 2, 2, 2, 2, 2, 2)
    known = digits.isdigit() and bool(digits.strip("0"))
    return Superblock(
        "iso9660", uuid=uuid if known else "", label=name(data[40:72]), mount="iso9660"
    )


def _f2fs(read: Read) -> Superblock | None:
    data = read(_SUPER, 0x6C + 16 + 1024)
    if data[:4] != b"\x10\x20\xf5\xf2":
        return None
    return Superblock(
        "f2fs",
        uuid=dashed(data[0x6C:0x7C]),
        label=utf16le(data[0x7C:]),
        mount="f2fs",
        noreplay="norecovery",
    )


def _erofs(read: Read) -> Superblock | None:
    data = read(_SUPER, 128)
    if data[:4] != b"\xe2\xe1\xf5\xe0":
        return None
    return Superblock("erofs", uuid=dashed(data[48:64]), label=name(data[64:80]), mount="erofs")


def _squashfs(read: Read) -> Superblock | None:
    return Superblock("squashfs", mount="squashfs") if read(0, 4) == b"hsqs" else None


def _swap(read: Read) -> Superblock | None:
    for page in (4096, 16384, 65536):
        if read(page - 10, 10) in (b"SWAPSPACE2", b"SWAP-SPACE"):
            data = read(0x400, 44)
            return Superblock(
                "swap", uuid=dashed(data[12:28]), label=name(data[28:44]), use="other"
            )
    return None


def _luks(read: Read) -> Superblock | None:
    data = read(0, 208)
    if data[:6] != b"LUKS\xba\xbe" or len(data) < 208:
        return None
    label = name(data[24:72]) if data[6:8] == b"\0\x02" else ""
    return Superblock("crypto_LUKS", uuid=name(data[168:208]), label=label, use="crypto")


def _lvm2(read: Read) -> Superblock | None:
    data = read(0, 2048)
    for at in range(0, len(data), 512):
        if data[at : at + 8] == b"LABELONE" and data[at + 24 : at + 32] == b"LVM2 001":
            text = name(data[at + 32 : at + 64])
            uuid = grouped(text, 6, 4, 4, 4, 4, 4, 6)
            return Superblock("LVM2_member", uuid=uuid, use="raid")
    return None


def _mdraid(read: Read, size: int) -> Superblock | None:
    magic = b"\xfc\x4e\x2b\xa9"
    ends = (size & ~0xFFF) - 0x2000, (size & ~0xFFFF) - 0x10000
    for at in (0x1000, 0, *(end for end in ends if end > 0)):
        data = read(at, 64)
        if data[:4] == magic:
            old = data[4:8] == b"\0\0\0\0"
            uuid = data[16:32]
            if old:  # four numbers, which blkid and mdadm write as such
                words = numbers(data[20:24] + data[52:64], 4)
                uuid = b"".join(as_bytes(word, 4, "big") for word in words)
            label = "" if old else name(data[32:64])
            return Superblock("linux_raid_member", uuid=dashed(uuid), label=label, use="raid")
    return None


def _firmware_raid(read: Read, size: int) -> Superblock | None:
    """The RAID of a firmware: Intel's in the last sector but one, SNIA's DDF in the last."""
    # Ref: mdadm's super-intel.c and super-ddf.c.
    if read(size - 1024, 24) == b"Intel Raid ISM Cfg Sig. ":
        return Superblock("isw_raid_member", use="raid")
    if read(size - 512, 4) == b"\xde\x11\xde\x11":
        return Superblock("ddf_raid_member", use="raid")
    return None


def _zfs(read: Read) -> Superblock | None:
    # The uberblock ring of the first label: one valid block is enough.
    data = read(0x20000, 0x20000)
    for at in range(0, len(data) - 7, 1024):
        if data[at : at + 8] in (b"\x0c\xb1\xba\0\0\0\0\0", b"\0\0\0\0\0\xba\xb1\x0c"):
            return Superblock("zfs_member", use="raid")
    return None


# Layered and encrypted volumes first: their members may still carry an old file system's bytes.
_PROBES = (
    _luks,
    _lvm2,
    _xfs,
    _ext,
    _btrfs,
    _f2fs,
    _erofs,
    _squashfs,
    _iso9660,
    _swap,
    _zfs,
    _fat,
)


def identify(read: Read, size: int) -> Superblock | None:
    """What a device of SIZE bytes holds; READ(offset, size) returns fewer bytes at its end.

    None when nothing known is found. Hostile contents give a wrong answer at worst, never an error.
    """
    raid = _mdraid(read, size) or (_firmware_raid(read, size) if size >= 1024 else None)
    if raid:
        return raid
    for probe in _PROBES:
        found = probe(read)
        if found:
            return found
    return None
