"""What drives this machine's devices, loaded by children: one that never answers holds nobody.

A driver looks for its devices while it is loaded, and for partitions on the disks among them.
"""

from __future__ import annotations

import os
import select
import time

from uroot_py.formats.kernel import cmdline
from uroot_py.machine.child import Child
from uroot_py.machine.modules import Modules, device_aliases, directory, load_for_devices
from uroot_py.machine.sysroot import HERE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from uroot_py.machine.child import Send, Work
    from uroot_py.machine.sysroot import Sysroot

TRIES = 4  # children, at most
_PATIENCE = 3.0  # seconds without a step after which the next child goes on with what else there is
_LOOK = 0.25


class Loading(Child):
    """A child that loads modules: ``at`` is the one it has come to, ``known`` if there are any."""

    def __init__(self, work: Work) -> None:
        super().__init__(work)
        self.at = ""
        self.known = False
        self.faults: list[str] = []

    def hear(self) -> None:
        """Take what it has sent."""
        for kind, *values in self.receive():
            if kind == "at":
                (self.at,) = values
            elif kind == "known":
                (self.known,) = values
            else:
                self.faults += values
        if self.fault:
            self.faults.append(f"module {self.at}: {self.fault}")


def load_drivers(line: str, seconds: float) -> list[str]:
    """Load what the image lists, what drives the devices, what the kernel's command LINE asks for.

    Returns a line for each fault. From then on the kernel may ask for modules, too.
    When a device keeps its driver waiting, another child goes on with all others: also those that
    the driver has not come to. After SECONDS whoever still waits is left behind.
    """
    limit = time.monotonic() + seconds
    running: list[Loading] = []

    def work(send: Send) -> None:
        _load(line, bool(running), send)

    try:
        while True:
            waits = not running or (not running[-1].done and running[-1].idle() >= _PATIENCE)
            if waits and len(running) < TRIES:
                running.append(Loading(work))
            alive = [child for child in running if not child.done]
            if not alive or time.monotonic() >= limit:
                break
            ready = select.select([child.reader for child in alive], [], [], _LOOK)[0]
            for child in (child for child in alive if child.reader in ready):
                child.hear()
        for child in alive:
            child.faults.append(f"module {child.at}: its device has not answered in {seconds:g} s")
    finally:
        for child in running:
            child.end()
    faults = [fault for child in running for fault in child.faults]
    if any(child.known for child in running):  # checksums of btrfs, say
        try:
            with open("/proc/sys/kernel/modprobe", "w", encoding="ascii") as file:
                file.write("/bin/modprobe\n")
        except OSError as error:
            faults.append(f"the kernel cannot ask for modules: {error}")
    return list(dict.fromkeys(faults))


def _load(line: str, apart: bool, send: Send) -> None:
    asked = ",".join(cmdline.values(line, "modules_load")).split(",")
    modules = Modules(cmdline=line)
    modules.apart = apart
    modules.note = lambda name: send("at", name)
    send("known", bool(modules.dependencies.paths))
    _, faults = modules.load_all([*modules.listed(), *filter(None, asked)])
    send("faults", *faults, *load_for_devices(modules))
    if apart:
        _offer(send)


def wanted(machine: Sysroot = HERE) -> bool:
    """Whether there are modules to load, and the kernel's command line lets us."""
    line = machine.text("/proc/cmdline")
    return cmdline.last(line, "uroot.nomodules") is None and bool(machine.names(directory()))


def for_devices(aliases: Iterable[str] | None, send: Send) -> None:
    """Load what drives the devices with these ALIASES (None: every one without a driver).

    Each fault is sent.
    """
    modules = Modules()
    if aliases is None:
        aliases = device_aliases(driven=False)
    names = dict.fromkeys(name for alias in aliases for name in modules.for_alias(alias))
    loaded, faults = modules.load_all(names)
    send(*faults, *(load_for_devices(modules) if loaded else ()))


def _offer(send: Send) -> None:
    """Offer devices that nothing drives to the drivers again: one may wait for another device.

    Ref: Documentation/ABI/testing/sysfs-bus, drivers_probe.
    """
    for bus in HERE.names("/sys/bus"):
        for device in HERE.names(f"/sys/bus/{bus}/devices"):
            if os.path.lexists(f"/sys/bus/{bus}/devices/{device}/driver"):
                continue
            send("at", f"for {device}")
            try:
                with open(f"/sys/bus/{bus}/drivers_probe", "w", encoding="ascii") as file:
                    file.write(device)
            except OSError:
                continue  # no driver takes it
