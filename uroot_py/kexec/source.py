"""Open files that are to be loaded, and several initrds made one."""

from __future__ import annotations

import os
import stat

from uroot_py.base.errors import RefusedError
from uroot_py.payload.detect import HEAD_SIZE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_CHUNK = 1 << 20
_ALIGN = 512  # cpio's block; a multiple of the 4 that the kernel asks of an uncompressed archive
_LEAST = 4  # zeros that end an lz4 stream


class Source:
    """An open file and what errors call it. The file stays open and its offset is not used."""

    __slots__ = ("fd", "name")

    def __init__(self, fd: int, name: str) -> None:
        self.fd = fd
        self.name = name

    def check(self) -> int:
        """The size in bytes; RefusedError if this is no regular file, or an empty one."""
        status = os.fstat(self.fd)
        for test, found in (
            (stat.S_ISDIR, "a directory"),
            (stat.S_ISFIFO, "a pipe"),
            (stat.S_ISCHR, "a character device"),
            (stat.S_ISBLK, "a block device"),
            (stat.S_ISSOCK, "a socket"),
        ):
            if test(status.st_mode):
                raise RefusedError(f"{self.name}: expected a regular file, found {found}")
        if not status.st_size:
            raise RefusedError(f"{self.name}: the file is empty")
        return status.st_size

    def head(self) -> bytes:
        """The first bytes, as many as payload.detect wants."""
        return os.pread(self.fd, HEAD_SIZE, 0)


def open_source(path: str) -> Source:
    """Open PATH for reading; OSError carries the path."""
    return Source(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), path)


def padding(size: int) -> int:
    """How many zeros stand between a part of SIZE bytes and the next one.

    The kernel skips zeros between archives, wants an uncompressed archive at a multiple of 4, and
    its lz4 decoder ends only at four zeros. Ref: init/initramfs.c, lib/decompress_unlz4.c.
    """
    return -(size + _LEAST) % _ALIGN + _LEAST


def _copy(source: Source, size: int, out: int) -> None:
    offset = 0
    while offset < size:
        done = os.sendfile(out, source.fd, offset, min(_CHUNK, size - offset))
        if not done:
            raise RefusedError(f"{source.name}: it became shorter while it was read")
        offset += done


def join(sources: Sequence[Source]) -> Source:
    """One file in memory with SOURCES after each other, open for reading only."""
    name = "+".join(source.name for source in sources)
    writable = os.memfd_create("initrd", os.MFD_CLOEXEC)
    try:
        for index, source in enumerate(sources):
            size = source.check()
            _copy(source, size, writable)
            if index + 1 < len(sources):
                os.write(writable, bytes(padding(size)))
        # kexec_file_load refuses a file that somebody may still write to (ETXTBSY).
        return Source(os.open(f"/proc/self/fd/{writable}", os.O_RDONLY | os.O_CLOEXEC), name)
    finally:
        os.close(writable)
