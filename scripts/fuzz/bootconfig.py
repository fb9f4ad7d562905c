"""Fuzz the parsers of what boot reads: only FormatError may come out, and soon.

    python -m pip install atheris
    python scripts/fuzz/bootconfig.py grub -atheris_runs=200000 -max_len=4096
    python scripts/fuzz/bootconfig.py all build/corpus -timeout=5

The first word says what (no word: the names are shown), or all. The rest goes to libFuzzer; the
files of tests/data/bootconfig are a good start for a corpus. A finding is written to a file
crash-..., a slow input (more than -timeout seconds) to timeout-....
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from uroot_py.base.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Callable

    Target = Callable[[bytes], object]

ENV = b"# GRUB Environment Block\na=b\n"
FILES = {
    **dict.fromkeys(("/k", "/i"), b"file"),
    "/boot/grub/grubenv": ENV,
    "/boot/grub2/grub.cfg": b"load_env\nset root=hd0,gpt1\nblscfg\n",
    "/boot/loader/entries/f.conf": b"title F\nlinux /k\noptions $kernelopts\n",
    "/live.iso": b"",
}
# Where scan() finds the input; that of live.iso is inside of it.
PATHS = {
    "grub": "/boot/grub/grub.cfg",
    "grubenv": "/boot/grub2/grubenv",
    "blscfg": "/boot/loader/entries/a.conf",
    "loopback": "/live.iso",
    "syslinux": "/syslinux/syslinux.cfg",
    "bls": "/loader/entries/a+3.conf",
    "loader": "/loader/loader.conf",
    "uki": "/EFI/Linux/a.efi",
    "addon": "/EFI/Linux/whole.efi.extra.d/a.addon.efi",
}


def found_by_scan(path: str) -> Target:
    """Look for boot configurations where the file PATH is the input."""
    from scripts.builders.pe import by_struct
    from uroot_py.bootconfig.find import scan
    from uroot_py.bootconfig.tree import MemoryTree
    from uroot_py.bootconfig.volumes import Volume, Volumes

    whole = {"/EFI/Linux/whole.efi": by_struct([(".linux", b"kernel"), (".cmdline", b"a")])}

    def run(data: bytes) -> object:
        tree = MemoryTree({**FILES, **whole, path: data}, uuid="u", label="l")
        home = Volume(tree, "hd0,gpt1")
        inside = MemoryTree({"/boot/grub/loopback.cfg": data, "/k": b"kernel"})
        return scan(home, Volumes([home], lambda volume, image: inside))

    return run


def windows(data: bytes) -> Callable[[int, int], bytes]:
    """DATA as the contents of a device."""
    return lambda offset, size: data[offset : offset + size]


def by_bytes() -> dict[str, Target]:
    """The parsers that take bytes."""
    from uroot_py.bootconfig.grub import envblock
    from uroot_py.bootconfig.versions import compare
    from uroot_py.formats.disk import partitions, superblock
    from uroot_py.formats.kernel import initrd, pe
    from uroot_py.terminal.keys import Keys
    from uroot_py.terminal.line import Line

    def block(data: bytes) -> object:
        return envblock.build(data, {"a": envblock.parse(data).get("b", "c")})

    def versions(data: bytes) -> None:
        one, _, other = data[:512].decode("utf-8", "surrogateescape").partition("\n")
        if compare(one, other) != -compare(other, one):
            raise AssertionError("the order of versions is not symmetric")

    def typed(data: bytes) -> None:
        keys, line = Keys(), Line("root=/dev/sda1 ro")
        for byte in data:
            line.press(keys.feed(byte) or "left")
            if not 0 <= line.cursor <= len(line.text):
                raise AssertionError("the cursor left the line")

    return {
        "envblock": block,
        "versions": versions,
        "typed": typed,
        "pe": pe.parse,
        "initrd": lambda data: initrd.check(memoryview(data)),
        "superblock": lambda data: superblock.identify(windows(data), len(data)),
        "partitions": lambda data: partitions.parse(windows(data), len(data)),
    }


def targets() -> dict[str, Target]:
    """A function of the input for each name."""
    # scan() imports these on use; here they are wanted now, to be instrumented.
    from uroot_py.bootconfig import loader, syslinux
    from uroot_py.bootconfig.grub import blscfg, menu

    assert all((blscfg, loader, menu, syslinux))
    return {**{name: found_by_scan(path) for name, path in PATHS.items()}, **by_bytes()}


def main(argv: list[str]) -> None:
    """Hand one input after the other to what was chosen."""
    name = argv[1] if len(argv) > 1 else ""
    if not name:
        names = " ".join(targets())
        raise SystemExit(f"usage: {argv[0]} NAME [libFuzzer argument]...; NAME: {names} all")
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports():
        found = targets()
    if name not in (*found, "all"):
        raise SystemExit(f"{argv[0]}: no target {name!r}")
    chosen = list(found.values()) if name == "all" else [found[name]]

    def one_input(data: bytes) -> None:
        for run in chosen:
            try:
                run(data)
            except FormatError as error:
                str(error)

    atheris.Setup([argv[0], *argv[2:]], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv)
