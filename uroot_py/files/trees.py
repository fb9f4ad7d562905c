"""Directory trees: walking, removing, copying. Iterative: no depth is too deep."""

from __future__ import annotations

import os
import stat

from uroot_py.base.errors import RefusedError, about
from uroot_py.files.attributes import copy_attributes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from uroot_py.base.errors import Report

    Removed = Callable[[str, bool], None]

CHUNK = 1 << 18


def walk(
    top: str,
    report: Report,
    *,
    after: bool = False,
    follow: bool = False,
    one_device: bool = False,
    skip: Callable[[str], bool] | None = None,
) -> Iterator[tuple[str, os.stat_result]]:
    """(path, status) of TOP and everything below it, sorted, directories first (AFTER: last).

    What cannot be read is reported. FOLLOW goes through links to directories, ONE_DEVICE stays on
    TOP's file system, SKIP says which paths below TOP are left out. The caller may remove what it
    was given when AFTER is set.
    """
    waiting: list[tuple[str, os.stat_result | None]] = [(top, None)]
    device = -1
    parents: list[tuple[int, int]] = []
    while waiting:
        path, seen = waiting.pop()
        if seen is not None:  # its children are done
            parents.pop()
            if after:
                yield path, seen
            continue
        with report:
            status = os.stat(path) if follow and os.path.exists(path) else os.lstat(path)
            device = status.st_dev if device < 0 else device
            if not stat.S_ISDIR(status.st_mode):
                yield path, status
                continue
            if (status.st_dev, status.st_ino) in parents:
                raise RefusedError(f"{path}: a link in it leads back to it")
            if not after:
                yield path, status
            parents.append((status.st_dev, status.st_ino))
            waiting.append((path, status))
            if status.st_dev == device or not one_device:
                names = sorted(os.listdir(path), reverse=True)
                below = [os.path.join(path, name) for name in names]
                waiting += [(each, None) for each in below if not (skip and skip(each))]


def remove_tree(top: str, report: Report, removed: Removed | None = None) -> None:
    """Remove TOP and everything below it; REMOVED hears each path, and if it was a directory."""
    for path, status in walk(top, report, after=True):
        with report:
            folder = stat.S_ISDIR(status.st_mode)
            (os.rmdir if folder else os.unlink)(path)
            if removed:
                removed(path, folder)


def copy_bytes(source: int, target: int) -> None:
    """Everything from the descriptor SOURCE to TARGET."""
    while data := os.read(source, CHUNK):
        view = memoryview(data)
        while view:
            view = view[os.write(target, view) :]


class Copier:
    """How files are copied; one object per run, because it remembers hard links.

    ``preserve`` keeps owner, mode and times; ``follow`` copies what links point to; ``recursive``
    also copies directories and, instead of what they hold, special files. ``link`` makes hard
    links ("hard") or symbolic ones ("symbolic") in place of copies.
    """

    def __init__(self, report: Report) -> None:
        self.report = report
        self.preserve = False
        self.follow = True
        self.recursive = False
        self.force = False
        self.one_device = False
        self.link = ""
        self.tell: Callable[[str, str], None] | None = None
        self.allowed: Callable[[str, str], bool] | None = None
        self._links: dict[tuple[int, int], str] = {}

    def copy(self, source: str, target: str) -> None:
        """Copy SOURCE to TARGET; faults are reported, one by one."""
        waiting: list[tuple[str, str, os.stat_result | None]] = [(source, target, None)]
        device = -1
        while waiting:
            here, there, seen = waiting.pop()
            with self.report:
                if seen is not None:
                    self._attributes(here, there, seen)
                    continue
                status = os.stat(here) if self.follow else os.lstat(here)
                device = status.st_dev if device < 0 else device
                if not stat.S_ISDIR(status.st_mode):
                    self._file(here, there, status)
                elif not self.recursive:
                    raise RefusedError(f"{here}: is a directory", hint="-r copies directories")
                else:
                    self._folder(here, there, status, first=here == source)
                    waiting.append((here, there, status))
                    if status.st_dev == device or not self.one_device:
                        names = sorted(os.listdir(here), reverse=True)
                        waiting += [
                            (os.path.join(here, n), os.path.join(there, n), None) for n in names
                        ]

    def _folder(self, here: str, there: str, status: os.stat_result, *, first: bool) -> None:
        if first and f"{os.path.realpath(there)}/".startswith(f"{os.path.realpath(here)}/"):
            raise RefusedError(f"{here}: cannot be copied into itself, {there}")
        if not os.path.isdir(there):
            if os.path.lexists(there):
                raise RefusedError(f"{there}: is there already, and no directory")
            os.mkdir(there, status.st_mode & 0o777 | 0o700)
            self._say(here, there)

    def _say(self, here: str, there: str) -> None:
        if self.tell:
            self.tell(here, there)

    def _file(self, here: str, there: str, status: os.stat_result) -> None:
        exists = os.path.lexists(there)
        if exists and os.path.exists(there) and os.path.samefile(here, there):
            raise RefusedError(f"{here} and {there} are the same file")
        if exists and self.allowed and not self.allowed(here, there):
            return
        if exists and os.path.isdir(there) and not os.path.islink(there):
            raise RefusedError(f"{there}: is a directory, {here} is none")
        key = (status.st_dev, status.st_ino)
        known = self._links.get(key) if status.st_nlink > 1 and self.preserve else None
        if known or self.link or not stat.S_ISREG(status.st_mode):
            if exists and (self.force or known or self.recursive):
                os.unlink(there)
            self._special(here, there, status, known)
        else:
            self._contents(here, there, status)
        self._links.setdefault(key, there)
        self._say(here, there)
        if self.preserve and not (known or self.link):
            self._attributes(here, there, status)

    def _special(self, here: str, there: str, status: os.stat_result, known: str | None) -> None:
        if known or self.link == "hard":
            os.link(known or here, there, follow_symlinks=False)
        elif self.link:
            os.symlink(here, there)
        elif stat.S_ISLNK(status.st_mode):
            os.symlink(os.readlink(here), there)
        elif self.recursive:
            os.mknod(there, status.st_mode, status.st_rdev)
        else:
            self._contents(here, there, status)

    def _contents(self, here: str, there: str, status: os.stat_result) -> None:
        source = os.open(here, os.O_RDONLY | os.O_CLOEXEC)
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
            try:
                target = os.open(there, flags, status.st_mode & 0o777)
            except OSError:
                if not self.force or not os.path.lexists(there):
                    raise
                os.unlink(there)
                target = os.open(there, flags, status.st_mode & 0o777)
            try:
                copy_bytes(source, target)
            except OSError as error:
                # EIO: the source, most often.
                raise about(there if error.errno != 5 else here, error) from None
            finally:
                os.close(target)
        finally:
            os.close(source)

    def _attributes(self, source: str, path: str, status: os.stat_result) -> None:
        """Give PATH the owner, mode, attributes and times of SOURCE, whose status is STATUS."""
        if self.preserve:
            try:
                os.chown(path, status.st_uid, status.st_gid, follow_symlinks=False)
            except PermissionError:
                pass  # only root can give files away
            if not stat.S_ISLNK(status.st_mode):
                os.chmod(path, stat.S_IMODE(status.st_mode))
            copy_attributes(source, path)  # a new owner has taken the capabilities
            times = (status.st_atime_ns, status.st_mtime_ns)
            os.utime(path, ns=times, follow_symlinks=False)
