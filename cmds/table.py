"""The one list of applets; dispatch, ``--list``, symlinks, the manual and tests come from it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    Run = Callable[[list[str], TextIO, TextIO, TextIO], int]


class Applet:
    """One row: name, module, section, summary, other names.

    The module is ``cmds.MODULE``, function ``run`` unless ``MODULE:FUNCTION`` names another:
    a module with several rows serves commands that are one piece of code with another ending.
    """

    __slots__ = ("aliases", "module", "name", "section", "summary")

    def __init__(
        self, name: str, module: str, section: str, summary: str, aliases: tuple[str, ...] = ()
    ) -> None:
        self.name = name
        self.module = module
        self.section = section
        self.summary = summary
        self.aliases = aliases

    def load(self) -> Run:
        """Import the applet's module, and nothing else, and return its ``run``."""
        # __import__ and not importlib: PID 1 should not pay for a second import system.
        module, _, function = self.module.partition(":")
        run: Run = getattr(__import__(f"cmds.{module}", fromlist=["run"]), function or "run")
        return run


TABLE = (
    Applet("boot", "boot", "boot", "find the systems on this machine's disks and start one"),
    Applet("fdtdump", "fdtdump", "boot", "print a flattened device tree"),
    Applet("init", "init", "boot", "first process: prepare the machine, boot, or give a shell"),
    Applet("kexec", "kexec", "boot", "load another kernel and start it"),
    Applet("memmap", "memmap", "boot", "show the physical memory map from every source"),
    Applet("cat", "cat", "files", "copy files to the output"),
    Applet("echo", "echo", "files", "print words"),
    Applet("ls", "ls", "files", "list directories"),
    Applet("dmesg", "dmesg", "system", "print the kernel's log"),
    Applet("halt", "poweroff:halt", "system", "sync and stop the processor"),
    Applet("mount", "mount", "system", "mount a file system, or list the mounts"),
    Applet("poweroff", "poweroff", "system", "sync and switch the machine off"),
    Applet("reboot", "poweroff:reboot", "system", "sync and restart the machine"),
    Applet("sh", "sh", "system", "the recovery shell"),
    Applet("umount", "umount", "system", "unmount a file system"),
)


def names() -> dict[str, Applet]:
    """Every name and alias, sorted, with its row."""
    pairs = [(name, row) for row in TABLE for name in (row.name, *row.aliases)]
    return dict(sorted(pairs, key=lambda pair: pair[0]))
