"""LUKS2 headers: two copies of a binary header with metadata in JSON behind it.

Of the copies whose checksum is right the one with the higher sequence number holds. The JSON is
bounded before it is read: its size, its depth, the number of its values.

Ref: LUKS2 On-Disk Format Specification 1.1.1, sections 2 and 3; cryptsetup lib/luks2/luks2.h.
"""

from __future__ import annotations

from uroot_py.base.digest import digest
from uroot_py.base.errors import FormatError
from uroot_py.base.layout import Layout, raw, u16, u64
from uroot_py.formats.disk import luks_volume as luks
from uroot_py.formats.disk.luks_volume import Digest, Kdf, Keyslot, Segment, Token, Volume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.formats.disk.luks_volume import Read

MAGIC = luks.MAGIC
COPY = b"SKUL\xba\xbe"
# Where the second copy may be: as far from the first as each copy is long.
SIZES = tuple(0x4000 << power for power in range(9))  # 16 KiB to 4 MiB
BINARY = 4096  # bytes of the binary header, the JSON area is behind it
MAX_DEPTH = 16
MAX_VALUES = 8192  # commas and opening brackets; 32 keyslots with tokens have about 700
MAX_MEMORY = 4 << 20  # KiB of argon2, as cryptsetup has it
MAX_LANES = 64


class Header(Layout, size=512, order="big", title="LUKS2 header"):
    """At byte 0, and again where its copy begins."""

    magic = raw(0, 6)
    version = u16(6)
    hdr_size = u64(8)
    seqid = u64(16)
    label = raw(24, 48)
    checksum_alg = raw(72, 32)
    salt = raw(104, 64)
    uuid = raw(168, 40)
    subsystem = raw(208, 48)
    hdr_offset = u64(256)
    csum = raw(448, 64)


def parse(read: Read) -> Volume:
    """The volume by the newer sound copy of its header; FormatError of the first when none is."""
    best: tuple[Header, bytes] | None = None
    fault: FormatError | None = None
    for offset in (0, *SIZES):
        data = read(offset, BINARY)
        if data[:6] != (COPY if offset else MAGIC) or len(data) < BINARY:
            continue
        try:
            found = _checked(read, data, offset)
        except FormatError as error:
            fault = fault or error
            continue
        if best is None or found[0].seqid > best[0].seqid:
            best = found
    if best is None:
        raise fault or FormatError("LUKS header: magic", 0, "LUKS or SKUL", repr(read(0, 6)))
    return volume(*best)


def _checked(read: Read, data: bytes, offset: int) -> tuple[Header, bytes]:
    """The binary header in DATA and its JSON area; FormatError when it is not sound."""
    head = Header(data)
    if head.version != 2:
        raise FormatError("LUKS2 header: version", offset + 6, "2", str(head.version))
    if head.hdr_size not in SIZES or (offset and head.hdr_size != offset):
        expected = f"{offset:#x}" if offset else "a power of two from 0x4000 to 0x400000"
        raise FormatError("LUKS2 header: hdr_size", offset + 8, expected, f"{head.hdr_size:#x}")
    if head.hdr_offset != offset:
        raise FormatError(
            "LUKS2 header: hdr_offset", offset + 256, f"{offset:#x}", f"{head.hdr_offset:#x}"
        )
    kind = luks.text(head.checksum_alg, "LUKS2 header: checksum_alg", offset + 72)
    if kind not in luks.HASHES:
        raise FormatError(
            "LUKS2 header: checksum_alg", offset + 72, ", ".join(luks.HASHES), repr(kind)
        )
    area = read(offset + BINARY, head.hdr_size - BINARY)
    if len(area) < head.hdr_size - BINARY:
        raise FormatError(
            "LUKS2 metadata", offset + BINARY, f"{head.hdr_size - BINARY} bytes", str(len(area))
        )
    sum_ = digest(kind, data[:448], bytes(64), data[512:], area)
    if sum_ != head.csum[: len(sum_)]:
        raise FormatError(
            "LUKS2 header: csum", offset + 448, sum_.hex(), head.csum[: len(sum_)].hex()
        )
    return head, area


def bounded(area: bytes) -> object:
    """The JSON value in AREA, which ends at a NUL; FormatError for what is none or too much."""
    import json

    data = area.split(b"\0")[0]
    values = sum(data.count(byte) for byte in (b",", b"[", b"{"))
    if values > MAX_VALUES:
        raise _fault("", f"at most {MAX_VALUES} values", str(values))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError(
            "LUKS2 metadata", BINARY + error.start, "UTF-8", f"byte {data[error.start]:#x}"
        ) from None
    depth, quoted, escaped = 0, False, False
    for char in text:
        if quoted:
            quoted = escaped or char != '"'
            escaped = char == "\\" and not escaped
        elif char == '"':
            quoted = True
        elif char in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise _fault("", f"at most {MAX_DEPTH} values inside of one another", "more")
        elif char in "]}":
            depth -= 1
    try:
        return json.loads(text)
    except ValueError as error:
        raise _fault("", "JSON", str(error)) from None


def _fault(path: str, expected: str, found: str) -> FormatError:
    return FormatError(f"LUKS2 metadata{path and ': '}{path}", BINARY, expected, found)


class Node:
    """An object of the metadata at PATH, whose members are asked for with what they must be."""

    __slots__ = ("members", "path")

    def __init__(self, value: object, path: str) -> None:
        if not isinstance(value, dict):
            raise _fault(path, "an object", type(value).__name__)
        self.members = value
        self.path = path

    def at(self, name: str) -> str:
        """The path of a member."""
        return f"{self.path}.{name}" if self.path else name

    def node(self, name: str) -> Node:
        """The object NAME."""
        return Node(self.members.get(name), self.at(name))

    def numbered(self, name: str, most: int) -> list[tuple[int, Node]]:
        """The objects in NAME by number, at most MOST of them, in order."""
        found = []
        inner = self.node(name)
        for key, value in inner.members.items():
            if not key.isascii() or not key.isdigit() or len(key) > 4:
                raise _fault(inner.path, "numbers as names", repr(key[:40]))
            found.append((int(key), Node(value, inner.at(key))))
        if len(found) > most:
            raise _fault(inner.path, f"at most {most}", str(len(found)))
        return sorted(found, key=lambda pair: pair[0])

    def word(self, name: str, default: str | None = None) -> str:
        """The text NAME; DEFAULT where it is missing."""
        value = self.members.get(name, default)
        if not isinstance(value, str):
            raise _fault(self.at(name), "text", type(value).__name__)
        return value

    def number(self, name: str, least: int, most: int, default: int | None = None) -> int:
        """The number NAME between LEAST and MOST."""
        value = self.members.get(name, default)
        if type(value) is not int or not least <= value <= most:
            raise _fault(self.at(name), f"a number from {least} to {most}", repr(value)[:40])
        return value

    def large(self, name: str) -> int:
        """The number NAME of up to 64 bits, which stands there as decimal digits in a text."""
        value = self.word(name)
        if not value.isascii() or not value.isdigit() or len(value) > 20 or int(value) >> 64:
            raise _fault(self.at(name), "digits of a number below 2^64", repr(value[:40]))
        return int(value)

    def data(self, name: str, most: int) -> bytes:
        """The bytes NAME, at most MOST, which stand there in base64."""
        from binascii import Error, a2b_base64

        value = self.word(name)
        try:
            found = a2b_base64(value.encode("ascii", "replace"))
        except Error as error:
            raise _fault(self.at(name), "base64", str(error)) from None
        if not 0 < len(found) <= most:
            raise _fault(self.at(name), f"1 to {most} bytes", f"{len(found)} bytes")
        return found

    def numbers(self, name: str) -> list[int]:
        """The list NAME of numbers of other objects."""
        value = self.members.get(name, [])
        good = isinstance(value, list) and all(
            isinstance(each, str) and each.isascii() and each.isdigit() and len(each) < 5
            for each in value
        )
        if not good:
            raise _fault(self.at(name), "a list of numbers", repr(value)[:40])
        return [int(each) for each in value]


def volume(head: Header, area: bytes) -> Volume:
    """What the metadata in AREA say, behind the sound binary header HEAD; FormatError."""
    found = Volume(2, luks.text(head.uuid, "LUKS2 header: uuid", 168))
    found.label = head.label.split(b"\0")[0].decode("utf-8", "replace")
    found.subsystem = head.subsystem.split(b"\0")[0].decode("utf-8", "replace")
    found.sequence, found.metadata_size = head.seqid, head.hdr_size
    top = Node(bounded(area), "")
    config = top.node("config")
    found.keyslots_size = config.large("keyslots_size")
    found.flags = _words(config, "flags")
    if "requirements" in config.members:
        found.requirements = _words(config.node("requirements"), "mandatory")
    areas = 2 * head.hdr_size, 2 * head.hdr_size + found.keyslots_size
    found.keyslots = [
        _keyslot(number, node, areas) for number, node in top.numbered("keyslots", 32)
    ]
    found.segments = [_segment(number, node) for number, node in top.numbered("segments", 32)]
    for number, node in top.numbered("digests", 32):
        found.digests.append(_digest(number, node))
    for number, node in top.numbered("tokens", 32):
        found.tokens.append(Token(number, node.word("type"), node.numbers("keyslots")))
    found.why_not = _why_not(found)
    return found


def _words(node: Node, name: str) -> list[str]:
    value = node.members.get(name, [])
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise _fault(node.at(name), "a list of words", repr(value)[:40])
    return value


def _why_not(volume: Volume) -> str:
    """Why we do not open VOLUME, '' where we do."""
    if volume.requirements:
        wanted = ", ".join(volume.requirements)
        return f"it requires {wanted}, which is not supported: finish it with cryptsetup first"
    data = [segment for segment in volume.segments if segment.kind != "linear"]
    if len(data) != 1 or len(volume.segments) != 1:
        return f"it has {len(volume.segments)} segments, where one is supported"
    (segment,) = data
    if segment.kind != "crypt":
        return f"its segment is of the kind {segment.kind}, which is not supported"
    if segment.integrity:
        return f"it has integrity protection ({segment.integrity}), which is not supported"
    if segment.offset < 2 * volume.metadata_size + volume.keyslots_size:
        return "its header is detached: the data is on another device"
    return ""


def _kdf(node: Node) -> Kdf:
    kind = node.word("type")
    salt = node.data("salt", 512)
    if kind == "pbkdf2":
        rounds = node.number("iterations", 1, luks.MAX_ROUNDS)
        return Kdf(kind, salt, rounds, hash_=node.word("hash"))
    if kind in ("argon2i", "argon2id"):
        lanes = node.number("cpus", 1, MAX_LANES)
        # Ref: RFC 9106, 3.1: at least 8 KiB for each lane.
        memory = node.number("memory", 8 * lanes, MAX_MEMORY) << 10
        rounds = node.number("time", 1, luks.MAX_ROUNDS)
        return Kdf(kind, salt, rounds, memory=memory, lanes=lanes)
    return Kdf(kind, salt, 0)


def _keyslot(number: int, node: Node, areas: tuple[int, int]) -> Keyslot:
    kind = node.word("type")
    if kind != "luks2":  # what is being re-encrypted
        slot = Keyslot(number, Kdf("", b"", 0), "", key_size=node.number("key_size", 1, 512))
        slot.priority, slot.why_not = 0, f"it is of the kind {kind}"
        return slot
    af, area, derivation = node.node("af"), node.node("area"), _kdf(node.node("kdf"))
    words = luks.cipher(area.word("encryption"), f"LUKS2 metadata: {area.at('encryption')}", BINARY)
    slot = Keyslot(number, derivation, words, key_size=node.number("key_size", 1, luks.MAX_KEY))
    slot.area_key_size = area.number("key_size", 1, luks.MAX_KEY)
    slot.priority = node.number("priority", 0, 2, default=1)
    slot.stripes = af.number("stripes", 1, luks.MAX_STRIPES)
    slot.hash = af.word("hash")
    slot.offset, slot.size = area.large("offset"), area.large("size")
    if slot.offset % luks.SECTOR or slot.offset < areas[0] or slot.offset + slot.size > areas[1]:
        raise _fault(
            area.path,
            f"whole sectors between {areas[0]:#x} and {areas[1]:#x}",
            f"{slot.size:#x} bytes at {slot.offset:#x}",
        )
    if slot.size < slot.key_size * slot.stripes:
        least = f"at least {slot.key_size * slot.stripes} bytes"
        raise _fault(area.at("size"), least, str(slot.size))
    if area.word("type") != "raw" or af.word("type") != "luks1":
        slot.why_not = f"its area is of the kind {area.word('type')}, {af.word('type')}"
    elif not derivation.rounds:
        slot.why_not = f"its key derivation is {derivation.kind}"
    else:
        hashes = [derivation.hash] if derivation.hash else []
        slot.why_not = luks.unknown_hash(slot.hash, *hashes)
    return slot


def _segment(number: int, node: Node) -> Segment:
    kind = node.word("type")
    size = 0 if node.word("size") == "dynamic" else node.large("size")
    segment = Segment(number, kind, node.large("offset"), size)
    if "encryption" in node.members:
        what = f"LUKS2 metadata: {node.at('encryption')}"
        segment.cipher = luks.cipher(node.word("encryption"), what, BINARY)
        segment.tweak = node.large("iv_tweak")
        segment.sector_size = node.number("sector_size", 512, 4096, default=512)
        if segment.sector_size not in (512, 1024, 2048, 4096):
            raise _fault(node.at("sector_size"), "512 to 4096", str(segment.sector_size))
    elif kind == "crypt":
        raise _fault(node.at("encryption"), "a cipher", "nothing")
    if segment.offset % luks.SECTOR or size % segment.sector_size:
        raise _fault(node.path, "whole sectors", f"{size:#x} bytes at {segment.offset:#x}")
    if "integrity" in node.members:
        segment.integrity = node.node("integrity").word("type")
    return segment


def _digest(number: int, node: Node) -> Digest:
    found = Digest(number, _kdf(node), node.data("digest", 512))
    found.keyslots, found.segments = node.numbers("keyslots"), node.numbers("segments")
    return found
