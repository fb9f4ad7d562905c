"""LUKS, what an encrypted volume says of itself: version 1 here, version 2 in ``luks2``.

``parse`` reads the header of a device and gives a ``Volume``: keyslots, segments, digests and
tokens, checked. Nothing is decrypted here. A volume that is sound but that we do not open says so
in ``why_not``.

Ref: LUKS On-Disk Format Specification 1.2.3 (LUKS1); LUKS2 On-Disk Format Specification 1.1.1.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.base.layout import Layout, raw, u16, u32
from uroot_py.base.reader import number_at
from uroot_py.formats.disk.luks_volume import (
    MAGIC,
    MAX_KEY,
    MAX_STRIPES,
    SECTOR,
    Digest,
    Kdf,
    Keyslot,
    Segment,
    Volume,
    cipher,
    text,
    unknown_hash,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.formats.disk.luks_volume import Read


class Luks1(Layout, size=592, order="big", title="LUKS1 header"):
    """Sector 0 and 1; the eight key slots begin at byte 208."""

    magic = raw(0, 6)
    version = u16(6)
    cipher_name = raw(8, 32)
    cipher_mode = raw(40, 32)
    hash_spec = raw(72, 32)
    payload_offset = u32(104)
    key_bytes = u32(108)
    mk_digest = raw(112, 20)
    mk_digest_salt = raw(132, 32)
    mk_digest_iterations = u32(164)
    uuid = raw(168, 40)


class Luks1Slot(Layout, size=48, order="big", title="LUKS1 key slot"):
    """One of the eight."""

    active = u32(0)
    iterations = u32(4)
    salt = raw(8, 32)
    key_material_offset = u32(40)
    stripes = u32(44)


_ENABLED = 0x00AC71F3
_DISABLED = 0x0000DEAD


def parse(read: Read) -> Volume:
    """The encrypted volume on a device; READ(offset, size) gives fewer bytes at its end.

    FormatError for what is none, and for one that is damaged.
    """
    start = read(0, 8)
    version = number_at(start.ljust(8, b"\0"), 6, 2, "big")
    if start[:6] == MAGIC and version == 1:
        return _luks1(read(0, Luks1.size))
    from uroot_py.formats.disk import luks2

    if start[:6] == MAGIC and version != 2:
        raise FormatError("LUKS header: version", 6, "1 or 2", str(version))
    return luks2.parse(read)


def is_luks(read: Read) -> bool:
    """Whether a device begins as a LUKS volume does."""
    start = read(0, 8)
    return start[:6] == MAGIC and start[6:] in (b"\0\1", b"\0\2")


def _luks1(data: bytes) -> Volume:
    head = Luks1(data)
    name = text(head.cipher_name, "LUKS1 header: cipher-name", 8)
    mode = text(head.cipher_mode, "LUKS1 header: cipher-mode", 40)
    words = cipher(f"{name}-{mode}", "LUKS1 header: cipher", 8)
    hash_ = text(head.hash_spec, "LUKS1 header: hash-spec", 72)
    if not 0 < head.key_bytes <= MAX_KEY:
        expected = f"1 to {MAX_KEY} bytes"
        raise FormatError("LUKS1 header: key-bytes", 108, expected, str(head.key_bytes))
    if not head.mk_digest_iterations:
        raise FormatError("LUKS1 header: mk-digest-iterations", 164, "one or more", "0")
    volume = Volume(1, text(head.uuid, "LUKS1 header: uuid", 168))
    segment = Segment(0, "crypt", head.payload_offset * SECTOR, 0)
    segment.cipher = words
    volume.segments.append(segment)
    kdf = Kdf("pbkdf2", head.mk_digest_salt, head.mk_digest_iterations, hash_=hash_)
    digest = Digest(0, kdf, head.mk_digest)
    digest.segments = [0]
    for number in range(8):
        slot = _luks1_slot(data, number, words, head)
        if slot:
            slot.hash = slot.kdf.hash = hash_
            slot.why_not = unknown_hash(hash_)
            volume.keyslots.append(slot)
            digest.keyslots.append(number)
    volume.digests.append(digest)
    if not head.payload_offset:
        volume.why_not = "its header is detached: the data is on another device"
    return volume


def _luks1_slot(data: bytes, number: int, words: str, head: Luks1) -> Keyslot | None:
    at = 208 + number * Luks1Slot.size
    entry = Luks1Slot(data, at)
    if entry.active == _DISABLED:
        return None
    what = f"LUKS1 key slot {number}"
    if entry.active != _ENABLED:
        raise FormatError(f"{what}: active", at, "0xac71f3 or 0xdead", f"{entry.active:#x}")
    if not 0 < entry.stripes <= MAX_STRIPES:
        raise FormatError(f"{what}: stripes", at + 44, f"1 to {MAX_STRIPES}", str(entry.stripes))
    if not entry.iterations:
        raise FormatError(f"{what}: iterations", at + 4, "one or more", "0")
    slot = Keyslot(
        number, Kdf("pbkdf2", entry.salt, entry.iterations), words, key_size=head.key_bytes
    )
    slot.stripes = entry.stripes
    slot.offset = entry.key_material_offset * SECTOR
    slot.size = -(-head.key_bytes * entry.stripes // SECTOR) * SECTOR
    end = head.payload_offset * SECTOR
    if slot.offset < Luks1.size or (end and slot.offset + slot.size > end):
        raise FormatError(
            f"{what}: key-material-offset",
            at + 40,
            f"an area of {slot.size} bytes between header and data",
            f"sector {entry.key_material_offset}",
        )
    return slot
