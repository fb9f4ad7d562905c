"""A file's new contents take its place in one step, or not at all. Ref: rename(2)."""

from __future__ import annotations

import os
import stat

from uroot_py.base.errors import about
from uroot_py.files.attributes import copy_attributes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO


class Draft:
    """A file beside PATH that replaces it, with the mode, owner and attributes of LIKE, or its own.

    with Draft(path) as file:
        file.write(data)

    When the block raises, PATH is as it was. A power cut leaves one of the two, whole.
    """

    def __init__(self, path: str, like: str = "") -> None:
        self.path = path
        self.like = like or path  # the file whose mode, owner and attributes it has
        folder, name = os.path.split(path)
        self.name = os.path.join(folder, f".{name}.{os.getpid()}")

    def __enter__(self) -> BinaryIO:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        try:
            handle = os.open(self.name, flags, 0o666)
        except OSError as error:
            raise about(self.path, error) from None
        if os.path.exists(self.like):
            self._resemble(handle)
        self.file = open(handle, "wb")
        return self.file

    def _resemble(self, handle: int) -> None:
        status = os.stat(self.like)
        try:
            os.fchown(handle, status.st_uid, status.st_gid)
        except PermissionError:
            pass  # only root can give files away
        os.fchmod(handle, stat.S_IMODE(status.st_mode))
        copy_attributes(self.like, handle)

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        try:
            with self.file:
                if kind is None:
                    self.file.flush()
                    os.fsync(self.file.fileno())
            if kind is None:
                os.replace(self.name, self.path)
        except OSError as fault:
            raise about(self.path, fault) from None  # a full disk names none
        finally:
            if os.path.lexists(self.name):
                os.unlink(self.name)


def overwrite(path: str, data: bytes) -> None:
    """Make DATA the contents of PATH: through a draft, where that leaves no other name behind.

    A link stays a link. Devices and files with several names are written where they are.
    """
    path = os.path.realpath(path)
    if os.path.exists(path):
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
            with open(path, "r+b", buffering=0) as file:
                file.truncate()
                view = memoryview(data)
                while view:
                    view = view[file.write(view) :]
            return
    with Draft(path) as draft:
        draft.write(data)
