"""Encrypted volumes: from a passphrase to a block device, read-only unless it is asked for.

A keyslot's area and the data are decrypted by the kernel's dm-crypt; keys come from libargon2 and
the interpreter's digests. Passphrases and keys are in bytearrays that are wiped after use.

Ref: LUKS On-Disk Format Specification 1.2.3, sections 2.4 (anti-forensic splitter) and 4;
LUKS2 On-Disk Format Specification 1.1.1; Documentation/admin-guide/device-mapper/dm-crypt.rst.
"""

from __future__ import annotations

import os

from uroot_py.abi import keyring
from uroot_py.abi.devmapper import Target
from uroot_py.base.digest import digest
from uroot_py.base.errors import FormatError, KernelError, RefusedError, UrootError
from uroot_py.base.reader import as_bytes
from uroot_py.base.text import format_size, printable
from uroot_py.disks import mapper
from uroot_py.formats.disk import luks
from uroot_py.formats.disk.luks_volume import SECTOR, Volume
from uroot_py.machine import child
from uroot_py.machine.modules import Modules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from uroot_py.formats.disk.luks_volume import Digest, Kdf, Keyslot, Segment
    from uroot_py.machine.child import Send

_TEMPORARY = "uroot-keyslot"  # the device that a keyslot's area is read through
_BESIDE = 16 << 20  # bytes that a child needs beside argon2's memory
# What has the passphrase of a keyslot when nobody types one, and who reads it.
_ELSEWHERE = {
    "clevis": "clevis (a tang server or a TPM)",
    "systemd-tpm2": "the TPM",
    "systemd-fido2": "a FIDO2 key",
    "systemd-pkcs11": "a smart card",
    "systemd-recovery": "a recovery key, which is typed as a passphrase",
}


class WrongPassphraseError(RefusedError):
    """No keyslot has this passphrase."""


def read(path: str) -> Volume:
    """The volume on the device or in the image PATH; FormatError, OSError."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return luks.parse(lambda offset, size: os.pread(handle, size, offset))
    except FormatError as error:
        raise error.within(path) from None
    finally:
        os.close(handle)


def wipe(secret: bytearray) -> None:
    """Overwrite SECRET; it keeps its size."""
    secret[:] = bytes(len(secret))


def elsewhere(volume: Volume) -> list[str]:
    """Which other ways to a key VOLUME has, in words; none of them is gone here."""
    return [_ELSEWHERE.get(token.kind, printable(token.kind)) for token in volume.tokens]


def derive(kdf: Kdf, passphrase: bytearray | bytes, size: int) -> bytes:
    """The key of SIZE bytes that PASSPHRASE gives; RefusedError where there is too little memory.

    The work is done in children: of PBKDF2 each block in one, of argon2 all in one.
    """
    if kdf.memory:
        free = child.available()
        if kdf.memory + _BESIDE > free // 8 * 7:
            raise RefusedError(
                f"{kdf.kind} needs {format_size(kdf.memory)}, {format_size(free)} are free"
            )
        works = [_argon2(kdf, passphrase, size)]
    else:
        from uroot_py.base import pbkdf2

        count = pbkdf2.blocks(kdf.hash, size)
        works = [_block(kdf, passphrase, number) for number in range(1, count + 1)]
    found: dict[int, bytes] = {}
    for number, answer in child.gather(works):
        if isinstance(answer, RefusedError):
            raise answer
        (found[number],) = answer
    return b"".join(found[number] for number in sorted(found))[:size]


def _argon2(kdf: Kdf, passphrase: bytearray | bytes, size: int) -> Callable[[Send], None]:
    def work(send: Send) -> None:
        from uroot_py.abi import argon2

        key = argon2.derive(
            kdf.kind,
            passphrase,
            kdf.salt,
            passes=kdf.rounds,
            memory=kdf.memory,
            lanes=kdf.lanes,
            size=size,
        )
        send(key)

    return work


def _block(kdf: Kdf, passphrase: bytearray | bytes, number: int) -> Callable[[Send], None]:
    def work(send: Send) -> None:
        from uroot_py.base import pbkdf2

        send(pbkdf2.block(kdf.hash, passphrase, kdf.salt, kdf.rounds, number))

    return work


def merged(material: bytes, size: int, stripes: int, kind: str) -> bytearray:
    """The key of SIZE bytes from its STRIPES, by the anti-forensic splitter with the hash KIND."""
    key = bytearray(size)
    for number in range(stripes):
        start = number * size
        for at in range(size):
            key[at] ^= material[start + at]
        if number < stripes - 1:
            key = _diffused(key, kind)
    return key


def _diffused(data: bytearray, kind: str) -> bytearray:
    result = bytearray()
    step = len(digest(kind))
    for number, at in enumerate(range(0, len(data), step)):
        part = data[at : at + step]
        result += digest(kind, as_bytes(number, 4, "big"), part)[: len(part)]
    return result


def is_key(known: Digest, key: bytearray) -> bool:
    """Whether KEY is the one that the digest KNOWN is of."""
    return derive(known.kdf, key, len(known.value)) == known.value


def key_of(
    path: str, volume: Volume, passphrase: bytearray | bytes, slots: Sequence[Keyslot] = ()
) -> tuple[Keyslot, bytearray]:
    """The keyslot that PASSPHRASE opens, of SLOTS or by priority, and the volume key in it.

    WrongPassphraseError when it opens none; RefusedError, KernelError when they cannot be tried.
    """
    faults: list[UrootError] = []
    tried = False
    for slot in slots or volume.candidates():
        known = volume.digest_of(slot)
        if known is None:
            continue
        try:
            key = _unlocked(path, slot, passphrase)
            if is_key(known, key):
                return slot, key
            wipe(key)
            tried = True
        except (RefusedError, KernelError) as error:
            faults.append(error.within(f"keyslot {slot.number}"))
    if faults and not tried:
        raise faults[0]
    if not tried:
        raise RefusedError(_no_keyslot(volume))
    also = "".join(f"; {fault}" for fault in faults)
    raise WrongPassphraseError(f"no keyslot has this passphrase{also}")


def _no_keyslot(volume: Volume) -> str:
    reasons = [f"keyslot {slot.number}: {slot.why_not}" for slot in volume.keyslots if slot.why_not]
    return "; ".join(reasons) or "it has no keyslot for a passphrase"


def _unlocked(path: str, slot: Keyslot, passphrase: bytearray | bytes) -> bytearray:
    """What is the volume key in SLOT if PASSPHRASE is right."""
    area_key = bytearray(derive(slot.kdf, passphrase, slot.area_key_size))
    size = -(-slot.key_size * slot.stripes // SECTOR) * SECTOR
    parameters = bytearray(f"{slot.cipher} ".encode() + _digits(area_key))
    parameters += f" 0 {_number(path)} {slot.offset // SECTOR}".encode()
    load_ciphers(slot.cipher)
    name = f"{_TEMPORARY}-{os.getpid()}"
    target = Target(0, size // SECTOR, "crypt", parameters)
    node = mapper.activate(name, [target], secure=True)
    try:
        handle = os.open(node, os.O_RDONLY | os.O_CLOEXEC)
        try:
            material = os.pread(handle, size, 0)
        finally:
            os.close(handle)
    finally:
        mapper.deactivate(name)
        wipe(parameters)
        wipe(area_key)
    if len(material) < size:
        raise RefusedError(f"{path}: {size} bytes expected, {len(material)} bytes found")
    return merged(material, slot.key_size, slot.stripes, slot.hash)


def _digits(key: bytearray) -> bytearray:
    return bytearray(key.hex(), "ascii")


def _number(path: str) -> str:
    """The device PATH as device-mapper takes it in any case."""
    number = os.stat(path).st_rdev
    return f"{os.major(number)}:{os.minor(number)}"


def load_ciphers(cipher: str) -> None:
    """Load what the kernel needs for CIPHER; what is missing shows when it is used."""
    modules = Modules()
    words = cipher.replace(":", "-").replace("(", "-").replace(")", "-").split("-")
    for word in words:
        modules.load_all(modules.for_alias(f"crypto-{word}"))


def unlock(
    path: str, passphrase: bytearray | bytes, *, name: str = "", readonly: bool = True
) -> str:
    """The path of the device with what the volume on PATH holds, opened with PASSPHRASE.

    Its NAME is luks-UUID otherwise. WrongPassphraseError; FormatError, RefusedError, KernelError.
    """
    volume = read(path)
    if volume.why_not:
        raise RefusedError(f"{path}: {volume.why_not}")
    try:
        _, key = key_of(path, volume, passphrase)
    except (RefusedError, KernelError) as error:
        raise error.within(path) from None
    try:
        return activate(path, volume, key, name=name, readonly=readonly)
    finally:
        wipe(key)


def activate(
    path: str,
    volume: Volume,
    key: bytearray,
    *,
    name: str = "",
    readonly: bool = True,
    options: Sequence[str] = (),
) -> str:
    """Map the data of VOLUME on PATH with its KEY; the path of the new device. KernelError.

    The kernel's keyring holds the key where it can, so that no table has it. OPTIONS are words
    of dm-crypt.
    """
    (segment,) = volume.segments
    size = segment.size or _size(path) - segment.offset
    sectors = size // segment.sector_size * segment.sector_size // SECTOR
    if sectors <= 0:
        raise RefusedError(f"{path}: its data begin behind its end")
    name = name or f"luks-{volume.uuid}"
    uuid = f"CRYPT-LUKS{volume.version}-{volume.uuid.replace('-', '')}-{name}"[:128]
    load_ciphers(segment.cipher)
    mapper.ready(["crypt"])

    def mapped(word: bytearray) -> str:
        parameters = _parameters(path, segment, word, options)
        try:
            target = Target(0, sectors, "crypt", parameters)
            return mapper.activate(name, [target], uuid=uuid, readonly=readonly, secure=True)
        finally:
            wipe(parameters)

    description = f"uroot:{volume.uuid}"
    try:
        number = keyring.add_logon(description, key)
    except KernelError:  # a kernel without keyrings
        return mapped(_digits(key))
    try:
        return mapped(bytearray(f":{len(key)}:logon:{description}".encode()))
    except KernelError:  # a dm-crypt that knows of none
        return mapped(_digits(key))
    finally:
        keyring.unlink(number)


def _parameters(path: str, segment: Segment, key: bytearray, options: Sequence[str]) -> bytearray:
    words = list(options)
    if segment.sector_size != SECTOR:
        words.append(f"sector_size:{segment.sector_size}")
    parameters = bytearray(f"{segment.cipher} ".encode() + key)
    parameters += f" {segment.tweak} {_number(path)} {segment.offset // SECTOR}".encode()
    if words:
        parameters += f" {len(words)} {' '.join(words)}".encode()
    wipe(key)
    return parameters


def _size(path: str) -> int:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.lseek(handle, 0, os.SEEK_END)
    finally:
        os.close(handle)
