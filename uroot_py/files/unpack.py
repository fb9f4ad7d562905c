"""Making the files that an archive lists, without leaving the directory they belong into."""

from __future__ import annotations

import os
import stat

from uroot_py.base.errors import RefusedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from uroot_py.base.errors import Report


def inside(name: str, strip: int = 0) -> str:
    """NAME without a leading ``/`` and its first STRIP parts; '' if nothing is left of it.

    RefusedError for a name with ``..`` in it: it may lead anywhere.
    """
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise RefusedError(f"{name}: leads out of the archive's directory")
    return "/".join(parts[strip:])


class Unpacker:
    """Makes files below TOP; nothing is written through a link that the archive brought itself.

    Links that could lead out wait until ``finish``, like the modes and times of directories.
    """

    def __init__(self, top: str, report: Report) -> None:
        self.top = top
        self.report = report
        self.owner = os.geteuid() == 0
        self.times = True
        self.keep = False
        self.modes = True  # exactly as listed; else less the umask
        self._late: list[tuple[str, str, float, tuple[int, int]]] = []  # symbolic links
        self._late_hard: list[tuple[str, str]] = []  # hard links to those
        self._folders: list[tuple[str, int, float, tuple[int, int]]] = []

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

        HARD is the name of a file made before that this is a link to, LINK where a symbolic link
        leads.
        """
        path = os.path.join(self.top, name)
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        if stat.S_ISDIR(mode):
            if not os.path.isdir(path):
                os.mkdir(path, 0o700)
            self._folders.append((path, mode, mtime, owner))
            return
        if os.path.lexists(path):
            if self.keep:
                raise RefusedError(f"{path}: it is there already")
            os.unlink(path)
        if hard:
            self._hard(os.path.join(self.top, hard), path)
            return
        if stat.S_ISLNK(mode) and (link.startswith("/") or ".." in link.split("/")):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0))
            self._late.append((path, link, mtime, owner))
            return
        self._make(path, mode, pieces, link, rdev)
        self._dress(path, mode, mtime, owner)

    def _make(
        self, path: str, mode: int, pieces: Iterable[bytes], link: str, rdev: tuple[int, int]
    ) -> None:
        if stat.S_ISLNK(mode):
            os.symlink(link, path)
        elif stat.S_ISREG(mode):
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with open(handle, "wb") as file:
                for piece in pieces:
                    file.write(piece)
        else:
            os.mknod(path, mode & ~0o7777 | 0o600, os.makedev(*rdev))

    def _hard(self, target: str, path: str) -> None:
        if any(late[0] == target for late in self._late):
            self._late_hard.append((target, path))
        else:
            os.link(target, path, follow_symlinks=False)

    def _dress(self, path: str, mode: int, mtime: float, owner: tuple[int, int]) -> None:
        """Owner, mode and time of what was made."""
        if self.owner:
            os.chown(path, *owner, follow_symlinks=False)
        if not stat.S_ISLNK(mode):
            from uroot_py.files.modes import current_umask

            bits = stat.S_IMODE(mode)
            os.chmod(path, bits if self.modes else bits & ~current_umask() & 0o777)
        if self.times:
            moment = round(mtime * 1e9)
            os.utime(path, ns=(moment, moment), follow_symlinks=False)

    def finish(self) -> None:
        """Make the links that waited, then give the directories their modes and times."""
        for path, link, mtime, owner in self._late:
            with self.report:
                os.unlink(path)
                os.symlink(link, path)
                self._dress(path, stat.S_IFLNK, mtime, owner)
        for target, path in self._late_hard:
            with self.report:
                os.link(target, path, follow_symlinks=False)
        for path, mode, mtime, owner in reversed(self._folders):
            with self.report:
                self._dress(path, mode, mtime, owner)
