"""The C library's syscall(2) through ctypes; the lean runtime brings ``_uroot`` in its place."""

from __future__ import annotations

import ctypes
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

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
