"""The two system calls that load a kernel.

Ref: kexec_load(2), kexec_file_load(2); include/uapi/linux/kexec.h.
"""

from __future__ import annotations

from uroot_py.abi.libc import MACHINE, address_of, syscall
from uroot_py.base.reader import as_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    Buffer = bytes | bytearray | memoryview

KEXEC_ON_CRASH = 0x1
KEXEC_CRASH_HOTPLUG_SUPPORT = 0x8  # since Linux 6.10
KEXEC_ARCH = {"x86_64": 62 << 16, "aarch64": 183 << 16, "riscv64": 243 << 16}

KEXEC_FILE_UNLOAD = 0x1
KEXEC_FILE_ON_CRASH = 0x2
KEXEC_FILE_NO_INITRAMFS = 0x4
KEXEC_FILE_DEBUG = 0x8
KEXEC_FILE_NO_CMA = 0x10
KEXEC_FILE_FORCE_DTB = 0x20


def kexec_file_load(kernel_fd: int, initrd_fd: int, cmdline: bytes, flags: int = 0) -> None:
    """Let the kernel read, check and place KERNEL_FD; INITRD_FD -1 is none.

    CMDLINE comes without its NUL. KernelError with the errno when it is refused.
    """
    if initrd_fd < 0:
        flags |= KEXEC_FILE_NO_INITRAMFS
    size = len(cmdline) + 1 if cmdline else 0
    syscall("kexec_file_load", kernel_fd, initrd_fd, size, cmdline or None, flags)


def kexec_load(entry: int, segments: Sequence[tuple[Buffer, int, int]], flags: int = 0) -> None:
    """Load SEGMENTS, each (buffer, physical address, size in memory); none of them unloads.

    Addresses and sizes are multiples of a page; the kernel zeroes what a buffer leaves. The
    buffers are not copied here. KernelError with the errno when it is refused.
    """
    table = bytearray()
    keep = []
    for buffer, address, size in segments:
        pointer, holder = address_of(buffer) if len(buffer) else (0, None)
        keep.append(holder)
        for number in (pointer, len(buffer), address, size):
            table += as_bytes(number, 8)
    flags |= KEXEC_ARCH.get(MACHINE, 0)
    syscall("kexec_load", entry, len(segments), table or None, flags)
