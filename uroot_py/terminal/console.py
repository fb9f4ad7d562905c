"""The terminals a person may sit at: reads any of them, writes all of them.

A machine often has a screen and a serial line at once, and nobody knows where the person is.
"""

from __future__ import annotations

import os
import select

from uroot_py.abi import tty
from uroot_py.base.errors import RefusedError
from uroot_py.terminal.keys import Keys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from uroot_py.abi.tty import Modes

_ESCAPE_WAIT = 100  # ms in which the rest of an escape sequence follows, even on a slow line
_PIECE = 1024  # bytes that a terminal takes which says that it takes any
_WRITE_WAIT = 1000  # ms that a line with stopped flow control may hold everything up


class Hangup(RefusedError):
    """Every terminal is gone."""

    def __init__(self) -> None:
        super().__init__("the terminal is gone")


class Console:
    """One terminal: a descriptor to read, a descriptor to write."""

    def __init__(self, source: int, sink: int) -> None:
        self.source = source
        self.sink = sink
        self.is_terminal = tty.is_terminal(source) and tty.is_terminal(sink)
        self.keys = Keys()
        self.modes: Modes | None = None

    @classmethod
    def open(cls, path: str) -> Console:
        """The terminal device PATH, which need not be there: a line without a carrier is none."""
        fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        return cls(fd, fd)

    def close(self) -> None:
        """Close what open() opened."""
        os.close(self.source)

    def write(self, data: bytes) -> None:
        """Write DATA; a line that takes none for a second loses it, one that is gone, too."""
        poll = select.poll()
        poll.register(self.sink, select.POLLOUT)
        while data and poll.poll(_WRITE_WAIT):
            try:
                data = data[os.write(self.sink, data[:_PIECE]) :]
            except BlockingIOError:
                continue
            except OSError:
                return


class Terminal:
    """One or more consoles as one. As a context: single keys, no echo, until it is left."""

    def __init__(self, consoles: list[Console], *, dumb: bool = False) -> None:
        self.consoles = list(consoles)
        self.dumb = dumb  # no cursor movement but backspace
        self.is_terminal = any(console.is_terminal for console in consoles)
        self.paths: set[str] | None = None  # of this machine's consoles; None: it is none of them
        self.raw = False

    @classmethod
    def standard(cls) -> Terminal:
        """Descriptors 0 and 1; dumb if ``$TERM`` says so."""
        return cls([Console(0, 1)], dumb=os.environ.get("TERM", "") in ("dumb", "unknown"))

    @classmethod
    def of_machine(cls) -> Terminal:
        """The standard one, and when that is a console of this machine, the others with it.

        Not when there are shells on them already, which would lose their keys to us: process 1 has
        a child for each.
        """
        from uroot_py.machine.console import consoles
        from uroot_py.machine.sysroot import HERE

        terminal = cls.standard()
        alone = len(HERE.text("/proc/1/task/1/children").split()) < 2
        try:
            own = os.ttyname(0)
        except OSError:
            own = ""
        if alone and own in consoles():
            terminal.paths = {own}
            terminal.attach()
        return terminal

    def attach(self) -> bool:
        """Take the consoles that this machine has got since; whether there was one."""
        if self.paths is None:
            return False
        from uroot_py.machine.console import consoles

        before = len(self.consoles)
        for path in [path for path in consoles() if path not in self.paths]:
            self.paths.add(path)
            try:
                console = Console.open(path)
            except OSError:
                continue  # the kernel names a port that nobody has built in
            if self.raw:
                console.modes = tty.raw(console.source)
            self.consoles.append(console)
        return len(self.consoles) > before

    def close(self) -> None:
        """Close what of_machine() opened."""
        for console in self.consoles:
            if console.source:
                console.close()

    def __enter__(self) -> Terminal:
        self.raw = True
        for console in self.consoles:
            console.modes = tty.raw(console.source)
        return self

    def __exit__(self, *error: object) -> None:
        self.raw = False
        for console in self.consoles:
            tty.set_modes(console.source, console.modes)

    def size(self) -> tuple[int, int]:
        """Columns and rows that every console has."""
        sizes = [tty.size(console.sink) for console in self.consoles] or [(80, 24)]
        return min(size[0] for size in sizes), min(size[1] for size in sizes)

    def write(self, text: str) -> None:
        """Write TEXT everywhere."""
        data = text.encode("utf-8", "replace")
        for console in self.consoles:
            console.write(data)

    def waiting(self, milliseconds: int = 0) -> bool:
        """Whether more input has come already, or comes in so many milliseconds."""
        return bool(self._poll(milliseconds))

    def _poll(self, milliseconds: int | None, also: Sequence[int] = ()) -> list[int]:
        poll = select.poll()
        for source in (*(console.source for console in self.consoles), *also):
            poll.register(source, select.POLLIN)
        return [fd for fd, _ in poll.poll(milliseconds)]

    def key(self, seconds: float | None = None, also: Sequence[int] = ()) -> str:
        """The next key of any console, or an empty text: none has come in this time, or not all.

        Without a time it waits until there is one, or one of the descriptors ALSO is readable.
        Hangup when every console is gone.
        """
        while True:
            wait = None if seconds is None else max(0, -int(-seconds * 1000 // 1))
            key = self._next(wait, also)
            if key or seconds is not None or (also and select.select(also, [], [], 0)[0]):
                return key

    def _next(self, wait: int | None, also: Sequence[int] = ()) -> str:
        begun = any(console.keys.pending for console in self.consoles)
        if begun:
            wait = _ESCAPE_WAIT if wait is None else min(wait, _ESCAPE_WAIT)
        ready = self._poll(wait, also)
        if not ready and begun:
            keys = [console.keys.flush() for console in self.consoles]
            return next((key for key in keys if key), "")
        for console in [each for each in self.consoles if each.source in ready]:
            key = self._read(console)
            if key:
                return key
        return ""

    def _read(self, console: Console) -> str:
        try:
            data = os.read(console.source, 1)
        except BlockingIOError:
            return ""
        except OSError:
            data = b""
        if data:
            return console.keys.feed(data[0])
        self.consoles.remove(console)
        if not self.consoles:
            raise Hangup
        return ""
