"""Opening files that cannot lead out of a directory. Ref: openat2(2); linux/openat2.h."""

from __future__ import annotations

import errno
import os

from uroot_py.abi.libc import syscall
from uroot_py.base.errors import KernelError
from uroot_py.base.reader import as_bytes

RESOLVE_NO_MAGICLINKS = 2
RESOLVE_IN_ROOT = 16


def open_in_root(root: int, path: str, flags: int = os.O_RDONLY) -> int:
    """A descriptor of PATH inside the directory ROOT; links and ``..`` end at ROOT, as in a chroot.

    Raises OSError as ``os.open`` does.
    """
    how = bytearray(24)
    how[:8] = as_bytes(flags | os.O_CLOEXEC, 8)
    how[16:] = as_bytes(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS, 8)
    name = os.fsencode(path.lstrip("/") or ".")
    try:
        return syscall("openat2", root, name, how, len(how), subject=path)
    except KernelError as error:
        if error.errno != errno.ENOSYS:
            raise OSError(error.errno, os.strerror(error.errno), path) from error
    return _open_checked(root, path, flags)


def _open_checked(root: int, path: str, flags: int) -> int:
    """The same before Linux 5.6: resolve, compare, open. Nobody writes to our read-only mounts."""
    top = os.path.realpath(f"/proc/self/fd/{root}")
    real = os.path.realpath(f"{top}/{path.lstrip('/')}")
    if real != top and not real.startswith(top.rstrip("/") + "/"):
        raise OSError(errno.EXDEV, "leads out of the file system", path)
    return os.open(real, flags | os.O_CLOEXEC)
