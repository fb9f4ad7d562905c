"""uroot_py.formats.fdt.edit: what the next kernel is told, read back with fdtget."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.builders.fdt import cell, make_fdt, node, prop
from tests.support.dtc import SAMPLES, at, read_sample, run
from uroot_py.base.errors import RefusedError
from uroot_py.formats.fdt import edit as fdt_edit
from uroot_py.formats.fdt import tree as fdt
from uroot_py.formats.fdt.access import regions
from uroot_py.formats.fdt.build import build
from uroot_py.formats.fdt.tree import DeviceTree


def fdtget(tree, tmp_path, *words):
    (tmp_path / "blob").write_bytes(build(tree))
    kind, path, name = words
    return run("fdtget", "-t", kind, tmp_path / "blob", path, name).decode().rstrip("\n")


@pytest.mark.parametrize("blob", [make_fdt(), make_fdt(node(""))], ids=["chosen", "no chosen"])
def test_chosen(blob, tmp_path):
    tree = fdt.parse(blob)
    fdt_edit.set_bootargs(tree, "root=/dev/vda1 quiet")
    fdt_edit.set_initrd(tree, 0x123456789, 0x1234567FF)
    fdt_edit.set_seeds(tree, 0xFEEDFACE12345678, b"\1\2\3")
    assert fdtget(tree, tmp_path, "s", "/chosen", "bootargs") == "root=/dev/vda1 quiet"
    assert fdtget(tree, tmp_path, "x", "/chosen", "linux,initrd-start") == "1 23456789"
    assert fdtget(tree, tmp_path, "x", "/chosen", "linux,initrd-end") == "1 234567ff"
    assert fdtget(tree, tmp_path, "x", "/chosen", "kaslr-seed") == "feedface 12345678"
    assert fdtget(tree, tmp_path, "bx", "/chosen", "rng-seed") == "1 2 3"
    fdt_edit.set_initrd(tree, None)
    fdt_edit.set_seeds(tree, None, None)
    names = set(at(tree, "/chosen").properties)
    assert names - {"flag"} == {"bootargs"}


def test_order_is_kept():
    tree = fdt.parse(make_fdt())
    fdt_edit.set_bootargs(tree, "loud")
    assert list(at(tree, "/chosen").properties) == ["bootargs", "flag"]


def test_ensure_makes_what_is_missing():
    tree = fdt.parse(make_fdt())
    made = fdt_edit.ensure(tree, "/chosen/deep/er")
    assert made.path == "/chosen/deep/er"
    assert fdt_edit.ensure(tree, "/chosen/deep/er") is made
    fdt_edit.remove(at(tree, "/chosen/deep"))
    assert [n.path for n in tree.root.walk()] == ["/", "/memory@1000", "/chosen"]
    with pytest.raises(RefusedError, match="the root node cannot be removed"):
        fdt_edit.remove(tree.root)


def test_reservations():
    tree = fdt.parse(make_fdt(reservations=[(0x1000, 0x1000)]))
    fdt_edit.reserve(tree, 0x1000, 0x10)
    fdt_edit.reserve(tree, 0x1800, 0x1000)
    assert tree.reservations == [(0x1000, 0x1000), (0x1800, 0x1000)]
    assert fdt_edit.unreserve(tree, 0x1000)
    assert not fdt_edit.unreserve(tree, 0x1000)
    assert tree.reservations == [(0x1800, 0x1000)]


def test_memory_nodes_are_replaced():
    more = node("memory@9000", prop("device_type", b"memory\0"), cell("reg", 9, 9))
    numa = cell("numa-node-id", 1)
    tree = fdt.parse(
        make_fdt(
            node(
                "",
                cell("#address-cells", 2),
                cell("#size-cells", 1),
                node("memory@1000", prop("device_type", b"memory\0"), numa),
                more,
                node("soc", node("memory@1", prop("device_type", b"memory\0"))),
            )
        )
    )
    ranges = [(0x1_0000_0000, 0x8000_0000), (0x80000, 0x1000)]
    fdt_edit.set_memory(tree, ranges)
    (memory,) = fdt_edit.memory_nodes(tree)
    assert memory.path == "/memory@100000000"
    assert regions(memory) == ranges
    assert list(memory.properties) == ["device_type", "numa-node-id", "reg"]
    assert tree.find("/soc/memory@1") is not None
    fdt_edit.set_memory(tree, [])
    assert fdt_edit.memory_nodes(tree) == []
    with pytest.raises(RefusedError) as caught:
        fdt_edit.set_memory(tree, [(0, 1 << 32)])
    text = "device tree: 0x100000000 does not fit into the root's #size-cells"
    assert str(caught.value) == text


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_copies_are_independent(path):
    tree = fdt.parse(read_sample(path))
    copy = fdt_edit.copied(tree)
    assert build(copy) == build(tree)
    before = build(tree)
    for found in list(copy.root.walk()):
        found.properties["x"] = b""
        fdt_edit.add(found, "y")
    fdt_edit.reserve(copy, 1, 1)
    assert build(tree) == before


@given(st.lists(st.text("ab@,#", min_size=1, max_size=4), unique=True, max_size=8))
def test_sorted_copies(names):
    tree = DeviceTree()
    for name in names:
        tree.root.properties[name] = b""
        fdt_edit.add(tree.root, name)
    copy = fdt_edit.copied(tree, sort=True)
    assert list(copy.root.properties) == [n.name for n in copy.root.children] == sorted(names)
    assert list(tree.root.properties) == names
