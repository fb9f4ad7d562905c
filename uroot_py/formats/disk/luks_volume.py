"""An encrypted volume as LUKS describes it, whichever version: what ``luks`` and ``luks2`` fill.

Ref: LUKS2 On-Disk Format Specification 1.1.1, section 3.
"""

from __future__ import annotations

from uroot_py.base.errors import FormatError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Read = Callable[[int, int], bytes]

MAGIC = b"LUKS\xba\xbe"
SECTOR = 512  # bytes: what offsets in LUKS1 and initial vectors count
STRIPES = 4000  # of a key that cryptsetup has split
MAX_KEY = 512  # bytes of a volume key; of aes-xts-plain64 it is 32 or 64
MAX_STRIPES = 1 << 14
MAX_ROUNDS = (1 << 32) - 1
HASHES = ("sha1", "sha256", "sha384", "sha512")  # that we compute; others are named
# Words of a cipher as device-mapper takes it: they stand in a table that is split at blanks.
_CIPHER = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_:()")


class Kdf:
    """How a passphrase becomes a key: KIND is pbkdf2, argon2i or argon2id.

    ``rounds`` are PBKDF2's iterations or argon2's passes, ``memory`` is in bytes and ``lanes`` are
    threads (argon2 only); ``hash`` is PBKDF2's.
    """

    __slots__ = ("hash", "kind", "lanes", "memory", "rounds", "salt")

    def __init__(
        self,
        kind: str,
        salt: bytes,
        rounds: int,
        *,
        hash_: str = "",
        memory: int = 0,
        lanes: int = 0,
    ) -> None:
        self.kind = kind
        self.salt = salt
        self.rounds = rounds
        self.hash = hash_
        self.memory = memory
        self.lanes = lanes


class Keyslot:
    """A copy of the volume key, split and encrypted with what a passphrase gives.

    ``offset`` and ``size`` are those of its area in bytes; ``cipher`` encrypts the area with a key
    of ``area_key_size`` bytes. ``key_size`` is that of the volume key. ``priority``: 0 is only used
    when it is asked for by number, 2 is tried before 1.
    """

    __slots__ = (
        "area_key_size",
        "cipher",
        "hash",
        "kdf",
        "key_size",
        "number",
        "offset",
        "priority",
        "size",
        "stripes",
        "why_not",
    )

    def __init__(self, number: int, kdf: Kdf, cipher: str, *, key_size: int) -> None:
        self.number = number
        self.kdf = kdf
        self.cipher = cipher
        self.key_size = key_size
        self.area_key_size = key_size
        self.hash = ""
        self.stripes = STRIPES
        self.offset = 0
        self.size = 0
        self.priority = 1
        self.why_not = ""


class Segment:
    """Encrypted data: ``offset`` and ``size`` in bytes, 0 for all the rest of the device."""

    __slots__ = ("cipher", "integrity", "kind", "number", "offset", "sector_size", "size", "tweak")

    def __init__(self, number: int, kind: str, offset: int, size: int) -> None:
        self.number = number
        self.kind = kind
        self.offset = offset
        self.size = size
        self.cipher = ""
        self.sector_size = SECTOR
        self.tweak = 0
        self.integrity = ""


class Digest:
    """What tells a right volume key: that of ``keyslots``, for ``segments``."""

    __slots__ = ("kdf", "keyslots", "number", "segments", "value")

    def __init__(self, number: int, kdf: Kdf, value: bytes) -> None:
        self.number = number
        self.kdf = kdf
        self.value = value
        self.keyslots: list[int] = []
        self.segments: list[int] = []


class Token:
    """Another way to a key than a passphrase; ``kind`` is its name, such as systemd-tpm2."""

    __slots__ = ("keyslots", "kind", "number")

    def __init__(self, number: int, kind: str, keyslots: list[int]) -> None:
        self.number = number
        self.kind = kind
        self.keyslots = keyslots


class Volume:
    """An encrypted volume. ``why_not`` says why we do not open it, empty where we do.

    ``sequence`` counts the changes of a LUKS2 header, whose copies are ``metadata_size`` bytes
    each; ``keyslots_size`` is that of the area behind them.
    """

    __slots__ = (
        "digests",
        "flags",
        "keyslots",
        "keyslots_size",
        "label",
        "metadata_size",
        "requirements",
        "segments",
        "sequence",
        "subsystem",
        "tokens",
        "uuid",
        "version",
        "why_not",
    )

    def __init__(self, version: int, uuid: str) -> None:
        self.version = version
        self.uuid = uuid
        self.label = ""
        self.subsystem = ""
        self.sequence = 0
        self.metadata_size = 0
        self.keyslots_size = 0
        self.keyslots: list[Keyslot] = []
        self.segments: list[Segment] = []
        self.digests: list[Digest] = []
        self.tokens: list[Token] = []
        self.flags: list[str] = []
        self.requirements: list[str] = []
        self.why_not = ""

    def candidates(self) -> Iterator[Keyslot]:
        """The keyslots to try a passphrase on, the preferred ones first."""
        usable = [slot for slot in self.keyslots if slot.priority and not slot.why_not]
        yield from sorted(usable, key=lambda slot: (-slot.priority, slot.number))

    def digest_of(self, slot: Keyslot) -> Digest | None:
        """The digest of the volume key in SLOT, None for a key that is not the volume's."""
        for digest in self.digests:
            if slot.number in digest.keyslots and digest.segments:
                return digest
        return None


def text(data: bytes, what: str, offset: int) -> str:
    """The ASCII text in a padded field; FormatError where it is something else."""
    bare = data.split(b"\0")[0]
    if not all(0x20 < byte < 0x7F for byte in bare):
        raise FormatError(what, offset, "a word of ASCII", repr(bare[:40]))
    return bare.decode("ascii")


def cipher(words: str, what: str, offset: int) -> str:
    """WORDS, if they can be the name of a cipher for device-mapper; FormatError."""
    if not words or len(words) > 64 or not set(words) <= _CIPHER or "-" not in words:
        raise FormatError(what, offset, "a cipher such as aes-xts-plain64", repr(words[:64]))
    return words


def unknown_hash(*names: str) -> str:
    """Why a keyslot that needs the hashes NAMES cannot be used; '' when it can."""
    return next((f"the hash {name} is not supported" for name in names if name not in HASHES), "")
