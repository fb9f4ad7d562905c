"""A guest as data, and the engines that can run it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Machine:
    """What is started: files, the kernel's command line, memory in MiB, disks, QEMU words.

    A kernel called ESP/EFI/BOOT/BOOTX64.EFI is started by EDK2, from a disk with the folder ESP;
    it brings its own command line and image.
    ``silent`` disks, the first ones, do not answer: (image, whether it answers at first).
    ``later`` are images without a device: QEMU's drives ``later0``, ``later1`` and so on.
    With ``loader`` those words are given in place of kernel, initrd and command line.
    """

    kernel: Path
    initrd: Path | None
    append: str = ""
    memory: int = 512
    cpus: int = 1
    disks: tuple[Path, ...] = ()
    devices: tuple[str, ...] = ()
    cds: tuple[Path, ...] = ()
    arch: str = "amd64"
    loader: tuple[str, ...] = ()
    silent: tuple[tuple[Path, bool], ...] = ()
    later: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Engine:
    """A way to run a Machine; ``append`` is what a kernel should be told on it.

    ``lacks`` is what a case may need (``Case.needs``) and it has not: need -> words. Every limit
    is multiplied by ``patience``. ``slower``: so many times, on purpose.
    """

    name: str
    accelerator: str
    append: str = ""
    lacks: Mapping[str, str] = field(default_factory=dict)
    patience: float = 1
    slower: int = 1


# ``max`` everywhere: QEMU's default processor has no RDRAND, and Python's first start then waits a
# second for entropy. TCG translates code again for each address: without norandmaps every start
# of a program costs three times as much. A busy machine does not let a guest work for longer than
# the watchdogs of its kernel like.
_TCG = "norandmaps nowatchdog"
# A limit of a case is twice what an idle machine with TCG needs, or more; where there is no KVM, a
# machine may be five times slower than that one.
_SLOWER = 5
_OURS_LACKS = {
    "arm64": "no arm64 processor",
    "riscv64": "no riscv64 processor",
    "cd": "no CD drive",
    "net": "no network card",
    "pci": "no PCI bus",
    "qemu": "no devices of QEMU",
}
ENGINES: Mapping[str, Engine] = {
    engine.name: engine
    for engine in (
        Engine("qemu-kvm", "kvm"),
        Engine("qemu-tcg", "tcg", append=_TCG, patience=_SLOWER),
        Engine("vmm", "", lacks=_OURS_LACKS),
        # Ours in a guest of QEMU's that emulates KVM's hardware: for machines without KVM.
        Engine("vmm-tcg", "tcg", append=_TCG, lacks=_OURS_LACKS, patience=6 * _SLOWER),
    )
}
