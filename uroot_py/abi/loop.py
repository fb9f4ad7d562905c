"""Loop devices: a file as a block device. Ref: loop(4); include/uapi/linux/loop.h."""

from __future__ import annotations

import errno
import fcntl
import os

from uroot_py.base.errors import KernelError
from uroot_py.base.layout import Layout, raw, u32, u64

LOOP_CLR_FD = 0x4C01
LOOP_CONFIGURE = 0x4C0A
LOOP_CTL_GET_FREE = 0x4C82
CONTROL = "/dev/loop-control"
LO_FLAGS_READ_ONLY = 1
LO_FLAGS_AUTOCLEAR = 4
LO_FLAGS_PARTSCAN = 8


class LoopConfig(Layout, size=304, title="loop_config"):
    """What LOOP_CONFIGURE takes: struct loop_info64 begins at 0x08. Linux 5.8 and later."""

    fd = u32(0x00)
    block_size = u32(0x04)
    lo_offset = u64(0x20)
    lo_sizelimit = u64(0x28)
    lo_flags = u32(0x3C)
    lo_file_name = raw(0x40, 64)


def free_device() -> str:
    """A loop device that is not in use; OSError when the kernel has none."""
    control = os.open(CONTROL, os.O_RDWR | os.O_CLOEXEC)
    try:
        return f"/dev/loop{fcntl.ioctl(control, LOOP_CTL_GET_FREE)}"
    finally:
        os.close(control)


def attach(
    path: str, device: str = "", *, flags: int = 0, offset: int = 0, size: int = 0
) -> tuple[str, int]:
    """Make the file PATH a block device (DEVICE, or a free one); the device, and a handle on it.

    The bytes from OFFSET on, SIZE of them unless it is 0. The caller closes the handle: before
    that a device with LO_FLAGS_AUTOCLEAR stays, even if nobody uses it. OSError names the file,
    KernelError the device.
    """
    mode = os.O_RDONLY if flags & LO_FLAGS_READ_ONLY else os.O_RDWR
    file = os.open(path, mode | os.O_CLOEXEC)
    try:
        config = LoopConfig.new(
            fd=file, lo_offset=offset, lo_sizelimit=size, lo_flags=flags, lo_file_name=_short(path)
        )
        while True:
            target = device or free_device()
            handle = os.open(target, mode | os.O_CLOEXEC)
            try:
                fcntl.ioctl(handle, LOOP_CONFIGURE, bytes(config))
                return target, handle
            except OSError as error:
                os.close(handle)
                if error.errno != errno.EBUSY or device:  # a free one may be taken meanwhile
                    raise _refused("LOOP_CONFIGURE", target, error) from error
    finally:
        os.close(file)


def _refused(call: str, device: str, error: OSError) -> KernelError:
    text = (error.strerror or "").lower()
    cause = "it is not attached to a file" if error.errno == errno.ENXIO else text
    return KernelError(call, error.errno or 0, subject=device, cause=cause)


def _short(path: str) -> bytes:
    return os.fsencode(os.path.abspath(path))[:63]


def detach(device: str) -> None:
    """Let DEVICE go; KernelError names it."""
    handle = os.open(device, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.ioctl(handle, LOOP_CLR_FD)
    except OSError as error:
        raise _refused("LOOP_CLR_FD", device, error) from error
    finally:
        os.close(handle)
