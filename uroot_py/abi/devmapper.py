"""Device-mapper: block devices made of pieces of others. Ref: include/uapi/linux/dm-ioctl.h.

A device is created without a table, gets one, and has it from its first ``resume`` on.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat

from uroot_py.base.errors import FormatError, KernelError
from uroot_py.base.layout import Layout, raw, u32, u64
from uroot_py.base.reader import number_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

CONTROL = "/dev/mapper/control"
DM_VERSION = 0
DM_LIST_DEVICES = 2
DM_DEV_CREATE = 3
DM_DEV_REMOVE = 4
DM_DEV_SUSPEND = 6
DM_DEV_STATUS = 7
DM_TABLE_LOAD = 9
DM_TABLE_DEPS = 11
DM_TABLE_STATUS = 12
DM_READONLY_FLAG = 1 << 0
DM_SUSPEND_FLAG = 1 << 1
DM_STATUS_TABLE_FLAG = 1 << 4
DM_ACTIVE_PRESENT_FLAG = 1 << 5
DM_INACTIVE_PRESENT_FLAG = 1 << 6
DM_BUFFER_FULL_FLAG = 1 << 8
DM_SECURE_DATA_FLAG = 1 << 15
MAX_NAME = 127  # bytes of a name
MAX_UUID = 128
MAX_SIZE = 1 << 24  # bytes of an answer
_ROOM = 1 << 14  # for an answer; ioctl(2) of Python copies buffers up to 1024 bytes


class DmIoctl(Layout, size=312, title="dm_ioctl"):
    """What every call takes and gives; targets, names or devices begin at ``data_start``."""

    version_major = u32(0)
    version_minor = u32(4)
    version_patch = u32(8)
    data_size = u32(12)
    data_start = u32(16)
    target_count = u32(20)
    open_count = u32(24)
    flags = u32(28)
    event_nr = u32(32)
    dev = u64(40)
    name = raw(48, 128)
    uuid = raw(176, 129)


class DmTargetSpec(Layout, size=40, title="dm_target_spec"):
    """One target, in sectors of 512 bytes; its parameters follow, with a NUL.

    ``next`` counts from this one where a table is given, and from the first in an answer.
    """

    sector_start = u64(0)
    length = u64(8)
    status = u32(16)
    next = u32(20)
    target_type = raw(24, 16)


class Target:
    """LENGTH sectors of a device from START on, as the target TYPE does them with PARAMETERS."""

    __slots__ = ("length", "parameters", "start", "type")

    def __init__(
        self, start: int, length: int, kind: str, parameters: str | bytes | bytearray
    ) -> None:
        self.start = start
        self.length = length
        self.type = kind
        self.parameters = parameters

    def __str__(self) -> str:
        words = self.parameters
        text = words if isinstance(words, str) else words.decode("utf-8", "replace")
        return f"{self.start} {self.length} {self.type} {text}".rstrip()

    def __repr__(self) -> str:
        return f"<Target {self.start} {self.length} {self.type}>"  # parameters may hold a key


class Info:
    """A device as the kernel has it: its name, UUID ('' without), number, users and FLAGS."""

    __slots__ = ("dev", "flags", "name", "open_count", "targets", "uuid")

    def __init__(self, view: DmIoctl) -> None:
        self.name = _text(view.name)
        self.uuid = _text(view.uuid)
        self.dev = _device(view.dev)
        self.open_count = view.open_count
        self.targets = view.target_count
        self.flags = view.flags

    @property
    def readonly(self) -> bool:
        """Whether it can only be read."""
        return bool(self.flags & DM_READONLY_FLAG)

    @property
    def suspended(self) -> bool:
        """Whether it waits for ``resume``."""
        return bool(self.flags & DM_SUSPEND_FLAG)


def version() -> tuple[int, int, int]:
    """The version of the kernel's interface; KernelError where it has no device-mapper."""
    view = _call(DM_VERSION, "DM_VERSION")
    return view.version_major, view.version_minor, view.version_patch


def create(name: str, uuid: str = "") -> Info:
    """Make the device NAME, without a table; KernelError (EBUSY: there is one)."""
    words = name.encode()
    if not words or len(words) > MAX_NAME or b"/" in words or len(uuid) > MAX_UUID:
        raise KernelError("DM_DEV_CREATE", errno.EINVAL, subject=name, cause="no such name can be")
    return Info(_call(DM_DEV_CREATE, "DM_DEV_CREATE", name, uuid=uuid))


def load(
    name: str, targets: Iterable[Target], *, readonly: bool = True, secure: bool = False
) -> None:
    """Give NAME the table TARGETS, that it has after ``resume``; KernelError.

    READONLY: it opens what it lies on for reading, and can only be read. SECURE: the kernel
    wipes its copies of the parameters, and we ours.
    """
    data = bytearray()
    count = 0
    for target in targets:
        words = target.parameters
        start = len(data)
        data += bytes(DmTargetSpec.size)
        data += words.encode() if isinstance(words, str) else words
        data += bytes(8 - len(data) % 8)  # at least the NUL
        spec = DmTargetSpec(data, start)
        spec.sector_start, spec.length = target.start, target.length
        spec.target_type = target.type.encode()
        spec.next = len(data) - start
        count += 1
    flags = (DM_READONLY_FLAG if readonly else 0) | (DM_SECURE_DATA_FLAG if secure else 0)
    try:
        _call(DM_TABLE_LOAD, "DM_TABLE_LOAD", name, flags=flags, data=data, count=count)
    finally:
        if secure:
            data[:] = bytes(len(data))


def resume(name: str) -> None:
    """Let NAME work with the table that was loaded last; KernelError."""
    _call(DM_DEV_SUSPEND, "DM_DEV_SUSPEND", name)


def suspend(name: str) -> None:
    """Hold what is asked of NAME until ``resume``; KernelError."""
    _call(DM_DEV_SUSPEND, "DM_DEV_SUSPEND", name, flags=DM_SUSPEND_FLAG)


def remove(name: str) -> None:
    """Take NAME away; KernelError (EBUSY: it is in use)."""
    _call(DM_DEV_REMOVE, "DM_DEV_REMOVE", name)


def info(name: str) -> Info:
    """What the kernel says of NAME; KernelError (ENXIO: there is none)."""
    return Info(_call(DM_DEV_STATUS, "DM_DEV_STATUS", name))


def table(name: str) -> list[Target]:
    """The table that NAME works with; KernelError."""
    return _targets(name, DM_STATUS_TABLE_FLAG)


def status(name: str) -> list[Target]:
    """The same with what each target says of itself in place of its parameters."""
    return _targets(name, 0)


def _targets(name: str, flags: int) -> list[Target]:
    view = _call(DM_TABLE_STATUS, "DM_TABLE_STATUS", name, flags=flags)
    found: list[Target] = []
    at = view.data_start
    for _ in range(view.target_count):
        spec = DmTargetSpec(view.data, at)
        start = at + spec.size
        at = view.data_start + spec.next
        words = _text(bytes(view.data[start:at]))
        found.append(Target(spec.sector_start, spec.length, _text(spec.target_type), words))
    return found


def names() -> list[tuple[str, int]]:
    """(name, device number) of every device; KernelError where there is no device-mapper."""
    view = _call(DM_LIST_DEVICES, "DM_LIST_DEVICES")
    found: list[tuple[str, int]] = []
    at = view.data_start
    while at + 12 < view.data_size and number_at(view.data, at, 8):
        # struct dm_name_list: dev, next (0 for the last), name
        step = number_at(view.data, at + 8, 4)
        name = _text(bytes(view.data[at + 12 : at + 13 + MAX_NAME]))
        found.append((name, _device(number_at(view.data, at, 8))))
        if not step:
            break
        at += step
    return found


def depends(name: str) -> list[int]:
    """The numbers of the devices that NAME lies on; KernelError."""
    view = _call(DM_TABLE_DEPS, "DM_TABLE_DEPS", name)
    at = view.data_start
    count = number_at(view.data, at, 4)
    return [_device(number_at(view.data, at + 8 + 8 * n, 8)) for n in range(count)]


def _device(number: int) -> int:
    """The kernel's 64-bit device NUMBER as os.makedev makes it. Ref: new_encode_dev()."""
    major = (number & 0xFFF00) >> 8
    minor = (number & 0xFF) | ((number >> 12) & 0xFFF00)
    return os.makedev(major, minor)


def _text(data: bytes) -> str:
    return data.split(b"\0")[0].decode("utf-8", "replace")


def _open() -> int:
    """A handle on the control device, which is made where it is missing; KernelError."""
    try:
        if not os.path.exists(CONTROL):
            os.makedirs(os.path.dirname(CONTROL), exist_ok=True)
            os.mknod(CONTROL, stat.S_IFCHR | 0o600, os.makedev(10, _minor()))
        return os.open(CONTROL, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        cause = (error.strerror or "").lower()
        if error.errno in (errno.ENODEV, errno.ENXIO, errno.ENOENT):
            cause = "this kernel has no device-mapper (dm_mod), or it is not loaded"
        raise KernelError("open", error.errno or 0, subject=CONTROL, cause=cause) from None


def _minor() -> int:
    """The control device's minor number. Ref: /proc/misc."""
    with open("/proc/misc", encoding="ascii") as file:
        for line in file:
            number, name = line.split()
            if name == "device-mapper":
                return int(number)
    raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))


def _call(
    number: int,
    call: str,
    name: str = "",
    *,
    uuid: str = "",
    flags: int = 0,
    data: bytearray | None = None,
    count: int = 0,
) -> DmIoctl:
    """The answer to a call, with all of its data; KernelError names CALL and the device NAME.

    DATA are COUNT targets. The buffer is wiped where the kernel is to wipe its own.
    """
    given = data or bytearray()
    buffer = bytearray(max(_ROOM, DmIoctl.size + len(given)))
    control = _open()
    try:
        while True:
            view = DmIoctl(buffer)
            view.version_major = 4
            view.data_size, view.data_start = len(buffer), DmIoctl.size
            view.name, view.uuid = name.encode(), uuid.encode()
            view.flags, view.target_count = flags, count
            buffer[DmIoctl.size : DmIoctl.size + len(given)] = given
            # _IOWR(0xfd, NUMBER, struct dm_ioctl)
            fcntl.ioctl(control, 0xC138FD00 | number, buffer)
            if not view.flags & DM_BUFFER_FULL_FLAG:
                return view
            if len(buffer) > MAX_SIZE:
                raise FormatError(f"{call} {name}", 0, f"at most {MAX_SIZE >> 20} MiB", "more")
            buffer = bytearray(4 * len(buffer))
    except OSError as error:
        cause = _CAUSES.get((number, error.errno or 0), (error.strerror or "").lower())
        raise KernelError(call, error.errno or 0, subject=name, cause=cause) from None
    finally:
        if flags & DM_SECURE_DATA_FLAG:
            buffer[:] = bytes(len(buffer))
        os.close(control)


_CAUSES = {
    (DM_DEV_CREATE, errno.EBUSY): "there is a device with this name or UUID",
    (DM_DEV_REMOVE, errno.EBUSY): "it is in use",
    (DM_TABLE_LOAD, errno.EINVAL): "the kernel refuses its table; dmesg says why",
    (DM_TABLE_LOAD, errno.ENXIO): "no such device",
    (DM_DEV_STATUS, errno.ENXIO): "no such device",
    (DM_DEV_REMOVE, errno.ENXIO): "no such device",
    (DM_DEV_SUSPEND, errno.ENXIO): "no such device",
    (DM_TABLE_STATUS, errno.ENXIO): "no such device",
    (DM_TABLE_DEPS, errno.ENXIO): "no such device",
}
