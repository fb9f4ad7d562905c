"""What the kernel says about devices that come, change and go.

Ref: netlink(7), NETLINK_KOBJECT_UEVENT; lib/kobject_uevent.c; Documentation/core-api/kobject.rst.
"""

from __future__ import annotations

import errno
import os

from uroot_py.abi.libc import syscall
from uroot_py.base.errors import KernelError
from uroot_py.base.reader import as_bytes, number_at

# Ref: include/linux/socket.h, net.h; include/uapi/asm-generic/socket.h. System calls and not
# Python's sockets, whose module is more than all the rest of this.
AF_NETLINK, SOCK_DGRAM, SOCK_CLOEXEC, SOCK_NONBLOCK = 16, 2, 0o2000000, 0o4000
SOL_SOCKET, SO_RCVBUF, SO_RCVBUFFORCE = 1, 8, 33
NETLINK_KOBJECT_UEVENT = 15
GROUP_KERNEL = 1  # udev has a group of its own, and its messages begin otherwise
BUFFER = 1 << 20  # bytes: the messages of some thousand devices
_MESSAGE = 1 << 13  # bytes: UEVENT_BUFFER_SIZE is 2048
_AT_A_TIME = 1000  # messages of one read: what more there is waits for the next


def _address(groups: int) -> bytes:
    """A sockaddr_nl: family, padding, port (0: the kernel chooses one), groups."""
    return as_bytes(AF_NETLINK, 2) + bytes(6) + as_bytes(groups, 4)


class Uevents:
    """The kernel's uevents from now on. KernelError where there are none to be had."""

    def __init__(self, buffer: int = BUFFER) -> None:
        kind = SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK
        self.handle = syscall("socket", AF_NETLINK, kind, NETLINK_KOBJECT_UEVENT, subject="uevents")
        size = as_bytes(buffer, 4)
        try:  # above net.core.rmem_max only with CAP_NET_ADMIN
            syscall("setsockopt", self.handle, SOL_SOCKET, SO_RCVBUFFORCE, size, 4)
        except KernelError:
            syscall("setsockopt", self.handle, SOL_SOCKET, SO_RCVBUF, size, 4)
        place = _address(GROUP_KERNEL)
        syscall("bind", self.handle, place, len(place), subject="uevents")

    def fileno(self) -> int:
        """Readable when something has come."""
        return self.handle

    def close(self) -> None:
        """Listen no more."""
        os.close(self.handle)

    def read(self) -> tuple[list[dict[str, str]], bool]:
        """What has come, at most 1000 messages (it never waits), and whether any were lost.

        A message is its variables: ACTION, DEVPATH, SUBSYSTEM, DEVNAME, MODALIAS and the like.
        Where some were lost, because more came than the buffer holds, all that is known about
        devices is to be looked at again.
        """
        found: list[dict[str, str]] = []
        lost = False
        data, sender = bytearray(_MESSAGE), bytearray(_address(0))
        for _ in range(_AT_A_TIME):
            length = bytearray(as_bytes(len(sender), 4))
            try:
                size = syscall("recvfrom", self.handle, data, len(data), 0, sender, length)
            except KernelError as error:
                if error.errno == errno.EAGAIN:
                    break
                if error.errno != errno.ENOBUFS:
                    raise
                lost = True
                continue
            if number_at(sender, 4, 4) == 0:  # of the kernel: a process has its port there
                found.append(variables(bytes(data[:size])))
        return found, lost


def variables(data: bytes) -> dict[str, str]:
    """The NAME=VALUE strings of a message; its first string, ``ACTION@DEVPATH``, is no such."""
    strings = data.decode("utf-8", "replace").split("\0")
    return dict(text.split("=", 1) for text in strings[1:] if "=" in text)
