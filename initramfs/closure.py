"""The shared libraries that an ELF file needs, all the way down, and its loader.

The search is the dynamic loader's own: DT_RPATH (when there is no DT_RUNPATH), DT_RUNPATH, the
loader's cache, the standard directories.

Ref: ld.so(8); System V ABI, chapter 5, "Dynamic Linking".
"""

from __future__ import annotations

import struct
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from elftools.common.exceptions import ELFError
from elftools.elf.dynamic import DynamicSegment
from elftools.elf.elffile import ELFFile
from elftools.elf.segments import InterpSegment

from uroot_py.base.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable

CACHE = Path("/etc/ld.so.cache")
STANDARD = ("/lib64", "/usr/lib64", "/lib", "/usr/lib")


class Needs(NamedTuple):
    """What the dynamic section of a file asks for."""

    machine: str
    bits: int
    loader: str
    libraries: tuple[str, ...]
    paths: tuple[Path, ...]


@cache
def needs(file: Path) -> Needs | None:
    """What FILE needs, or None when it is no ELF file."""
    with file.open("rb") as stream:
        if stream.read(4) != b"\x7fELF":
            return None
        try:
            return _read(ELFFile(stream), file)
        except (ELFError, UnicodeDecodeError) as error:
            raise RefusedError(f"{file}: a damaged ELF file: {error}") from error


def _read(elf: ELFFile, file: Path) -> Needs:
    loader = ""
    found: dict[str, list[str]] = {"DT_NEEDED": [], "DT_RPATH": [], "DT_RUNPATH": []}
    for segment in elf.iter_segments():
        if isinstance(segment, InterpSegment):
            loader = segment.get_interp_name()
        elif isinstance(segment, DynamicSegment):
            for tag in segment.iter_tags():
                if tag.entry.d_tag in found:
                    text = getattr(tag, tag.entry.d_tag.removeprefix("DT_").lower())
                    found[tag.entry.d_tag].append(text)
    folders = ":".join(found["DT_RUNPATH"] or found["DT_RPATH"])
    for name in ("${ORIGIN}", "$ORIGIN"):
        folders = folders.replace(name, str(file.resolve().parent))
    paths = tuple(Path(part) for part in folders.split(":") if part)
    return Needs(elf["e_machine"], elf.elfclass, loader, tuple(found["DT_NEEDED"]), paths)


def closure(files: Iterable[Path], *, near: Iterable[Path] = ()) -> dict[str, Path]:
    """Name as it is asked for -> file, of every library that FILES need, and of the loader.

    Loaders are listed by their whole path. NEAR are folders that are searched first; what is
    found there is taken to be in the image already and is followed but not listed. RefusedError
    names a missing library and who wanted it.
    """
    near = tuple(folder.resolve() for folder in near)
    found: dict[str, Path] = {}
    waiting = [(file, file) for file in files]
    seen = set()
    while waiting:
        file, wanted_by = waiting.pop()
        need = needs(file.resolve())
        if need is None or file.resolve() in seen:
            continue
        seen.add(file.resolve())
        if need.loader:
            found[need.loader] = Path(need.loader)
            if not found[need.loader].exists():
                raise RefusedError(f"{need.loader}: missing, the loader of {wanted_by}")
        for library in need.libraries:
            path = _find(library, need, near)
            if path is None:
                raise RefusedError(f"{library}: not found on this machine, wanted by {file}")
            if path.parent.resolve() not in near:
                found[library] = path
            waiting.append((path, file))
    # The C library asks for the loader by its bare name; the loader answers to that itself.
    loaders = {name.rpartition("/")[2] for name in found if "/" in name}
    return {name: path for name, path in sorted(found.items()) if name not in loaders}


def opened(library: str, like: Path) -> Path:
    """The file that a program such as LIKE gets when it opens LIBRARY by its name. RefusedError."""
    need = needs(like.resolve())
    path = _find(library, need, ()) if need else None
    if path is None:
        raise RefusedError(
            f"{library}: not found on this machine, opened by {like}", hint="run `make setup`"
        )
    return path


def _find(library: str, need: Needs, near: tuple[Path, ...]) -> Path | None:
    if "/" in library:
        return Path(library) if Path(library).exists() else None
    places = [folder / library for folder in (*near, *need.paths)]
    places += _cached().get(library, [])
    places += [Path(folder) / library for folder in STANDARD]
    for place in places:
        if place.is_file():
            other = needs(place.resolve())
            if other is not None and (other.machine, other.bits) == (need.machine, need.bits):
                return place
    return None


@cache
def _cached() -> dict[str, list[Path]]:
    """Library name -> files, from the loader's cache.

    Ref: glibc, sysdeps/generic/dl-cache.h ("glibc-ld.so.cache1.1").
    """
    try:
        data = CACHE.read_bytes()
    except OSError:
        return {}  # another C library; its standard directories remain
    start = data.find(b"glibc-ld.so.cache1.1")
    if start < 0:
        return {}
    found: dict[str, list[Path]] = {}
    (count,) = struct.unpack_from("<I", data, start + 20)
    for index in range(count):
        name, value = struct.unpack_from("<2I", data, start + 48 + 24 * index + 4)
        found.setdefault(_text(data, start + name), []).append(Path(_text(data, start + value)))
    return found


def _text(data: bytes, offset: int) -> str:
    return data[offset : data.index(b"\0", offset)].decode()
