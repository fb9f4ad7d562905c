"""System calls by number: the one user of ctypes.

``syscall`` takes integers, bytes (passed as a NUL-terminated string or a read-only buffer),
``bytearray`` or other writable buffers (filled in place) and None, and raises KernelError with the
name of the call. Everything else in ``uroot_py.abi`` is built on it, so that a runtime without
ctypes has one function to replace.
"""

from __future__ import annotations

import ctypes
import os

from uroot_py.base.errors import KernelError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Argument = int | bytes | bytearray | memoryview | None

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long

# Ref: arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h (Linux 6.1).
# A column each: x86-64, and the generic table that arm64 and riscv64 share.
_NUMBERS = {
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "reboot": (169, 142),
    "syslog": (103, 116),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "openat2": (437, 437),
    "sethostname": (170, 161),
    "unshare": (272, 97),
    "sync": (162, 81),
    "syncfs": (306, 267),
    "socket": (41, 198),
    "ioctl": (16, 29),
}
MACHINE = os.uname().machine
_COLUMN = 0 if MACHINE == "x86_64" else 1


def _as_c(value: Argument, keep: list[Any]) -> Any:  # noqa: ANN401 - a ctypes value
    if value is None:
        return ctypes.c_void_p(None)
    if isinstance(value, int):
        return ctypes.c_ulong(value & 0xFFFFFFFFFFFFFFFF)
    if isinstance(value, bytes):
        return ctypes.c_char_p(value)
    view = (ctypes.c_char * len(value)).from_buffer(value)
    keep.append(view)
    return ctypes.byref(view)


def syscall(name: str, *args: Argument, subject: str = "", cause: str = "") -> int:
    """The result of the system call NAME; KernelError (call, SUBJECT, errno, CAUSE) when it fails.

    ENOSYS where this machine's architecture is not known.
    """
    keep: list[Any] = []
    number = _NUMBERS[name][_COLUMN]
    result = int(_libc.syscall(ctypes.c_long(number), *(_as_c(arg, keep) for arg in args)))
    if result == -1:
        errno = ctypes.get_errno()
        raise KernelError(name, errno, subject=subject, cause=cause or os.strerror(errno).lower())
    return result


def address_of(buffer: bytes | bytearray | memoryview) -> tuple[int, object]:
    """The address of BUFFER's first byte, and an object that must live as long as it is used."""
    if isinstance(buffer, bytes):
        holder: Any = ctypes.c_char_p(buffer)
        return int(ctypes.cast(holder, ctypes.c_void_p).value or 0), holder
    view = (ctypes.c_char * len(buffer)).from_buffer(buffer)
    return ctypes.addressof(view), view
