"""PBKDF2 with HMAC over the interpreter's own digests: hashlib's needs OpenSSL, which no image has.

Ref: RFC 8018 5.2 (PBKDF2), RFC 2104 (HMAC).
"""

from __future__ import annotations

from uroot_py.base.digest import digest, made
from uroot_py.base.reader import as_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.base.layout import Buffer


def block(kind: str, password: Buffer, salt: bytes, rounds: int, number: int) -> bytes:
    """Block NUMBER, from 1 on, of the key: as long as a digest of the KIND (base.digest)."""
    inner, outer = made(kind), made(kind)
    key = digest(kind, password) if len(password) > inner.block_size else bytes(password)
    key = key.ljust(inner.block_size, b"\0")
    inner.update(bytes(byte ^ 0x36 for byte in key))
    outer.update(bytes(byte ^ 0x5C for byte in key))

    def mac(data: bytes) -> bytes:
        first, second = inner.copy(), outer.copy()
        first.update(data)
        second.update(first.digest())
        result: bytes = second.digest()
        return result

    found = mac(salt + as_bytes(number, 4, "big"))
    total = int.from_bytes(found, "big")
    for _ in range(rounds - 1):
        found = mac(found)
        total ^= int.from_bytes(found, "big")
    return total.to_bytes(len(found), "big")


def blocks(kind: str, size: int) -> int:
    """How many blocks a key of SIZE bytes takes."""
    return -(-size // int(made(kind).digest_size))


def derive(kind: str, password: Buffer, salt: bytes, rounds: int, size: int) -> bytes:
    """SIZE bytes from PASSWORD and SALT in ROUNDS rounds, with a digest of the KIND."""
    count = blocks(kind, size)
    found = [block(kind, password, salt, rounds, number) for number in range(1, count + 1)]
    return b"".join(found)[:size]
