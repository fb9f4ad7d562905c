"""This machine, or a captured one: what its kernel shows as files, below / or below a directory."""

from __future__ import annotations

import os

from uroot_py.base.errors import RefusedError

MAX_SIZE = 64 << 20  # bytes of one file
_PIECE = 1 << 16  # a read reserves all that it asks for; small machines have less than MAX_SIZE


class Sysroot:
    """The files of the machine whose / is the directory ``top``; paths are absolute inside it.

    ``text``, ``number`` and ``names`` are for what may be absent; ``bytes``, ``required`` and
    ``table`` raise OSError with the path of a file that is not there.
    """

    __slots__ = ("top",)

    def __init__(self, top: str = "/") -> None:
        self.top = top.rstrip("/")

    @property
    def here(self) -> bool:
        """Whether this is the machine that we run on."""
        return not self.top

    def path(self, path: str) -> str:
        """Where PATH of this machine is."""
        return self.top + path

    def bytes(self, path: str) -> bytes:
        """The contents of a file; RefusedError when there are more than MAX_SIZE bytes."""
        pieces, size = [], 0
        with open(self.top + path, "rb") as file:
            while piece := file.read(_PIECE):
                pieces.append(piece)
                size += len(piece)
                if size > MAX_SIZE:
                    raise RefusedError(f"{self.top}{path}: more than {MAX_SIZE >> 20} MiB")
        return b"".join(pieces)

    def required(self, path: str) -> str:
        """The text of a file; bytes that are no text are kept as surrogates."""
        return self.bytes(path).decode("utf-8", "surrogateescape")

    def text(self, path: str) -> str:
        """As ``required``; '' where there is no such file."""
        try:
            return self.required(path)
        except OSError:
            return ""

    def number(self, path: str) -> int:
        """The decimal number in a file; 0 where there is none."""
        text = self.text(path).strip()
        return int(text) if text.isdecimal() else 0

    def names(self, path: str) -> list[str]:
        """The names in a directory, sorted; [] where there is none."""
        try:
            return sorted(os.listdir(self.top + path))
        except OSError:
            return []

    def table(self, path: str) -> dict[str, dict[str, str]]:
        """The texts in a directory of numbered directories, in order: number -> file -> text."""
        table = {}
        for number in sorted(os.listdir(self.top + path), key=lambda name: (len(name), name)):
            files = os.listdir(f"{self.top}{path}/{number}")
            table[number] = {name: self.required(f"{path}/{number}/{name}") for name in files}
        return table


HERE = Sysroot()
