"""Kernel modules of this machine: by name, by device, by file system, with what they need."""

from __future__ import annotations

import os

from uroot_py.abi.module import finit_module, init_module
from uroot_py.base.errors import FormatError, KernelError, RefusedError, UrootError
from uroot_py.base.glob import match
from uroot_py.formats.kernel.cmdline import module_parameters
from uroot_py.formats.kernel.modules_dep import (
    Dependencies,
    parse_alias,
    parse_builtin,
    parse_softdep,
)
from uroot_py.machine.sysroot import HERE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from uroot_py.machine.sysroot import Sysroot

# Ref: Documentation/admin-guide/kernel-parameters.txt, <module>.async_probe.
_ASYNC = "async_probe"
MAX_SIZE = 512 << 20  # bytes of one module, unpacked


def directory() -> str:
    """Where the running kernel's modules are."""
    return f"/lib/modules/{os.uname().release}"


def unpacked(path: str) -> bytes:
    """The module in the file PATH, unpacked. FormatError, RefusedError, OSError."""
    from uroot_py.formats.compress.stream import unpack

    with open(path, "rb") as file:
        data = file.read()
    try:
        return unpack(data, MAX_SIZE)
    except (FormatError, RefusedError) as error:
        raise error.within(path) from None


def insert(path: str, parameters: str = "") -> bool:
    """Load the module in the file PATH, packed or not; False if it is loaded already.

    KernelError when the kernel refuses it; and what unpacked() raises.
    """
    with open(path, "rb") as file:
        if file.read(4) == b"\x7fELF":
            return finit_module(file.fileno(), path, parameters)
    return init_module(unpacked(path), path, parameters)


class Modules:
    """The modules in a directory such as /lib/modules/RELEASE, and what is known about them."""

    def __init__(self, top: str = "", cmdline: str | None = None) -> None:
        self.top = top or directory()
        self.dependencies = Dependencies(
            HERE.text(f"{self.top}/modules.dep"),
            parse_softdep(HERE.text(f"{self.top}/modules.softdep")),
        )
        self.builtin = parse_builtin(HERE.text(f"{self.top}/modules.builtin"))
        line = HERE.text("/proc/cmdline") if cmdline is None else cmdline
        self.parameters = module_parameters(line)
        self._aliases: list[tuple[str, str]] | None = None
        self.note: Callable[[str], object] = str  # is given each module before it is loaded
        self.apart = False  # each device is looked for by itself, in whatever order they answer

    def load(self, name: str, parameters: str = "") -> list[str]:
        """Load NAME with what it needs; returns the modules that were not there before.

        Parameters on the kernel command line (``name.parameter=``) are added. RefusedError for a
        name that is neither here nor in the kernel; and whatever insert() raises.
        """
        bare = name.replace("-", "_")
        if bare in self.builtin or os.path.isdir(f"/sys/module/{bare}"):
            return []
        try:
            order = self.dependencies.order([bare])
        except KeyError as error:
            raise RefusedError(
                f"no module {error.args[0]!r} in {self.top}", hint="lsmod shows what is loaded"
            ) from None
        loaded = []
        for other in order:
            path = self.dependencies.paths[other]
            words = [self.parameters.get(other, ""), parameters if other == bare else ""]
            # Disks are numbered in the order in which drivers find them. What drives none must
            # not wait until every disk has answered, as the kernel has it without this word.
            if self.apart or not path.startswith("kernel/drivers/") or bare == "loop":
                words.append(_ASYNC)
            file = f"{self.top}/{path}"
            self.note(other)
            try:
                if insert(file, " ".join(filter(None, words))):
                    loaded.append(other)
            except KernelError:
                # What is only wished for may be for another processor (crc32c_intel).
                if other == bare or other in self.dependencies.needs[bare]:
                    raise
        return loaded

    def for_alias(self, alias: str) -> list[str]:
        """The modules that say they drive the device or protocol ALIAS."""
        if self._aliases is None:
            self._aliases = parse_alias(HERE.text(f"{self.top}/modules.alias"))
        bus = alias[:2]  # no pattern has a wildcard there, and most are for another bus
        return [
            name for pattern, name in self._aliases if pattern[:2] == bus and match(pattern, alias)
        ]

    def listed(self) -> list[str]:
        """The names that the image asks to be loaded at boot (modules.load), in order."""
        return HERE.text(f"{self.top}/modules.load").split()

    def load_all(self, names: Iterable[str]) -> tuple[list[str], list[str]]:
        """Load each of NAMES; (the modules that are new, a line for each that failed)."""
        new: list[str] = []
        faults = []
        for name in names:
            try:
                new += self.load(name)
            except (UrootError, OSError) as error:
                faults.append(f"module {name}: {error}")
        return new, faults


def device_aliases(sysroot: Sysroot = HERE, *, driven: bool = True) -> list[str]:
    """The aliases of the devices on every bus, each once; not DRIVEN: those without a driver."""
    found: dict[str, None] = {}
    for bus in sysroot.names("/sys/bus"):
        devices = f"/sys/bus/{bus}/devices"
        for device in sysroot.names(devices):
            if not driven and os.path.lexists(sysroot.path(f"{devices}/{device}/driver")):
                continue
            alias = sysroot.text(f"{devices}/{device}/modalias").strip()
            if alias:
                found.setdefault(alias)
    return list(found)


def load_for_devices(modules: Modules, sysroot: Sysroot = HERE, rounds: int = 4) -> list[str]:
    """Load what drives the devices found; again while a new bus brings new devices. Faults."""
    faults: list[str] = []
    seen: set[str] = set()
    for _ in range(rounds if modules.dependencies.paths else 0):
        new = [alias for alias in device_aliases(sysroot) if alias not in seen]
        seen.update(new)
        names = dict.fromkeys(name for alias in new for name in modules.for_alias(alias))
        loaded, failed = modules.load_all(names)
        faults += failed
        if not loaded:
            break
    return faults


def known_filesystems() -> set[str]:
    """What this kernel can mount now. Ref: /proc/filesystems."""
    return {line.split()[-1] for line in HERE.text("/proc/filesystems").splitlines() if line}


def load_for_filesystem(fstype: str) -> None:
    """Load the module of a file system, with the code pages that vfat wants. Raises as load().

    Without such a module it is silent: the mount that follows names the file system.
    """
    if fstype in known_filesystems():
        return
    modules = Modules()
    if fstype == "vfat":
        modules.load_all(("nls_cp437", "nls_ascii", "nls_utf8", "nls_iso8859_1"))
    for name in modules.for_alias(f"fs-{fstype}"):
        modules.load(name)


def load_for_loop() -> None:
    """Load the driver of loop devices, if there is none; faults show when one is asked for."""
    if not os.path.exists("/dev/loop-control"):
        Modules().load_all(["loop"])
