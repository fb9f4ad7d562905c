#!/usr/bin/env python3
"""Fuzz everything that reads device trees with atheris, from the corpus of real blobs.

    pip install atheris; scripts/fetch_dtbs.py; scripts/fuzz/device_trees.py -max_total_time=300

Options are libFuzzer's. What earlier runs found interesting is kept in build/fuzz/fdt. A crash is
written to build/fuzz/; it is any exception that is not ours, or a tree that does not survive being
written and read again.
"""

from __future__ import annotations

import importlib
import shutil
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from scripts.builders.fdt_bad import BAD  # noqa: E402
from uroot_py.base.errors import FormatError  # noqa: E402

CORPUS = ROOT / "build" / "fuzz" / "fdt"
MOST = 6144  # bytes of an input; a larger blob would only be slow
atheris = importlib.import_module("atheris")
with atheris.instrument_imports(include=["uroot_py.formats"]):
    from uroot_py.formats.fdt import data as fdt_data
    from uroot_py.formats.fdt import text as fdt_text
    from uroot_py.formats.fdt import tree as fdt
    from uroot_py.formats.fdt.access import cpu_regions
    from uroot_py.formats.fdt.build import build
    from uroot_py.formats.fdt.overlay import apply
    from uroot_py.formats.fdt.salvage import Salvage
    from uroot_py.formats.fdt.scan import scan

if TYPE_CHECKING:
    from collections.abc import Callable


def sound(data: bytes) -> fdt.DeviceTree | None:
    """The tree in DATA, if the strict reader takes it."""
    try:
        return fdt.parse(data)
    except FormatError:
        return None


def reader(data: bytes) -> None:
    """A tree that is read can be written, and is the same then."""
    tree = sound(data)
    if tree:
        blob = build(tree)
        if build(fdt.parse(blob)) != blob:
            raise AssertionError("the tree does not survive being written")


def salvage(data: bytes) -> None:
    """What is left of damaged data can be printed; sound data has no problems."""
    try:
        read = Salvage(data)
    except FormatError:
        return
    if bool(read.problems) == bool(sound(data)):
        raise AssertionError("the two readers do not agree on what is sound")
    for lines in (fdt_text.dump(read, debug=True), fdt_text.dts(read.tree)):
        for _ in lines:
            continue


def texts(data: bytes) -> None:
    """A tree can be printed as JSON and YAML; blobs are looked for everywhere."""
    for found in scan(data):
        if found.tree:
            for text in (fdt_data.json_text, fdt_data.yaml_lines):
                for _ in text(found.tree):
                    continue


def values(data: bytes) -> None:
    """Addresses and overlays of a sound tree: an answer or a FormatError."""
    tree = sound(data)
    if tree is None:
        return
    for node in tree.root.walk():
        try:
            cpu_regions(node)
        except FormatError:
            continue
    try:
        apply(tree, tree)
    except FormatError:
        return


TARGETS: tuple[Callable[[bytes], None], ...] = (reader, salvage, texts, values)


def one(data: bytes) -> None:
    """One of the targets, chosen by the data: all of them would be four times as slow."""
    TARGETS[zlib.crc32(data) % len(TARGETS)](data)


def seeds() -> int:
    """Copy the small blobs and the bad ones into the corpus; returns how many files it has."""
    CORPUS.mkdir(parents=True, exist_ok=True)
    for path in [*ROOT.glob("build/dtbs/**/*.dtb"), *ROOT.glob("tests/data/fdt/*.dtb")]:
        if path.stat().st_size <= MOST:
            shutil.copyfile(path, CORPUS / path.name)
    for name, blob in BAD.items():
        if len(blob) <= MOST:
            (CORPUS / f"bad {name}").write_bytes(blob)
    return len(list(CORPUS.iterdir()))


def main() -> None:
    """Set the fuzzer up and hand over to it; it ends the process."""
    sys.stderr.write(f"corpus: {seeds()} files in {CORPUS}\n")
    options = [f"-max_len={MOST}", f"-artifact_prefix={CORPUS.parent}/", "-timeout=20"]
    atheris.Setup([sys.argv[0], *options, *sys.argv[1:], str(CORPUS)], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
