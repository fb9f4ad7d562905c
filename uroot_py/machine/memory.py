"""The memory maps of this machine, or of another one whose files are below a directory."""

from __future__ import annotations

import os

from uroot_py.base.errors import RefusedError, UrootError
from uroot_py.formats.kernel.boot_params import SETUP_E820_EXT
from uroot_py.machine.sysroot import HERE
from uroot_py.memory import sources
from uroot_py.memory.sources import Reading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uroot_py.machine.sysroot import Sysroot
    from uroot_py.memory.map import MemoryMap


def _sysfs(machine: Sysroot, path: str) -> MemoryMap:
    return sources.from_sysfs_memmap(machine.table(path), machine.path(path))


def _boot_params(machine: Sysroot, path: str) -> MemoryMap:
    """Ref: Linux, Documentation/ABI/testing/sysfs-kernel-boot_params."""
    folder = "/sys/kernel/boot_params/setup_data"
    extended = [
        machine.bytes(f"{folder}/{number}/data")
        for number in sorted(machine.names(folder), key=lambda name: (len(name), name))
        if machine.required(f"{folder}/{number}/type").strip() == f"{SETUP_E820_EXT:#x}"
    ]
    return sources.from_boot_params(machine.bytes(path), extended, machine.path(path))


def _efi(machine: Sysroot, path: str) -> MemoryMap:
    return sources.from_efi_runtime(machine.table(path), machine.path(path))


def _iomem(machine: Sysroot, path: str) -> MemoryMap:
    return sources.from_iomem(machine.required(path), machine.path(path))


def _memblock(machine: Sysroot, path: str) -> MemoryMap:
    memory, reserved = machine.required(f"{path}/memory"), machine.required(f"{path}/reserved")
    return sources.from_memblock(memory, reserved, machine.path(path))


def _fdt(machine: Sysroot, path: str) -> MemoryMap:
    blob = machine.bytes(path)
    from uroot_py.memory.devicetree import from_fdt

    return from_fdt(blob, machine.path(path))


SOURCES: dict[str, tuple[str, Callable[[Sysroot, str], MemoryMap]]] = {
    "sysfs": ("/sys/firmware/memmap", _sysfs),
    "boot_params": ("/sys/kernel/boot_params/data", _boot_params),
    "fdt": ("/sys/firmware/fdt", _fdt),
    "iomem": ("/proc/iomem", _iomem),
    "memblock": ("/sys/kernel/debug/memblock", _memblock),
    "efi": ("/sys/firmware/efi/runtime-map", _efi),
}


def read(name: str, machine: Sysroot = HERE) -> Reading:
    """What the source NAME says, or why it says nothing; RefusedError for an unknown name."""
    if name not in SOURCES:
        raise RefusedError(f"no source {name!r}", hint=f"there are {', '.join(SOURCES)}")
    path, reader = SOURCES[name]
    place = machine.path(path)
    try:
        return Reading(name, place, reader(machine, path))
    except OSError as error:
        if not os.path.exists(place):
            return Reading(name, place)
        return Reading(name, place, error=f"{error.filename}: {str(error.strerror).lower()}")
    except UrootError as error:
        return Reading(name, place, error=str(error))


def read_all(machine: Sysroot = HERE) -> list[Reading]:
    """Every source, in order of trust; a source that fails does not stop the others."""
    return [read(name, machine) for name in SOURCES]


def best(machine: Sysroot = HERE) -> tuple[MemoryMap, str, str]:
    """The map to place a kernel by, its source, and why; RefusedError when there is none."""
    return sources.best(read(name, machine) for name in SOURCES)
