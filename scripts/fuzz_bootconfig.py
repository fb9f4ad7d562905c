"""Fuzz the parsers of boot configurations: only FormatError may come out, and soon.

    python -m pip install atheris
    python scripts/fuzz_bootconfig.py grub -atheris_runs=200000 -max_len=4096
    python scripts/fuzz_bootconfig.py all build/corpus -timeout=5

The first word says what: grub syslinux bls loader uki envblock pe versions, or all. The rest goes
to libFuzzer; the files of tests/data/bootconfig are a good start for a corpus. A finding is written
to a file crash-..., a slow input (more than -timeout seconds) to timeout-....
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from uroot_py.base.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = "grub syslinux bls loader uki envblock pe versions"
FILES = dict.fromkeys(("/k", "/i", "/boot/grub/grubenv"), b"# GRUB Environment Block\na=b\n")


def targets() -> dict[str, Callable[[bytes], object]]:
    """A function of the input for each name."""
    from uroot_py.bootconfig import loader, syslinux
    from uroot_py.bootconfig.find import scan
    from uroot_py.bootconfig.grub import blscfg, envblock, menu
    from uroot_py.bootconfig.tree import MemoryTree
    from uroot_py.bootconfig.versions import compare
    from uroot_py.bootconfig.volumes import Volume, Volumes
    from uroot_py.formats import pe

    # scan() imports these on use; here they are wanted now, to be instrumented.
    assert all((blscfg, loader, menu, syslinux))

    def at(path: str) -> Callable[[bytes], object]:
        def run(data: bytes) -> object:
            home = Volume(MemoryTree({**FILES, path: data}, uuid="u", label="l"), "hd0,gpt1")
            return scan(home, Volumes([home]))

        return run

    def block(data: bytes) -> object:
        return envblock.build(data, {"a": envblock.parse(data).get("b", "c")})

    def versions(data: bytes) -> object:
        one, _, other = data[:512].decode("utf-8", "surrogateescape").partition("\n")
        if compare(one, other) != -compare(other, one):
            raise AssertionError("the order of versions is not symmetric")
        return None

    paths = {
        "grub": "/boot/grub/grub.cfg",
        "syslinux": "/syslinux/syslinux.cfg",
        "bls": "/loader/entries/a+3.conf",
        "loader": "/loader/loader.conf",
        "uki": "/EFI/Linux/a.efi",
    }
    found = {name: at(path) for name, path in paths.items()}
    return {**found, "envblock": block, "pe": pe.parse, "versions": versions}


def main(argv: list[str]) -> None:
    """Hand one input after the other to what was chosen."""
    name = argv[1] if len(argv) > 1 else ""
    if name not in (*NAMES.split(), "all"):
        raise SystemExit(f"usage: {argv[0]} NAME [libFuzzer argument]...; NAME: {NAMES} all")
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports():
        found = targets()
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
