"""The machines that an image can be for, and what each is called by whom."""

from __future__ import annotations

import functools
import os
import re
import subprocess
from typing import NamedTuple

from uroot_py.base.errors import UsageError

# QEMU 7.2 (Debian 12's) emulates cmpxchg16b without LOCK wrongly: Linux 6.12, whose allocator uses
# it, stops at its first line. QEMU 10 (Debian 13's) does it right. What lies between was not tried.
_GOOD_CMPXCHG16B = 10


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

    def machine_words(self, accelerator: str) -> list[str]:
        """QEMU's words for ``accelerator`` (tcg, kvm) and the model."""
        model = self.model
        if self.debian == "amd64" and accelerator == "tcg":
            model = emulated(model)
        return ["-accel", accelerator, *model.split()]

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
        Target("riscv64", "riscv64", "riscv64", "-M virt -cpu rv64", "ttyS0", flags="-no-pie"),
    )
}


def emulated(processor: str) -> str:
    """An x86 PROCESSOR of QEMU's without what this machine's TCG emulates wrongly."""
    good = qemu_major("qemu-system-x86_64") >= _GOOD_CMPXCHG16B
    return processor if good else f"{processor},cx16=off"


@functools.cache
def qemu_major(emulator: str) -> int:
    """The first number of the version that EMULATOR prints; 0 when it cannot be started."""
    try:
        done = subprocess.run(
            [emulator, "--version"], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.search(r"version (\d+)", done.stdout)
    return int(found[1]) if found else 0


def choose(name: str | None = None) -> Target:
    """The target NAME, or this machine's. UsageError."""
    wanted = name or os.uname().machine
    for target in TARGETS.values():
        if wanted in (target.name, target.debian, target.machine):
            return target
    raise UsageError(f"no architecture {wanted!r}", hint=f"known: {', '.join(TARGETS)}")
