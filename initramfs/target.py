"""The machines that an image can be for, and what each is called by whom."""

from __future__ import annotations

import os
from typing import NamedTuple

from uroot_py.base.errors import UsageError


class Target(NamedTuple):
    """``name`` is ours, ``debian`` its packages', ``machine`` uname's and GNU's.

    QEMU's program for it, with ``model`` for a machine; ``console`` is its serial line for Linux.
    """

    name: str
    debian: str
    machine: str
    model: str
    console: str
    flags: str = ""  # for the C compiler

    @property
    def emulator(self) -> str:
        """QEMU's program."""
        return f"qemu-system-{self.machine}"

    @property
    def gnu(self) -> str:
        """The prefix of its compiler, and where Debian keeps its files."""
        return f"{self.machine}-linux-gnu"

    @property
    def musl(self) -> str:
        """The same for files that belong to musl."""
        return f"{self.machine}-linux-musl"


TARGETS = {
    target.name: target
    for target in (
        Target("x86_64", "amd64", "x86_64", "-cpu max", "ttyS0"),
        Target(
            "arm64",
            "arm64",
            "aarch64",
            # Pointer authentication as the architecture has it would take TCG most of its time.
            "-M virt -cpu max,pauth-impdef=on",
            "ttyAMA0",
            # The compiler's own helper for atomic operations asks for a function that musl has not.
            flags="-mno-outline-atomics",
        ),
    )
}


def choose(name: str | None = None) -> Target:
    """The target NAME, or this machine's. UsageError."""
    wanted = name or os.uname().machine
    for target in TARGETS.values():
        if wanted in (target.name, target.debian, target.machine):
            return target
    raise UsageError(f"no architecture {wanted!r}", hint=f"known: {', '.join(TARGETS)}")
