"""A FIT image for arm64 firmware: a kernel, an image of ours and device trees, with digests.

The tree is built with pyfdt's object model; the parts stand behind it ("external data"), so that a
firmware reads the small tree first and then what it chose. The same input gives the same bytes.
Ref: Flat Image Tree Specification 0.8, "/images node", "/configurations node", "External data".
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from pyfdt.pyfdt import Fdt, FdtNode, FdtPropertyStrings, FdtPropertyWords

from uroot_py.base.errors import FormatError, RefusedError
from uroot_py.formats.compress.detect import kind
from uroot_py.formats.compress.stream import unpack
from uroot_py.formats.fdt import tree as fdt
from uroot_py.formats.kernel.arm64_image import Arm64Image

if TYPE_CHECKING:
    from pathlib import Path

_MAX_KERNEL = 1 << 30  # bytes, unpacked
_ALIGN = 8  # of the parts: Devicetree Specification, 5.6
# How U-Boot calls what we can unpack, too.
_COMPRESSIONS = {"lzop": "lzo", "gzip": "gzip", "bzip2": "bzip2", "xz": "", "lzma": "lzma"}
_COMPRESSIONS |= {"lz4": "lz4", "zstd": "zstd"}


class _Part(NamedTuple):
    """A node below /images: its strings and numbers, and its bytes."""

    name: str
    strings: dict[str, str]
    words: dict[str, int]
    data: bytes


def build(
    kernel: Path, image: Path, trees: list[Path], output: Path, load: int | None = None
) -> list[str]:
    """Write the FIT image to OUTPUT; returns the names of its configurations, the default first.

    Each of TREES (device tree blobs) gets a configuration of its own that is compatible with what
    the tree is; without any there is one for every machine. LOAD is the address that the firmware
    puts the kernel at; None: it starts it where it lies. FormatError or RefusedError for a kernel
    that is none, a tree that is none, or two trees with one name.
    """
    parts = [_kernel(kernel, load), _ramdisk(image)]
    configurations: dict[str, tuple[str, list[str]]] = {}
    for number, path in enumerate(trees, 1):
        data = path.read_bytes()
        try:
            compatible = fdt.parse(data).root.strings("compatible")
        except FormatError as error:
            raise error.within(str(path)) from None
        name = path.name.removesuffix(".dtb")
        if name in configurations:
            raise RefusedError(f"{path}: another device tree has the name {name!r}")
        configurations[name] = (f"fdt-{number}", compatible)
        strings = {"description": name, "type": "flat_dt", "arch": "arm64", "compression": "none"}
        parts.append(_Part(f"fdt-{number}", strings, {}, data))
    configurations = configurations or {"any": ("", [])}
    offsets, size = {}, 0
    for part in parts:
        offsets[part.name] = size
        size += -(-len(part.data) // _ALIGN) * _ALIGN
    head = _tree(parts, offsets, configurations).to_dtb()
    with output.open("wb") as file:
        file.write(head + bytes(-len(head) % 4))
        for part in parts:
            file.write(part.data + bytes(-len(part.data) % _ALIGN))
    return list(configurations)


def _kernel(path: Path, load: int | None) -> _Part:
    data = path.read_bytes()
    packing = kind(data)
    compression = _COMPRESSIONS[packing] if packing else "none"
    if not compression:
        raise RefusedError(f"{path}: FIT images know no {packing} data", hint="pack it with gzip")
    try:
        Arm64Image(unpack(data, _MAX_KERNEL))
    except FormatError as error:
        raise error.within(str(path)) from None
    if load is None and packing:
        raise RefusedError(f"{path}: a packed kernel needs a place", hint="--load ADDRESS names it")
    strings = {
        "description": "kernel",
        "type": "kernel_noload" if load is None else "kernel",
        "arch": "arm64",
        "os": "linux",
        "compression": compression,
    }
    return _Part("kernel", strings, {"load": load or 0, "entry": load or 0}, data)


def _ramdisk(path: Path) -> _Part:
    """The image, "not compressed" whatever it is: the kernel unpacks it, not the firmware."""
    strings = {"description": "uroot-py", "type": "ramdisk", "arch": "arm64", "os": "linux"}
    return _Part("ramdisk", strings | {"compression": "none"}, {}, path.read_bytes())


def _tree(
    parts: list[_Part], offsets: dict[str, int], configurations: dict[str, tuple[str, list[str]]]
) -> Fdt:
    root = _node("/", {"description": "uroot-py"}, {"timestamp": 0, "#address-cells": 1})
    images = _child(root, _node("images"))
    for part in parts:
        place = {"data-offset": offsets[part.name], "data-size": len(part.data)}
        node = _child(images, _node(part.name, part.strings, part.words | place))
        digest = _child(node, _node("hash-1", {"algo": "sha256"}))
        value = hashlib.sha256(part.data).digest()
        digest.append(FdtPropertyWords.init_raw("value", value))
    group = _child(root, _node("configurations", {"default": next(iter(configurations))}))
    for name, (tree, compatible) in configurations.items():
        strings = {"description": name, "kernel": "kernel", "ramdisk": "ramdisk"}
        node = _child(group, _node(name, strings | ({"fdt": tree} if tree else {})))
        if compatible:
            node.append(FdtPropertyStrings("compatible", compatible))
    blob = Fdt(version=17, last_comp_version=16, boot_cpuid_phys=0)
    blob.add_rootnode(root)
    return blob


def _node(
    name: str, strings: dict[str, str] | None = None, words: dict[str, int] | None = None
) -> FdtNode:
    node = FdtNode(name)
    for key, text in (strings or {}).items():
        node.append(FdtPropertyStrings(key, [text]))
    for key, number in (words or {}).items():
        node.append(FdtPropertyWords(key, [number]))
    return node


def _child(parent: FdtNode, node: FdtNode) -> FdtNode:
    node.set_parent_node(parent)
    parent.append(node)
    return node
