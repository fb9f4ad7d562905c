"""A LUKS volume in words, as cryptsetup's luksDump has them.

Ref: cryptsetup lib/setup.c (_luks_dump), lib/luks2/luks2_json_metadata.c (LUKS2_hdr_dump).
"""

from __future__ import annotations

from uroot_py.base.text import printable
from uroot_py.formats.disk.luks_volume import SECTOR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from uroot_py.formats.disk.luks_volume import Digest, Kdf, Keyslot, Segment, Volume

_PRIORITIES = ("ignored", "normal", "preferred")
_SLOTS = 8  # of LUKS1
_INDENT = f"\t{'':12}"


def lines(volume: Volume, path: str) -> Iterator[str]:
    """What VOLUME on the device PATH says of itself; no line is a secret."""
    if volume.version == 1:
        yield from _luks1(volume, path)
    else:
        yield from _luks2(volume)


def hexadecimal(data: bytes, *, row: int, between: str) -> str:
    """DATA as two digits and a blank a byte, ROW bytes a line, BETWEEN at the start of the next."""
    rows = [data[at : at + row] for at in range(0, len(data), row)]
    return f"\n{between}".join("".join(f"{byte:02x} " for byte in part) for part in rows)


def _luks1(volume: Volume, path: str) -> Iterator[str]:
    (segment,), (digest,) = volume.segments, volume.digests
    name, _, mode = segment.cipher.partition("-")
    key_size = volume.keyslots[0].key_size if volume.keyslots else 0
    salt = hexadecimal(digest.kdf.salt, row=16, between=f"{'':15}\t")
    yield f"LUKS header information for {printable(path)}"
    yield ""
    yield "Version:       \t1"
    yield f"Cipher name:   \t{name}"
    yield f"Cipher mode:   \t{mode}"
    yield f"Hash spec:     \t{digest.kdf.hash}"
    yield f"Payload offset:\t{segment.offset // SECTOR}"
    yield f"MK bits:       \t{key_size * 8}"
    yield f"MK digest:     \t{hexadecimal(digest.value, row=20, between='')}"
    yield f"MK salt:       \t{salt}"
    yield f"MK iterations: \t{digest.kdf.rounds}"
    yield f"UUID:          \t{volume.uuid}"
    yield ""
    used = {slot.number: slot for slot in volume.keyslots}
    for number in range(_SLOTS):
        slot = used.get(number)
        yield f"Key Slot {number}: {'ENABLED' if slot else 'DISABLED'}"
        if slot:
            salt = hexadecimal(slot.kdf.salt, row=16, between=f"\t{'':22}\t")
            yield f"\tIterations:         \t{slot.kdf.rounds}"
            yield f"\tSalt:               \t{salt}"
            yield f"\tKey material offset:\t{slot.offset // SECTOR}"
            yield f"\tAF stripes:            \t{slot.stripes}"


def _luks2(volume: Volume) -> Iterator[str]:
    yield "LUKS header information"
    yield "Version:       \t2"
    yield f"Epoch:         \t{volume.sequence}"
    yield f"Metadata area: \t{volume.metadata_size} [bytes]"
    yield f"Keyslots area: \t{volume.keyslots_size} [bytes]"
    yield f"UUID:          \t{volume.uuid or '(no UUID)'}"
    yield f"Label:         \t{printable(volume.label) or '(no label)'}"
    yield f"Subsystem:     \t{printable(volume.subsystem) or '(no subsystem)'}"
    yield f"Flags:       \t{_words(volume.flags) or '(no flags)'}"
    if volume.requirements:
        yield f"Requirements:\t{_words(volume.requirements)}"
    yield ""
    yield "Data segments:"
    for segment in volume.segments:
        yield from _segment(segment)
    yield "Keyslots:"
    for slot in volume.keyslots:
        digests = [digest for digest in volume.digests if slot.number in digest.keyslots]
        yield from _keyslot(slot, digests)
    yield "Tokens:"
    for token in volume.tokens:
        yield f"  {token.number}: {printable(token.kind)}"
        yield from (f"\tKeyslot:    {number}" for number in token.keyslots)
    yield "Digests:"
    for digest in volume.digests:
        yield f"  {digest.number}: {digest.kdf.kind}"
        yield f"\tHash:       {digest.kdf.hash}"
        yield f"\tIterations: {digest.kdf.rounds}"
        yield _salt("Salt:       ", digest.kdf.salt)
        yield _salt("Digest:     ", digest.value)


def _words(words: list[str]) -> str:
    return "".join(f"{printable(word)} " for word in words)


def _salt(name: str, data: bytes) -> str:
    return f"\t{name}{hexadecimal(data, row=16, between=_INDENT)}"


def _segment(segment: Segment) -> Iterator[str]:
    yield f"  {segment.number}: {printable(segment.kind)}"
    yield f"\toffset: {segment.offset} [bytes]"
    yield f"\tlength: {f'{segment.size} [bytes]' if segment.size else '(whole device)'}"
    if segment.cipher:
        yield f"\tcipher: {segment.cipher}"
        yield f"\tsector: {segment.sector_size} [bytes]"
    if segment.integrity:
        yield f"\tintegrity: {printable(segment.integrity)}"
    yield ""


def _keyslot(slot: Keyslot, digests: list[Digest]) -> Iterator[str]:
    if not slot.cipher:
        yield f"  {slot.number}: {printable(slot.why_not)}"
        return
    unbound = "" if any(digest.segments for digest in digests) else " (unbound)"
    yield f"  {slot.number}: luks2{unbound}"
    yield f"\tKey:        {slot.key_size * 8} bits"
    yield f"\tPriority:   {_PRIORITIES[slot.priority]}"
    yield f"\tCipher:     {slot.cipher}"
    yield f"\tCipher key: {slot.area_key_size * 8} bits"
    yield from _kdf(slot.kdf)
    yield f"\tAF stripes: {slot.stripes}"
    yield f"\tAF hash:    {printable(slot.hash)}"
    yield f"\tArea offset:{slot.offset} [bytes]"
    yield f"\tArea length:{slot.size} [bytes]"
    yield from (f"\tDigest ID:  {digest.number}" for digest in digests)


def _kdf(kdf: Kdf) -> Iterator[str]:
    yield f"\tPBKDF:      {printable(kdf.kind)}"
    if kdf.memory:
        yield f"\tTime cost:  {kdf.rounds}"
        yield f"\tMemory:     {kdf.memory >> 10}"
        yield f"\tThreads:    {kdf.lanes}"
    else:
        yield f"\tHash:       {printable(kdf.hash)}"
        yield f"\tIterations: {kdf.rounds}"
    yield _salt("Salt:       ", kdf.salt)
