"""Network interfaces: their flags. Ref: netdevice(7); include/uapi/linux/if.h, sockios.h."""

from __future__ import annotations

import os

from uroot_py.abi.libc import syscall

AF_NETLINK = 16  # every kernel with network interfaces has it, AF_INET not
SOCK_RAW = 3
SOCK_CLOEXEC = 0o2000000
SIOCGIFFLAGS = 0x8913
SIOCSIFFLAGS = 0x8914
IFF_UP = 0x1
IFREQ_SIZE = 40  # struct ifreq on 64-bit machines: the name, then a union


def interface_up(name: str) -> bool:
    """Bring the interface NAME up; whether it was down. KernelError when that is refused."""
    return _change(name, IFF_UP, 0)


def interface_down(name: str) -> bool:
    """Take the interface NAME down; whether it was up. KernelError when that is refused."""
    return _change(name, 0, IFF_UP)


def _change(name: str, on: int, off: int) -> bool:
    from uroot_py.base.reader import as_bytes, number_at

    request = bytearray(name.encode().ljust(IFREQ_SIZE, b"\0"))
    fd = syscall("socket", AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0)
    try:
        syscall("ioctl", fd, SIOCGIFFLAGS, request, subject=name)
        flags = number_at(request, 16, 2)
        wanted = (flags | on) & ~off
        if wanted == flags:
            return False
        request[16:18] = as_bytes(wanted, 2)
        syscall("ioctl", fd, SIOCSIFFLAGS, request, subject=name)
    finally:
        os.close(fd)
    return True
