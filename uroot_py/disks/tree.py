"""A mounted disk, or any directory, as the Tree that boot configurations are read from."""

from __future__ import annotations

import os
import stat

from uroot_py.abi.openat2 import open_in_root

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uroot_py.disks.blockdev import BlockDevice


class DirectoryTree:
    """See ``bootconfig.tree.Tree``: confined to the directory; nothing here writes.

    ``touch`` is called before anything is asked of the file system: it may never answer.
    """

    def __init__(
        self,
        path: str,
        *,
        uuid: str = "",
        label: str = "",
        partuuid: str = "",
        partlabel: str = "",
        fstype: str = "",
    ) -> None:
        self.path = path
        self.fstype = fstype
        self.uuid = uuid
        self.label = label
        self.partuuid = partuuid
        self.partlabel = partlabel
        self.volume: BlockDevice | None = None  # what is mounted there
        self.touch: Callable[[], object] = bool
        self.root = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def known_by(self) -> dict[str, str]:
        """What the file system is named by, as this class takes it."""
        return {
            "uuid": self.uuid,
            "label": self.label,
            "partuuid": self.partuuid,
            "partlabel": self.partlabel,
        }

    def close(self) -> None:
        """Let go of the directory, so that it can be unmounted."""
        if self.root >= 0:
            os.close(self.root)
            self.root = -1

    def open(self, path: str, flags: int = os.O_RDONLY) -> int:
        """A descriptor of the regular file PATH; OSError names the path otherwise."""
        self.touch()
        # O_NONBLOCK: a pipe on a hostile disk must not hang the boot.
        handle = open_in_root(self.root, path, flags | os.O_NONBLOCK)
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise OSError(22, "not a regular file", path)
        return handle

    def read(self, path: str, limit: int, offset: int = 0) -> bytes | None:
        """See Tree.read."""
        try:
            handle = self.open(path)
        except OSError:
            return None
        with open(handle, "rb") as file:
            try:
                file.seek(offset)
                return file.read(limit)
            except OSError:
                return None  # an unreadable sector: as if the file were not there

    def names(self, path: str) -> list[str]:
        """See Tree.names."""
        self.touch()
        try:
            handle = open_in_root(self.root, path, os.O_RDONLY | os.O_DIRECTORY)
        except OSError:
            return []
        try:
            return sorted(os.listdir(handle))
        except OSError:
            return []
        finally:
            os.close(handle)

    def _stat(self, path: str) -> os.stat_result | None:
        self.touch()
        try:
            handle = open_in_root(self.root, path, os.O_PATH)
        except OSError:
            return None
        try:
            return os.fstat(handle)
        finally:
            os.close(handle)

    def size(self, path: str) -> int | None:
        """See Tree.size."""
        found = self._stat(path)
        return found.st_size if found and stat.S_ISREG(found.st_mode) else None

    def is_directory(self, path: str) -> bool:
        """See Tree.is_directory."""
        found = self._stat(path)
        return found is not None and stat.S_ISDIR(found.st_mode)
