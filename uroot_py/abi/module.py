"""Loading and removing kernel modules. Ref: init_module(2), delete_module(2)."""

from __future__ import annotations

import errno
import os

from uroot_py.abi.libc import syscall
from uroot_py.base.errors import KernelError

_CAUSES = {
    errno.ENOEXEC: "not a module, or built for another kernel",
    errno.ENOENT: "a symbol it needs is missing",
    errno.EPERM: "not permitted: modules need root and no lockdown",
    errno.ENODEV: "its hardware is not here",
    errno.EINVAL: "a parameter it does not know",
    errno.EKEYREJECTED: "its signature is not accepted",
    errno.ENOKEY: "it is not signed with a key this kernel has",
}


def finit_module(handle: int, path: str, parameters: str = "") -> bool:
    """Load the module in the open file HANDLE, which is PATH; False if it is loaded already."""
    return _is_new("finit_module", handle, parameters.encode() + b"\0", 0, path=path)


def init_module(image: bytes, path: str, parameters: str = "") -> bool:
    """Load the module with the contents IMAGE, taken from PATH; False if it is loaded already."""
    return _is_new("init_module", image, len(image), parameters.encode() + b"\0", path=path)


def _is_new(call: str, *args: int | bytes, path: str) -> bool:
    try:
        syscall(call, *args, subject=path)
    except KernelError as error:
        if error.errno == errno.EEXIST:
            return False
        raise error.with_cause(_CAUSES.get(error.errno, error.cause)) from None
    return True


def delete_module(name: str, *, force: bool = False) -> None:
    """Remove the module NAME."""
    flags = os.O_NONBLOCK | (os.O_TRUNC if force else 0)
    try:
        syscall("delete_module", name.encode(), flags, subject=name)
    except KernelError as error:
        if error.errno == errno.ENOENT:
            raise error.with_cause("it is not loaded") from None
        if error.errno in (errno.EWOULDBLOCK, errno.EBUSY):
            raise error.with_cause("it is in use") from None
        raise


def loaded() -> list[tuple[str, int, int, list[str]]]:
    """The loaded modules: (name, size in bytes, use count, names of its users)."""
    rows = []
    with open("/proc/modules", encoding="ascii") as file:
        for line in file:
            name, size, uses, users = line.split()[:4]
            by = [user for user in users.split(",") if user and user != "-"]
            rows.append((name, int(size), int(uses) if uses != "-" else 0, by))
    return rows
