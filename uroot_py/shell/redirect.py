"""Redirections: which file descriptor is what, and back again.

Ref: POSIX.1-2017, XCU 2.7 "Redirection".
"""

from __future__ import annotations

import os

from uroot_py.abi import process
from uroot_py.base.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.shell.expansion import Expander
    from uroot_py.shell.syntax import Redirect

FIRST_PRIVATE = 10  # scripts name 0 to 9; what the shell keeps for itself is above
_FLAGS = {
    "<": os.O_RDONLY,
    ">": os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
    ">|": os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
    ">>": os.O_WRONLY | os.O_CREAT | os.O_APPEND,
    "<>": os.O_RDWR | os.O_CREAT,
}


class Redirections:
    """Applies the redirections of one shell and remembers what to undo."""

    def __init__(self, expander: Expander) -> None:
        self.expander = expander
        self.private: set[int] = set()

    def apply(self, redirects: list[Redirect]) -> list[tuple[int, int]]:
        """Do them in order; what undo() needs. When one fails, those before it are undone."""
        saved: list[tuple[int, int]] = []
        try:
            for redirect in redirects:
                source = self._source(redirect)
                saved.append((redirect.fd, self._save(redirect.fd)))
                self._place(source, redirect)
        except Exception:
            self.undo(saved)
            raise
        return saved

    def _save(self, fd: int) -> int:
        try:
            copy = process.duplicate(fd, FIRST_PRIVATE)
        except OSError:
            return -1
        self.private.add(copy)
        return copy

    def undo(self, saved: list[tuple[int, int]]) -> None:
        """Put back what apply() has changed."""
        for fd, copy in reversed(saved):
            if copy < 0:
                _close(fd)
            else:
                os.dup2(copy, fd)
        self.keep(saved)

    def keep(self, saved: list[tuple[int, int]]) -> None:
        """Let the redirections stay: forget the copies."""
        for _, copy in saved:
            if copy >= 0:
                _close(copy)
                self.private.discard(copy)

    def close_private(self) -> None:
        """In a child: nothing of the shell's own stays open, or a pipe would never end."""
        for fd in self.private:
            _close(fd)
        self.private.clear()

    def _source(self, redirect: Redirect) -> int:
        """A descriptor to put in place; -1 to close instead."""
        if redirect.op in ("<<", "<<-"):
            return _document(self.expander.text(redirect.word))
        target = self.expander.text(redirect.word)
        if redirect.op not in ("<&", ">&"):
            return self._open(redirect.op, target)
        if target == "-":
            return -1
        if not target.isdecimal():
            raise UsageError(f"{redirect.op}{target}: expected a descriptor number or -")
        return process.duplicate(int(target), FIRST_PRIVATE)

    def _open(self, op: str, path: str) -> int:
        flags = _FLAGS[op]
        if op == ">" and "C" in self.expander.shell.variables.options and os.path.isfile(path):
            raise UsageError(f"{path}: file exists; set +C, or use >|")
        fd = os.open(path, flags | os.O_CLOEXEC, 0o666)
        if fd >= FIRST_PRIVATE:
            return fd
        try:
            return process.duplicate(fd, FIRST_PRIVATE)
        finally:
            os.close(fd)

    def _place(self, source: int, redirect: Redirect) -> None:
        if source < 0:
            _close(redirect.fd)
            return
        os.dup2(source, redirect.fd)
        os.close(source)


def _close(fd: int) -> None:
    try:
        os.close(fd)
    except OSError:
        # It was closed before: that is what was asked for.
        return


def _document(text: str) -> int:
    """A descriptor that gives TEXT: a pipe when that holds it all, else a nameless file."""
    data = text.encode("utf-8", "surrogateescape")
    if len(data) <= 4096:
        reader, writer = os.pipe()
        os.write(writer, data)
        os.close(writer)
    else:
        reader = os.memfd_create("here-document")
        os.write(reader, data)
        os.lseek(reader, 0, os.SEEK_SET)
    try:
        return process.duplicate(reader, FIRST_PRIVATE)
    finally:
        os.close(reader)
