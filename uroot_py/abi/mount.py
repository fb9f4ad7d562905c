"""Mounting and unmounting. Ref: mount(2), umount2(2); include/uapi/linux/mount.h."""

from __future__ import annotations

import errno

from uroot_py.abi.libc import syscall
from uroot_py.base.errors import KernelError

MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_SYNCHRONOUS = 16
MS_REMOUNT = 32
MS_NOSYMFOLLOW = 256
MS_NOATIME = 1024
MS_BIND = 4096
MS_MOVE = 8192
MS_REC = 16384
MS_PRIVATE = 1 << 18
MS_RELATIME = 1 << 21
MNT_FORCE = 1
MNT_DETACH = 2

# mount(8)'s words for flags; a leading "no" (or "rw") takes the flag away.
OPTION_FLAGS = {
    "ro": MS_RDONLY,
    "nosuid": MS_NOSUID,
    "nodev": MS_NODEV,
    "noexec": MS_NOEXEC,
    "sync": MS_SYNCHRONOUS,
    "remount": MS_REMOUNT,
    "nosymfollow": MS_NOSYMFOLLOW,
    "noatime": MS_NOATIME,
    "bind": MS_BIND,
    "rbind": MS_BIND | MS_REC,
    "move": MS_MOVE,
    "private": MS_PRIVATE,
    "relatime": MS_RELATIME,
}
_CLEARING = {
    "rw": MS_RDONLY,
    "suid": MS_NOSUID,
    "dev": MS_NODEV,
    "exec": MS_NOEXEC,
    "async": MS_SYNCHRONOUS,
    "symfollow": MS_NOSYMFOLLOW,
    "atime": MS_NOATIME,
}
_CAUSES = {
    errno.EPERM: "not permitted: mounting needs root",
    errno.ENODEV: "this kernel does not know the file system (is its module loaded?)",
    errno.EINVAL: "not that file system, a damaged superblock, or an option it does not know",
    errno.EBUSY: "already mounted, or in use",
    errno.ENOENT: "the device or the mount point does not exist",
    errno.ENOTBLK: "not a block device (a file needs -o loop)",
    errno.EUCLEAN: "the file system is damaged",
    errno.EBADMSG: "the file system is damaged: a checksum is wrong",
    errno.EROFS: "its journal needs replaying, but the device is read-only",
    errno.ENXIO: "the device has no medium, or its driver is missing",
}


def parse_options(text: str, flags: int = 0) -> tuple[int, str]:
    """mount(8)'s comma list -> (flags for mount(2), the file system's own options)."""
    data = []
    for word in filter(None, text.split(",")):
        if word in OPTION_FLAGS:
            flags |= OPTION_FLAGS[word]
        elif word in _CLEARING:
            flags &= ~_CLEARING[word]
        elif word != "defaults":
            data.append(word)
    return flags, ",".join(data)


def mount(source: str, target: str, fstype: str = "", flags: int = 0, data: str = "") -> None:
    """Call mount(2); its KernelError names source, target and file system."""
    kind = f" ({fstype})" if fstype else ""
    try:
        syscall(
            "mount",
            _path(source),
            _path(target),
            fstype.encode() if fstype else None,
            flags,
            data.encode() if data else None,
            subject=f"{source} on {target}{kind}",
        )
    except KernelError as error:
        raise error.with_cause(_CAUSES.get(error.errno, error.cause)) from None


def umount(target: str, flags: int = 0) -> None:
    """umount2(2)."""
    try:
        syscall("umount2", _path(target), flags, subject=target)
    except KernelError as error:
        if error.errno == errno.EINVAL:
            raise error.with_cause("nothing is mounted there") from None
        if error.errno == errno.EBUSY:
            cause = "in use: a process has a file or its directory there"
            raise error.with_cause(cause, "umount -l detaches it at once") from None
        raise


def _path(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")


class MountLine:
    """A line of /proc/self/mounts."""

    __slots__ = ("fstype", "options", "source", "target")

    def __init__(self, source: str, target: str, fstype: str, options: str) -> None:
        self.source = source
        self.target = target
        self.fstype = fstype
        self.options = options


def parse_mounts(text: str) -> list[MountLine]:
    r"""The lines of /proc/self/mounts, with ``\040`` and its like undone. Ref: fstab(5)."""
    lines = []
    for line in text.split("\n"):  # a name may have other line ends in it
        words = [_unescape(word) for word in line.split(" ")]
        if len(words) >= 4:
            lines.append(MountLine(*words[:4]))
    return lines


def _unescape(word: str) -> str:
    head, *rest = word.split("\\")
    for part in rest:
        octal = part[:3]
        known = len(octal) == 3 and not octal.strip("01234567")
        head += chr(int(octal, 8)) + part[3:] if known else "\\" + part
    return head


def mounts() -> list[MountLine]:
    """What is mounted in this process's name space, oldest first."""
    with open("/proc/self/mounts", encoding="utf-8", errors="surrogateescape") as file:
        return parse_mounts(file.read())
