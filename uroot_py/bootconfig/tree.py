"""The read-only file trees that boot configurations are read from.

Parsers see a Tree, never a path of this machine: a mounted disk (``disks.tree``), a directory, or
a dictionary in a test. Paths are absolute, ``/``-separated, and cannot leave the tree.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol

    class Tree(Protocol):
        """What a parser may ask of a file system. A path that is absent gives None or [].

        ``fstype`` is its kind in Linux' words; names that are not known are empty.
        """

        fstype: str
        uuid: str
        label: str
        partuuid: str
        partlabel: str

        def read(self, path: str, limit: int, offset: int = 0) -> bytes | None:
            """At most LIMIT bytes of a file from OFFSET on; None if it is no regular file."""

        def names(self, path: str) -> list[str]:
            """The sorted names in a directory; [] if it is none."""

        def size(self, path: str) -> int | None:
            """The size of a regular file in bytes, or None."""

        def is_directory(self, path: str) -> bool:
            """Whether PATH is a directory."""


MAX_CONFIG_SIZE = 16 << 20  # bytes of one configuration file that a parser will look at


def normalise(path: str, base: str = "/") -> str:
    """PATH made absolute below BASE, without ``.`` and ``..``; it never climbs above ``/``."""
    parts: list[str] = []
    for part in (path if path.startswith("/") else f"{base}/{path}").split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    return "/" + "/".join(parts)


class MemoryTree:
    """A Tree made of a dictionary of path -> contents: for tests and for files inside archives."""

    def __init__(
        self,
        files: Mapping[str, bytes],
        *,
        uuid: str = "",
        label: str = "",
        partuuid: str = "",
        partlabel: str = "",
        fstype: str = "",
    ) -> None:
        self.files = {normalise(path): data for path, data in files.items()}
        self.uuid = uuid
        self.label = label
        self.partuuid = partuuid
        self.partlabel = partlabel
        self.fstype = fstype

    def read(self, path: str, limit: int, offset: int = 0) -> bytes | None:
        """See Tree.read."""
        data = self.files.get(normalise(path))
        return None if data is None else data[offset : offset + limit]

    def names(self, path: str) -> list[str]:
        """See Tree.names."""
        prefix = normalise(path).rstrip("/") + "/"
        return sorted({p[len(prefix) :].split("/")[0] for p in self.files if p.startswith(prefix)})

    def size(self, path: str) -> int | None:
        """See Tree.size."""
        data = self.files.get(normalise(path))
        return None if data is None else len(data)

    def is_directory(self, path: str) -> bool:
        """See Tree.is_directory."""
        return normalise(path) == "/" or bool(self.names(path))
