"""Open files that are to be loaded, and several initrds made one."""

from __future__ import annotations

import errno
import os
import stat

from uroot_py.base.errors import RefusedError
from uroot_py.base.text import format_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from uroot_py.base.layout import Buffer

    Watch = Callable[[str, int, int], None]

_CHUNK = 1 << 20
_ALIGN = 512  # cpio's block; a multiple of the 4 that the kernel asks of an uncompressed archive
_LEAST = 4  # zeros that end an lz4 stream
_MADV_POPULATE_READ = 22


class Source:
    """An open file and what errors call it. The file stays open and its offset is not used.

    ``watch`` is called with (name, bytes done, bytes in all) while the file is read.
    """

    __slots__ = ("fd", "name", "watch")

    def __init__(self, fd: int, name: str) -> None:
        self.fd = fd
        self.name = name
        self.watch: Watch | None = None

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

    def read_into(self, view: memoryview) -> None:
        """Fill VIEW with the beginning of the file; RefusedError when there is less."""
        offset = 0
        while offset < len(view):
            offset += self._step(os.preadv(self.fd, [view[offset : offset + _CHUNK]], offset))
            if self.watch:
                self.watch(self.name, offset, len(view))

    def copy_to(self, out: int, size: int) -> None:
        """Append the first SIZE bytes to the file OUT; RefusedError when there are less."""
        offset = 0
        while offset < size:
            offset += self._step(os.sendfile(out, self.fd, offset, min(_CHUNK, size - offset)))
            if self.watch:
                self.watch(self.name, offset, size)

    def _step(self, done: int) -> int:
        if not done:
            raise RefusedError(f"{self.name}: it became shorter while it was read")
        return done

    def map(self) -> memoryview:
        """All of the file without a copy: its pages in the page cache, every one of them read.

        RefusedError when it becomes shorter meanwhile, OSError when it cannot be read: a page that
        is touched later without being there would end this program.
        """
        import mmap

        size = self.check()
        try:
            mapped = mmap.mmap(self.fd, size, access=mmap.ACCESS_COPY)
        except OSError as error:
            if error.errno == errno.ENOMEM:
                raise _too_large(self.name, size) from None
            # Not every file system can, such as that of /sys/firmware/initrd.
            return memoryview(self.read())
        for offset in range(0, size, _CHUNK):
            count = min(_CHUNK, size - offset)
            try:
                mapped.madvise(_MADV_POPULATE_READ, offset, count)
            except OSError:  # before Linux 5.14, or a fault that only reading can name
                self._step(len(os.pread(self.fd, count, offset)))
            if self.watch:
                self.watch(self.name, offset + count, size)
        return memoryview(mapped)

    def read(self) -> bytearray:
        """All of the file."""
        data = _room(self.name, self.check())
        self.read_into(memoryview(data))
        return data


def _too_large(name: str, size: int) -> RefusedError:
    return RefusedError(f"{name}: {format_size(size)} do not fit into the memory of this machine")


def _room(name: str, size: int) -> bytearray:
    """Memory for SIZE bytes of NAME."""
    try:
        return bytearray(size)
    except MemoryError:
        raise _too_large(name, size) from None


def open_source(path: str) -> Source:
    """Open PATH for reading; OSError carries the path, RefusedError if it is no regular file."""
    source = Source(os.open(path, os.O_RDONLY | os.O_NONBLOCK), path)
    try:
        source.check()
    except RefusedError:
        os.close(source.fd)
        raise
    return source


def padding(size: int) -> int:
    """How many zeros stand between a part of an initrd of SIZE bytes and the next part.

    The kernel skips zeros between archives, wants an uncompressed archive at a multiple of 4, and
    its lz4 decoder ends only at four zeros. Ref: init/initramfs.c, lib/decompress_unlz4.c.
    """
    return -(size + _LEAST) % _ALIGN + _LEAST


def read_joined(sources: Sequence[Source]) -> bytearray | memoryview:
    """SOURCES after each other in memory, as ``join`` makes them one file; b'' without any."""
    if len(sources) == 1:
        return sources[0].map()
    places = []
    end = 0
    for source in sources:
        start = end + padding(end) if end else 0
        end = start + source.check()
        places.append((start, end))
    data = _room("+".join(source.name for source in sources), end)
    view = memoryview(data)
    for source, (start, end) in zip(sources, places, strict=True):
        source.read_into(view[start:end])
    return data


def join(sources: Sequence[Source]) -> Source:
    """One file in memory with SOURCES after each other, open for reading only."""
    name = "+".join(source.name for source in sources)
    writable = os.memfd_create("initrd", os.MFD_CLOEXEC)
    try:
        for index, source in enumerate(sources):
            size = source.check()
            source.copy_to(writable, size)
            if index + 1 < len(sources):
                os.write(writable, bytes(padding(size)))
        return _read_only(writable, name)
    finally:
        os.close(writable)


def _read_only(writable: int, name: str) -> Source:
    """The file WRITABLE, opened again: kexec_file_load refuses one that may still be written to."""
    return Source(os.open(f"/proc/self/fd/{writable}", os.O_RDONLY), name)


def pack_files(paths: Sequence[str]) -> Source:
    """A cpio archive in memory with the files at PATHS under the same names, and directories."""
    from uroot_py.formats.archive import cpio

    members: dict[str, cpio.Member] = {}
    for path in paths:
        source = open_source(path)
        try:
            data = bytes(source.read())
            mode = os.fstat(source.fd).st_mode
        finally:
            os.close(source.fd)
        name = os.path.normpath(path).lstrip("/")
        if name.startswith("../"):
            raise RefusedError(f"{path}: its name leads out of the initrd", hint="use a full path")
        parents = name.split("/")[:-1]
        for depth in range(len(parents)):
            folder = "/".join(parents[: depth + 1])
            members.setdefault(folder, cpio.Member(folder, cpio.S_IFDIR | 0o755, nlink=2))
        members[name] = cpio.Member(name, mode, data)
    return in_memory(cpio.build(members.values()), "extra files")


def in_memory(data: Buffer, name: str) -> Source:
    """A file in memory that holds DATA, open for reading only."""
    writable = os.memfd_create("kexec", os.MFD_CLOEXEC)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(writable, view) :]
        return _read_only(writable, name)
    finally:
        os.close(writable)
