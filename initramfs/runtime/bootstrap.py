"""The importer of the frozen program; runs before everything else, in place of PyInstaller's own.

All code objects are in one file (initramfs/blob.py describes it); a module is one pread and one
unmarshal. No zip, no path search, no hooks: this is two thirds of a stock frozen start.
"""

from __future__ import annotations

import _imp
import marshal
import posix
import sys
from _frozen_importlib import BuiltinImporter, FrozenImporter, ModuleSpec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, ModuleType

_HOME = sys._MEIPASS  # type: ignore[attr-defined]
_PACKAGE, _EXTENSION = 1, 2
# High, so that a script's `exec 3<file` does not meet it; an open file, so that the code stays
# reachable after a change of root.
_BLOB = 250


def _open() -> dict[str, tuple[int, int, int]]:
    found = posix.open(f"{_HOME}/lib.img", posix.O_RDONLY | posix.O_CLOEXEC)
    posix.dup2(found, _BLOB, inheritable=False)
    posix.close(found)
    size = int.from_bytes(posix.pread(_BLOB, 4, 0), "little")
    head = posix.pread(_BLOB, size, 0)
    words = memoryview(head)[4 : size - size % 4].cast("I")
    table = {}
    at = 1
    for _ in range(words[0]):
        name, offset, length, kind = words[at : at + 4]
        table[head[name : head.index(b"\0", name)].decode()] = (offset, length, kind)
        at += 4
    return table


class _Code:
    """Finds and runs the modules of the blob."""

    @staticmethod
    def find_spec(name: str, _path: object = None, _target: object = None) -> ModuleSpec | None:
        entry = _TABLE.get(name)
        if entry is None:
            return None
        if entry[2] == _EXTENSION:
            file = posix.pread(_BLOB, entry[1], entry[0]).decode()
            return ModuleSpec(name, _Extension, origin=f"{_HOME}/{file}")  # type: ignore[arg-type]
        spec = ModuleSpec(name, _Code, is_package=entry[2] == _PACKAGE)  # type: ignore[arg-type]
        if entry[2] == _PACKAGE:
            spec.submodule_search_locations = []
        return spec

    @staticmethod
    def create_module(spec: ModuleSpec) -> None:
        """The default kind of module."""

    @staticmethod
    def exec_module(module: object) -> None:
        name = module.__name__  # type: ignore[attr-defined]
        exec(_Code.get_code(name), module.__dict__)  # noqa: S102

    @staticmethod
    def get_code(name: str) -> CodeType:
        offset, length, _ = _TABLE[name]
        code: CodeType = marshal.loads(posix.pread(_BLOB, length, offset))
        return code


class _Extension:
    """Loads a shared object."""

    @staticmethod
    def create_module(spec: ModuleSpec) -> object:
        return _imp.create_dynamic(spec)

    @staticmethod
    def exec_module(module: ModuleType) -> None:
        _imp.exec_dynamic(module)


_TABLE = _open()
sys.meta_path[:] = [BuiltinImporter, FrozenImporter, _Code]
sys.frozen = True  # type: ignore[attr-defined]
# The bootloader's search path is for itself; children should find the environment of the kernel.
for _name in (b"LD_LIBRARY_PATH", b"LD_LIBRARY_PATH_ORIG"):
    posix.environ.pop(_name, None)
    posix.unsetenv(_name)
