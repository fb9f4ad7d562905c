"""Block devices: whether they may be written to, who holds them, whether a drive has a medium.

Ref: include/uapi/linux/fs.h, include/uapi/linux/cdrom.h.
"""

from __future__ import annotations

import fcntl
import os

BLKROSET = 0x125D
BLKROGET = 0x125E
CDROM_DRIVE_STATUS = 0x5326
_CDSL_CURRENT = 0x7FFFFFFF
_CDS_NO_DISC, _CDS_TRAY_OPEN = 1, 2


def protect(path: str) -> bool:
    """Make the block device PATH read-only; False where it is so already, or is somebody's.

    Who holds it (a mount, a volume on top of it) may be writing.
    """
    try:
        # Ref: open(2), O_EXCL without O_CREAT: EBUSY while a block device is in use.
        handle = os.open(path, os.O_RDONLY | os.O_EXCL | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        state = bytearray(4)
        fcntl.ioctl(handle, BLKROGET, state)
        if any(state):
            return False
        fcntl.ioctl(handle, BLKROSET, b"\1\0\0\0")
    except OSError:
        return False  # no block device, or not ours to change: mounting it says which
    finally:
        os.close(handle)
    return True


def release(path: str) -> None:
    """Let the block device PATH be written to again."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return  # it has been taken away
    try:
        fcntl.ioctl(handle, BLKROSET, b"\0\0\0\0")
    except OSError:
        return  # the same, while it was open
    finally:
        os.close(handle)


def without_medium(handle: int) -> bool:
    """Whether the drive that HANDLE is open on says that it is empty, or open; no others say so."""
    try:
        status = fcntl.ioctl(handle, CDROM_DRIVE_STATUS, _CDSL_CURRENT)
    except OSError:
        return False  # no drive for discs
    return status in (_CDS_NO_DISC, _CDS_TRAY_OPEN)
