"""The memory maps of this machine, or of another one whose files are below a directory."""

from __future__ import annotations

import os

from uroot_py.abi.firmware import below, read_bytes, read_table, read_text, setup_data
from uroot_py.base.errors import RefusedError, UrootError
from uroot_py.formats.kernel.boot_params import SETUP_E820_EXT
from uroot_py.memory import sources
from uroot_py.memory.sources import Reading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from uroot_py.memory.map import MemoryMap


def _sysfs(root: str, path: str) -> MemoryMap:
    return sources.from_sysfs_memmap(read_table(root, path), below(root, path))


def _boot_params(root: str, path: str) -> MemoryMap:
    extended = setup_data(root, SETUP_E820_EXT)
    return sources.from_boot_params(read_bytes(root, path), extended, below(root, path))


def _efi(root: str, path: str) -> MemoryMap:
    return sources.from_efi_runtime(read_table(root, path), below(root, path))


def _iomem(root: str, path: str) -> MemoryMap:
    return sources.from_iomem(read_text(root, path), below(root, path))


def _memblock(root: str, path: str) -> MemoryMap:
    memory, reserved = read_text(root, f"{path}/memory"), read_text(root, f"{path}/reserved")
    return sources.from_memblock(memory, reserved, below(root, path))


def _fdt(root: str, path: str) -> MemoryMap:
    blob = read_bytes(root, path)
    from uroot_py.memory.devicetree import from_fdt

    return from_fdt(blob, below(root, path))


SOURCES: dict[str, tuple[str, Callable[[str, str], MemoryMap]]] = {
    "sysfs": ("/sys/firmware/memmap", _sysfs),
    "boot_params": ("/sys/kernel/boot_params/data", _boot_params),
    "fdt": ("/sys/firmware/fdt", _fdt),
    "iomem": ("/proc/iomem", _iomem),
    "memblock": ("/sys/kernel/debug/memblock", _memblock),
    "efi": ("/sys/firmware/efi/runtime-map", _efi),
}


def read(name: str, root: str = "/") -> Reading:
    """What the source NAME says, or why it says nothing; RefusedError for an unknown name."""
    if name not in SOURCES:
        raise RefusedError(f"no source {name!r}", hint=f"there are {', '.join(SOURCES)}")
    path, reader = SOURCES[name]
    place = below(root, path)
    try:
        return Reading(name, place, reader(root, path))
    except OSError as error:
        if not os.path.exists(place):
            return Reading(name, place)
        return Reading(name, place, error=f"{error.filename}: {str(error.strerror).lower()}")
    except UrootError as error:
        return Reading(name, place, error=str(error))


def read_all(root: str = "/") -> list[Reading]:
    """Every source, in order of trust; a source that fails does not stop the others."""
    return [read(name, root) for name in SOURCES]


def best(root: str = "/") -> tuple[MemoryMap, str, str]:
    """The map to place a kernel by, its source, and why; RefusedError when there is none."""
    return sources.best(read_all(root))
