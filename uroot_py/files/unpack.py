"""Making the files that an archive lists, below one directory and nowhere else.

Nothing here trusts a path: each step finds the directory that a file is in as if the archive's
top were ``/`` (a link or ``..`` in the way ends there, as in a chroot), holds it by descriptor, and
then names the file in it without following it. So whatever an archive puts in the place of a
directory, early or late, it only ever changes what it brought itself.

Ref: openat2(2), RESOLVE_IN_ROOT.
"""

from __future__ import annotations

import errno
import os
import stat

from uroot_py.abi.openat2 import open_in_root
from uroot_py.base.errors import RefusedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from uroot_py.base.errors import Report

_MAX_ID = 0xFFFF_FFFE  # the one above it means "leave it"
_MAX_MAJOR, _MAX_MINOR = 0xFFF, 0xF_FFFF
_MAX_TIME = 253_402_300_799  # the last second of the year 9999
_REPLACED = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)  # by a later member
_FOLDER = os.O_PATH | os.O_DIRECTORY


def inside(name: str, strip: int = 0) -> str:
    """NAME without a leading ``/`` and its first STRIP parts; '' if nothing is left of it.

    RefusedError for a name with ``..`` in it: it may lead anywhere.
    """
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise RefusedError(f"{name}: leads out of the archive's directory")
    return "/".join(parts[strip:])


class NewerError(RefusedError):
    """What is there is newer than what the archive has, or as old."""


class Unpacker:
    """Makes files below TOP, which is made when it is missing; a context manager.

    At its end the directories get their modes and times. ``owner``: whether files get the owner
    that is listed; ``times``: their time; ``keep``: nothing is replaced; ``update``: only what is
    older; ``modes``: exactly as listed, else less the umask.
    """

    def __init__(self, top: str, report: Report) -> None:
        os.makedirs(top, exist_ok=True)
        self.top = top
        self.report = report
        self.owner = os.geteuid() == 0
        self.times = True
        self.keep = False
        self.update = False
        self.modes = True
        self._top = os.open(top, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        # Of each directory: its name, its inode, and what it gets in the end.
        self._folders: list[tuple[str, tuple[int, int], int, float, tuple[int, int]]] = []

    def __enter__(self) -> Unpacker:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        try:
            self._finish()
        finally:
            os.close(self._top)

    def put(
        self,
        name: str,
        mode: int,
        *,
        pieces: Iterable[bytes] = (),
        link: str = "",
        hard: str = "",
        owner: tuple[int, int] = (0, 0),
        mtime: float = 0,
        rdev: tuple[int, int] = (0, 0),
    ) -> None:
        """Make one file NAME (see ``inside``), its type in MODE, its data in PIECES.

        HARD is the name of a file made before that this is a link to (with PIECES it gets these as
        its contents), LINK where a symbolic link leads. OSError, or RefusedError for what no file
        system holds.
        """
        path = os.path.join(self.top, name)
        text = f"{name}{hard}{link if stat.S_ISLNK(mode) else ''}"
        self._check(path, text, owner, rdev)
        mtime = min(max(mtime, 0), _MAX_TIME)
        try:
            parent = self._parent(name)
            try:
                base = name.rpartition("/")[2]
                if stat.S_ISDIR(mode):
                    self._make_folder(parent, base, name, (mode, mtime, owner))
                    return
                self._make_room(parent, base, path, mtime)
                if hard:
                    self._link(hard, parent, base)
                    self._refill(parent, base, pieces, (mode, mtime, owner))
                elif stat.S_ISREG(mode):
                    self._make_file(parent, base, pieces, (mode, mtime, owner))
                else:
                    self._make_other(parent, base, (link, rdev), (mode, mtime, owner))
            finally:
                os.close(parent)
        except OSError as error:
            # Names that are relative to a descriptor tell a person nothing.
            raise OSError(error.errno, error.strerror, path) from None

    @staticmethod
    def _check(path: str, text: str, owner: tuple[int, int], rdev: tuple[int, int]) -> None:
        if "\0" in text:
            raise RefusedError(f"{path}: a NUL in its name or its link")
        if max(owner) > _MAX_ID or min(owner) < 0:
            raise RefusedError(f"{path}: expected an owner up to {_MAX_ID}, found {max(owner)}")
        if not (0 <= rdev[0] <= _MAX_MAJOR and 0 <= rdev[1] <= _MAX_MINOR):
            raise RefusedError(f"{path}: no device has the number {rdev[0]}, {rdev[1]}")

    def _parent(self, name: str) -> int:
        """The directory that NAME is in, open; made with all above it when it is missing."""
        parts = name.split("/")[:-1]
        missing: list[str] = []
        folder = -1
        while folder < 0:
            try:
                folder = open_in_root(self._top, "/".join(parts), _FOLDER)
            except FileNotFoundError:
                if not parts:
                    raise
                missing.append(parts.pop())
        while missing:
            part = missing.pop()
            try:
                os.mkdir(part, 0o777, dir_fd=folder)
                below = os.open(part, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
            finally:
                os.close(folder)
            folder = below
        return folder

    def _make_folder(
        self, parent: int, base: str, name: str, listed: tuple[int, float, tuple[int, int]]
    ) -> None:
        try:
            os.mkdir(base, 0o700, dir_fd=parent)
        except FileExistsError:
            pass  # a directory, a link to one (that is kept), or the next line fails
        folder = open_in_root(self._top, name, _FOLDER)
        try:
            status = os.fstat(folder)
        finally:
            os.close(folder)
        self._folders.append((name, (status.st_dev, status.st_ino), *listed))

    def _make_room(self, parent: int, base: str, path: str, mtime: float) -> None:
        try:
            there = os.stat(base, dir_fd=parent, follow_symlinks=False)
        except FileNotFoundError:
            return
        if self.keep:
            raise RefusedError(f"{path}: it is there already")
        if self.update and mtime <= int(there.st_mtime):
            raise NewerError(f"{path}: what is there is newer, or as old")
        os.unlink(base, dir_fd=parent)

    def _link(self, target: str, parent: int, base: str) -> None:
        folder, _, name = target.rpartition("/")
        source = open_in_root(self._top, folder, _FOLDER)
        try:
            os.link(name, base, src_dir_fd=source, dst_dir_fd=parent, follow_symlinks=False)
        finally:
            os.close(source)

    def _refill(
        self,
        parent: int,
        base: str,
        pieces: Iterable[bytes],
        listed: tuple[int, float, tuple[int, int]],
    ) -> None:
        """Give the file BASE, made before under another name, these contents, if there are any."""
        file = -1
        try:
            for piece in filter(None, pieces):
                if file < 0:
                    status = os.stat(base, dir_fd=parent, follow_symlinks=False)
                    if not stat.S_ISREG(status.st_mode):
                        raise RefusedError(f"{base}: has contents, but no regular file's name")
                    flags = os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
                    file = os.open(base, flags, dir_fd=parent)
                _write(file, piece)
            if file >= 0:
                self._dress(file, *listed)
        finally:
            if file >= 0:
                os.close(file)

    def _make_file(
        self,
        parent: int,
        base: str,
        pieces: Iterable[bytes],
        listed: tuple[int, float, tuple[int, int]],
    ) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        file = os.open(base, flags, 0o600, dir_fd=parent)
        try:
            for piece in pieces:
                _write(file, piece)
            self._dress(file, *listed)
        finally:
            os.close(file)

    def _make_other(
        self,
        parent: int,
        base: str,
        what: tuple[str, tuple[int, int]],
        listed: tuple[int, float, tuple[int, int]],
    ) -> None:
        """A symbolic link, a device, a pipe, a socket."""
        link, rdev = what
        mode, mtime, owner = listed
        if stat.S_ISLNK(mode):
            os.symlink(link, base, dir_fd=parent)
        else:
            os.mknod(base, stat.S_IFMT(mode) | 0o600, os.makedev(*rdev), dir_fd=parent)
        if self.owner:
            os.chown(base, *owner, dir_fd=parent, follow_symlinks=False)
        if not stat.S_ISLNK(mode):
            os.chmod(base, self._bits(mode), dir_fd=parent)
        if self.times:
            moment = round(mtime * 1e9)
            os.utime(base, ns=(moment, moment), dir_fd=parent, follow_symlinks=False)

    def _bits(self, mode: int) -> int:
        from uroot_py.files.modes import current_umask

        bits = stat.S_IMODE(mode)
        return bits if self.modes else bits & ~current_umask() & 0o777

    def _dress(self, file: int, mode: int, mtime: float, owner: tuple[int, int]) -> None:
        """Owner, mode and time of what is open as FILE."""
        if self.owner:
            os.fchown(file, *owner)
        os.fchmod(file, self._bits(mode))
        if self.times:
            moment = round(mtime * 1e9)
            os.utime(file, ns=(moment, moment))

    def _finish(self) -> None:
        """Modes and times of the directories, unless the archive put something else there."""
        for name, inode, mode, mtime, owner in reversed(self._folders):
            with self.report:
                try:
                    folder = open_in_root(self._top, name, os.O_RDONLY | os.O_DIRECTORY)
                except OSError as error:
                    if error.errno in _REPLACED:
                        continue
                    raise
                try:
                    status = os.fstat(folder)
                    if (status.st_dev, status.st_ino) == inode:
                        self._dress(folder, mode, mtime, owner)
                finally:
                    os.close(folder)


def _write(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
