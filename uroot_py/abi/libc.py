"""System calls by number, through whatever the runtime brings: ``_uroot`` or ctypes.

``syscall`` takes integers, bytes (passed as a NUL-terminated string or a read-only buffer),
``bytearray`` or other writable buffers (filled in place) and None, and raises KernelError with the
name of the call. Everything else in ``uroot_py.abi`` is built on it.
"""

from __future__ import annotations

import os

from uroot_py.base.errors import KernelError

try:
    from _uroot import address, call  # type: ignore[import-not-found]
except ImportError:
    from uroot_py.abi.foreign import address, call

TYPE_CHECKING = False
if TYPE_CHECKING:
    Argument = int | bytes | bytearray | memoryview | None

# Ref: arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h (Linux 6.1).
# A column each: x86-64, and the generic table that arm64 and riscv64 share.
_NUMBERS = {
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "reboot": (169, 142),
    "syslog": (103, 116),
    "init_module": (175, 105),
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
    "bind": (49, 200),
    "setsockopt": (54, 208),
    "recvfrom": (45, 207),
    "prctl": (157, 167),
    "prlimit64": (302, 261),
    "ioctl": (16, 29),
    "add_key": (248, 217),
    "keyctl": (250, 219),
}
MACHINE = os.uname().machine
_COLUMN = 0 if MACHINE == "x86_64" else 1


def syscall(name: str, *args: Argument, subject: str = "", cause: str = "") -> int:
    """The result of the system call NAME; KernelError (call, SUBJECT, errno, CAUSE) when it fails.

    ENOSYS where this machine's architecture is not known.
    """
    try:
        result: int = call(_NUMBERS[name][_COLUMN], *args)
    except OSError as error:
        errno = error.errno or 0
        because = cause or os.strerror(errno).lower()
        raise KernelError(name, errno, subject=subject, cause=because) from None
    return result


def address_of(buffer: bytes | bytearray | memoryview) -> tuple[int, object]:
    """The address of BUFFER's first byte, and an object that must live as long as it is used."""
    return address(buffer), memoryview(buffer)
