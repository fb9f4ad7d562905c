"""The file tree of an image while it is being put together; nothing of it touches the disk."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from uroot_py.base.errors import RefusedError
from uroot_py.formats.archive import cpio

if TYPE_CHECKING:
    from pathlib import Path


class ImageTree:
    """Paths (no leading slash) -> members. Parents appear by themselves; the last word wins."""

    def __init__(self, mtime: int = 0) -> None:
        self.mtime = mtime
        self.members: dict[str, cpio.Member] = {}
        self.origins: dict[str, Path] = {}  # which file of this machine a member is
        self.linked: set[str] = set()  # the libraries inside its program, by source package

    def _put(self, path: str, mode: int, data: bytes = b"", rdev: tuple[int, int] = (0, 0)) -> None:
        path = path.strip("/")
        parts = path.split("/")
        if not path or ".." in parts or "." in parts or "" in parts:
            raise RefusedError(f"{path or '/'!r} is no path for a file of the image")
        for end in range(1, len(parts)):
            parent = "/".join(parts[:end])
            found = self.members.get(parent)
            if found is None:
                self._put(parent, cpio.S_IFDIR | 0o755)
            elif found.kind not in (cpio.S_IFDIR, cpio.S_IFLNK):
                raise RefusedError(f"{path}: {parent} is a file of the image, not a directory")
        links = 2 if stat.S_ISDIR(mode) else 1
        self.members[path] = cpio.Member(path, mode, data, mtime=self.mtime, rdev=rdev, nlink=links)

    def directory(self, path: str, mode: int = 0o755) -> None:
        """An empty directory."""
        self._put(path, cpio.S_IFDIR | mode)

    def file(self, path: str, data: bytes | str, mode: int = 0o644) -> None:
        """A regular file; text is stored as UTF-8."""
        self._put(path, cpio.S_IFREG | mode, data.encode() if isinstance(data, str) else data)

    def link(self, path: str, target: str) -> None:
        """A symbolic link."""
        self._put(path, cpio.S_IFLNK | 0o777, target.encode())

    def device(self, path: str, major: int, minor: int, mode: int) -> None:
        """A character device; it exists in the archive only, so nobody needs to be root."""
        self._put(path, cpio.S_IFCHR | mode, rdev=(major, minor))

    def copy(self, source: Path, path: str) -> list[Path]:
        """A file of this machine, or a directory with all that is in it; returns the files.

        Of the permissions only "executable" is kept: the rest depends on who builds.
        """
        if source.is_dir():
            self.directory(path)
            found = []
            for each in sorted(source.iterdir()):
                if each.is_symlink():
                    self.link(f"{path}/{each.name}", str(each.readlink()))
                else:
                    found += self.copy(each, f"{path}/{each.name}")
            return found
        mode = 0o755 if source.stat().st_mode & 0o111 else 0o644
        self.file(path, source.read_bytes(), mode)
        self.origins[path.strip("/")] = source
        return [source]

    def archive(self) -> bytes:
        """The cpio archive, by name."""
        return cpio.build(self.members[path] for path in sorted(self.members))
