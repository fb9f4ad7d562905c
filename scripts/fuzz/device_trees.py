"""What reads device trees: any bytes, and a tree that is read must survive being written."""

from __future__ import annotations

from uroot_py.base.errors import FormatError
from uroot_py.formats.fdt import data as fdt_data
from uroot_py.formats.fdt import text as fdt_text
from uroot_py.formats.fdt import tree as fdt
from uroot_py.formats.fdt.access import cpu_regions
from uroot_py.formats.fdt.build import build
from uroot_py.formats.fdt.overlay import apply
from uroot_py.formats.fdt.salvage import Salvage
from uroot_py.formats.fdt.scan import scan


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
