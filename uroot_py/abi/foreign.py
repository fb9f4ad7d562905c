"""Functions in C through ctypes; the lean runtime brings ``_uroot`` and ``_argon2`` instead."""

from __future__ import annotations

import ctypes
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

ARGON2 = "libargon2.so.1"
_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def address(buffer: bytes | bytearray | memoryview) -> int:
    """The address of BUFFER's first byte, for as long as BUFFER lives and keeps its size."""
    if isinstance(buffer, bytes):
        return int(ctypes.cast(ctypes.c_char_p(buffer), ctypes.c_void_p).value or 0)
    return ctypes.addressof((ctypes.c_char * len(buffer)).from_buffer(buffer))


def call(number: int, *args: int | bytes | bytearray | memoryview | None) -> int:
    """The result of the system call NUMBER; OSError with its errno."""
    words: list[Any] = []
    for value in args:
        if value is None:
            value = 0
        word = value if isinstance(value, int) else address(value)
        words.append(ctypes.c_ulong(word & 0xFFFFFFFFFFFFFFFF))
    result = int(_libc.syscall(ctypes.c_long(number), *words))
    if result == -1:
        errno = ctypes.get_errno()
        raise OSError(errno, os.strerror(errno))
    return result


def argon2_hash(
    kind: int,
    passes: int,
    memory: int,
    lanes: int,
    password: bytes,
    salt: bytes,
    result: bytearray,
) -> int:
    """Libargon2's argon2_hash into RESULT, MEMORY in KiB: 0 or its error; OSError without it."""
    library = ctypes.CDLL(ARGON2)
    place = (ctypes.c_char * len(result)).from_buffer(result)
    version = 0x13
    status: int = library.argon2_hash(
        *map(ctypes.c_uint32, (passes, memory, lanes)),
        *(ctypes.c_char_p(password), ctypes.c_size_t(len(password))),
        *(ctypes.c_char_p(salt), ctypes.c_size_t(len(salt))),
        *(place, ctypes.c_size_t(len(result)), None, ctypes.c_size_t(0)),
        *(ctypes.c_int(kind), ctypes.c_uint32(version)),
    )
    return status
