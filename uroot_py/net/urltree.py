"""A server's files as the Tree that boot configurations are read from."""

from __future__ import annotations

import os

from uroot_py.base.errors import KernelError, RefusedError, UrootError
from uroot_py.net.transfer import AbsentError, head, into_memory
from uroot_py.net.url import Url

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uroot_py.net.transfer import Say, Watch

_HEAD = 1 << 15  # bytes of a file that are fetched to look at it: what says which kernel it is
_KEPT = 256  # files of which that is remembered
_TURNS = 400  # files that are asked for while configurations are read


class UrlTree:
    """See ``bootconfig.tree.Tree``: what is below BASE, such as ``http://10.0.0.1:8080``.

    Nobody lists a directory there, so it has no names. A server that does not answer is not asked
    again: ``fault`` says what went wrong; the names of files that were asked for are in ``asked``.
    """

    fstype = "net"
    uuid = label = partuuid = partlabel = ""

    def __init__(self, base: str) -> None:
        self.base = base.rstrip("/")
        self.fault = ""
        self.asked: dict[str, str] = {}
        self._known: dict[str, tuple[bytes, int] | None] = {}
        self._whole: dict[str, int] = {}
        self.touch: Callable[[], object] = bool

    def url(self, path: str) -> Url:
        """Where the file PATH is; UsageError for what is no path."""
        return Url(self.base + (path if path.startswith("/") else f"/{path}"))

    def _head(self, path: str) -> tuple[bytes, int] | None:
        if path in self._known:
            return self._known[path]
        if self.fault or len(self.asked) >= _TURNS:
            return None
        found = None
        try:
            found = head(self.url(path), _HEAD)
            self.asked[path] = f"{len(found[0])} bytes" if found[1] < 0 else f"{found[1]} bytes"
        except AbsentError:
            self.asked[path] = "absent"
        except KernelError as error:
            self.fault = str(error)
            self.asked[path] = self.fault
        except UrootError as error:
            self.asked[path] = str(error)
        if len(self._known) < _KEPT:
            self._known[path] = found
        return found

    def read(self, path: str, limit: int, offset: int = 0) -> bytes | None:
        """See Tree.read."""
        found = self._head(path)
        if found is None:
            return None
        data, size = found
        if offset + limit > len(data) and size != len(data):
            try:
                data, _ = head(self.url(path), offset + limit)
            except UrootError as error:
                self.asked[path] = str(error)
                return None
        return data[offset : offset + limit]

    def names(self, path: str) -> list[str]:
        """See Tree.names."""
        return []

    def size(self, path: str) -> int | None:
        """See Tree.size; 0 where the server does not say."""
        found = self._head(path)
        return None if found is None else max(found[1], 0)

    def is_directory(self, path: str) -> bool:
        """See Tree.is_directory."""
        return path == "/"

    def open(self, path: str, watch: Watch | None = None, say: Say = str) -> int:
        """A descriptor of the file PATH, fetched into memory; UrootError says why not.

        What was fetched is kept as long as this process lives: the child that loads it. SAY gets
        its size and its SHA-256.
        """
        if path in self._whole:  # of which another part is wanted
            return os.dup(self._whole[path])
        url = self.url(path)
        whole = into_memory(url, watch, say)
        if not whole.size:
            raise RefusedError(f"{url.text}: the file is empty")
        say(f"{url.text}: {whole.size} bytes, sha256 {whole.sha256}")
        self._whole[path] = os.dup(whole.fd)
        return whole.fd

    def __repr__(self) -> str:
        return f"<UrlTree {self.base}>"
