"""A passphrase typed by a person: into one buffer that is wiped, never into a text."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.terminal.console import Terminal

MOST = 512  # bytes of a passphrase, as cryptsetup has it
_GIVEN_UP = ("escape", "ctrl-c", "ctrl-g", "ctrl-d")


class Typing:
    """What is typed on TERMINAL, a star for each character; Tab turns them off and on.

    ``feedback`` is kept from one passphrase to the next.
    """

    def __init__(self, terminal: Terminal, *, feedback: bool = True) -> None:
        self.terminal = terminal
        self.feedback = feedback

    def ask(self, prompt: str) -> bytearray | None:
        """The bytes typed after PROMPT, up to Enter; None when it was given up.

        The caller wipes them. Hangup when nobody is there any more.
        """
        self.terminal.write(prompt)
        secret = bytearray(MOST)
        sizes: list[int] = []  # of each character in bytes
        while (key := self.terminal.key()) != "enter":
            if key in _GIVEN_UP:
                self._end(secret, sizes)
                return None
            if key == "tab":
                self.terminal.write("\b \b" * len(sizes) if self.feedback else "*" * len(sizes))
                self.feedback = not self.feedback
            elif key == "backspace" and sizes:
                sizes.pop()
                self._echo("\b \b")
            elif key == "ctrl-u":
                self._echo("\b \b" * len(sizes))
                sizes.clear()
            elif len(key) == 1:
                self._take(secret, sizes, key.encode("utf-8", "surrogateescape"))
        size = sum(sizes)
        typed = secret[:size]
        self._end(secret, sizes)
        return typed

    def _take(self, secret: bytearray, sizes: list[int], data: bytes) -> None:
        start = sum(sizes)
        if start + len(data) <= MOST:
            secret[start : start + len(data)] = data
            sizes.append(len(data))
            self._echo("*")

    def _echo(self, text: str) -> None:
        if self.feedback:
            self.terminal.write(text)

    def _end(self, secret: bytearray, sizes: list[int]) -> None:
        secret[:] = bytes(MOST)
        sizes.clear()
        self.terminal.write("\n")
