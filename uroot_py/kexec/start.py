"""From a boot entry to a loaded kernel."""

from __future__ import annotations

import os

from uroot_py.base.errors import RefusedError
from uroot_py.disks.tree import DirectoryTree
from uroot_py.formats import cmdline
from uroot_py.kexec.load import load_file
from uroot_py.kexec.source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from uroot_py.bootconfig.entry import FileRef
    from uroot_py.disks.systems import System


def next_cmdline(
    line: str,
    running: str,
    *,
    remove: tuple[str, ...] = (),
    reuse: tuple[str, ...] = (),
    append: str = "",
) -> str:
    """The command line for the next kernel.

    LINE without REMOVE, then the REUSE words of the RUNNING kernel, then APPEND. With neither
    REMOVE nor REUSE the console stays where it is: all ``console=`` words of the running kernel
    replace those of LINE, so that who sees this sees the next kernel, too.
    """
    if not remove and not reuse and cmdline.last(running, "console") is not None:
        remove = reuse = ("console",)
    kept = cmdline.without(line, *remove) if remove else line
    return cmdline.joined(kept, cmdline.picked(running, *reuse), append)


def load_system(system: System, line: str) -> None:
    """Load the kernel of SYSTEM with the command line LINE.

    RefusedError, PlanError or KernelError say why not; then nothing has changed.
    """
    entry = system.entry
    if entry.why_not or entry.kernel is None:
        raise RefusedError(entry.why_not or "the entry names no kernel")
    if entry.kind != "linux":
        raise RefusedError(f"{entry.kind} entries cannot be started yet")
    if entry.devicetree or entry.overlays:
        raise RefusedError("entries with a device tree cannot be started yet")
    opened: list[Source] = []
    try:
        opened.extend(_open(system, ref) for ref in (entry.kernel, *entry.initrds))
        load_file(opened[0], opened[1:], line)
    finally:
        for source in opened:
            os.close(source.fd)


def _open(system: System, ref: FileRef) -> Source:
    tree = system.find(ref)
    if not isinstance(tree, DirectoryTree):
        raise RefusedError(f"{ref}: no volume here has {ref.volume}")
    return Source(tree.open(ref.path), f"{system.device}{ref.path}")
