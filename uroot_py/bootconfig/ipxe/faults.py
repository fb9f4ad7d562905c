"""Why a command of iPXE's failed: its error number, which a script sees as ``${errno}``, in words.

The numbers are iPXE's own (the name's place in the alphabet); below them iPXE puts the place in its
source, which is zero here.
"""

from __future__ import annotations

EACCES, ECANCELED, EINVAL, EIO, ENODEV, ENOENT = 0x02, 0x0B, 0x1C, 0x1D, 0x2C, 0x2D
ENOEXEC, ENOTSUP, ENOTTY, ERANGE, ETIMEDOUT = 0x2E, 0x3C, 0x3D, 0x46, 0x4C


class Failure(Exception):
    """A command failed with the error NUMBER; a script goes on behind ``||``, or ends."""

    def __init__(self, number: int, text: str, *, status: int = 0) -> None:
        super().__init__(text)
        self.status = status or number << 24
        self.text = text


class Leave(Exception):
    """The whole interpretation ends: KIND as in ``outcome.Outcome``, WHY in words."""

    def __init__(self, kind: str, why: str = "") -> None:
        super().__init__(why)
        self.kind = kind
        self.why = why
