"""libargon2, through whatever the runtime brings: ``_argon2`` or ctypes.

Ref: RFC 9106; argon2.h of the reference implementation.
"""

from __future__ import annotations

from uroot_py.base.errors import RefusedError

try:
    from _argon2 import hash as _hash  # type: ignore[import-not-found]
except ImportError:
    from uroot_py.abi.foreign import argon2_hash as _hash

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.base.layout import Buffer

TYPES = {"argon2i": 1, "argon2id": 2}  # argon2_type
_CAUSES = {
    -4: "the passphrase is too short",
    -6: "the salt is too short",
    -22: "there is not enough memory",
    -33: "a thread could not be started",
}


def derive(
    kind: str, password: Buffer, salt: bytes, *, passes: int, memory: int, lanes: int, size: int
) -> bytes:
    """SIZE bytes from PASSWORD and SALT, by argon2 of the KIND: argon2i or argon2id.

    MEMORY is in bytes; LANES threads work at it. RefusedError when the library is missing, or
    cannot do it.
    """
    result = bytearray(size)
    try:
        status = _hash(TYPES[kind], passes, memory >> 10, lanes, bytes(password), salt, result)
    except OSError as error:
        raise RefusedError(
            f"{kind}: {error}", hint="an image of ours has it; elsewhere install libargon2-1"
        ) from None
    if status:
        cause = _CAUSES.get(status, f"libargon2 refuses it, error {status}")
        raise RefusedError(f"{kind}: {cause}")
    return bytes(result)
