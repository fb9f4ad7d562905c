"""What a shell asks of process 1: to become another program, as only process 1 can.

Process 1 gets SIGUSR1, and finds the words in a file that it deletes.
"""

from __future__ import annotations

import os

from uroot_py.abi import signals
from uroot_py.base.errors import RefusedError

SIGNAL = signals.NUMBERS["SIGUSR1"]
_REQUEST = "/run/uroot-handover"


def ask(words: list[str]) -> None:
    """Let process 1 run the applet WORDS in its own place; RefusedError where it is not ours."""
    try:
        ours = os.readlink("/proc/1/exe") == os.readlink("/proc/self/exe")
    except OSError:
        ours = False
    if not ours:
        raise RefusedError("process 1 is not uroot's init, nobody can be asked")
    with open(_REQUEST, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write("\0".join(words))
    os.kill(1, SIGNAL)


def asked() -> list[str]:
    """The words of a request, which is forgotten with that; none where there is no request."""
    try:
        with open(_REQUEST, encoding="utf-8", errors="surrogateescape") as file:
            words = file.read().split("\0")
        os.unlink(_REQUEST)
    except OSError:
        return []
    return words
