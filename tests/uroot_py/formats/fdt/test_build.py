"""uroot_py.formats.fdt.build: what we write reads back the same, and dtc finds nothing in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.builders.fdt import make_fdt, node, prop
from tests.support.dtc import SAMPLES, read_sample, tool
from uroot_py.base.errors import FormatError
from uroot_py.formats.fdt import tree as fdt
from uroot_py.formats.fdt.build import build
from uroot_py.formats.fdt.edit import add
from uroot_py.formats.fdt.tree import DeviceTree, Node


def outline(tree):
    nodes = [(found.path, list(found.properties.items())) for found in tree.root.walk()]
    return nodes, tree.reservations, tree.boot_cpuid


def test_the_same_bytes_as_an_independent_builder():
    blob = make_fdt(order="mds", reservations=[(0x1000, 0x20)], boot_cpuid_phys=3)
    assert build(fdt.parse(blob)) == blob


def test_padding_is_part_of_the_blob():
    blob = build(fdt.parse(make_fdt()), padding=100)
    assert (len(blob), blob[-100:]) == (len(make_fdt()) + 100, bytes(100))
    assert fdt.parse(blob).find("/chosen") is not None
    with pytest.raises(FormatError):
        fdt.parse(blob[:-1])


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_samples(path, tmp_path):
    original = read_sample(path)
    tree = fdt.parse(original)
    blob = build(tree)
    assert outline(fdt.parse(blob)) == outline(tree)
    (tmp_path / "a").write_bytes(original)
    (tmp_path / "b").write_bytes(blob)
    theirs, ours = (
        tool("dtc", "-I", "dtb", "-O", "dts", name, data=b"")
        for name in (tmp_path / "a", tmp_path / "b")
    )
    assert ours == theirs


@given(
    st.lists(st.tuples(st.integers(0, 2**64 - 1), st.integers(1, 2**64 - 1)), max_size=3),
    st.dictionaries(
        st.from_regex("[ab,#]{1,3} {0,2}", fullmatch=True), st.binary(max_size=9), max_size=6
    ),
    st.integers(0, 64),
)
def test_any_tree(reservations, properties, padding):
    tree = DeviceTree()
    tree.reservations = reservations
    for name, value in properties.items():
        tree.root.properties[name] = value
        add(add(tree.root, name.strip()), "x").properties[name] = value
    assert outline(fdt.parse(build(tree, padding=padding))) == outline(tree)


def named(name):
    tree = DeviceTree()
    add(add(tree.root, "soc"), name)
    return tree


def with_property(name):
    tree = DeviceTree()
    tree.root.properties[name] = b""
    return tree


def reserved(*entry):
    tree = DeviceTree()
    tree.reservations.append(entry)
    return tree


NAME = "1 to 255 letters, digits and ,._+*#?-"


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        pytest.param(
            named(""), f"node name in /soc at offset 0x0: expected {NAME}, found ''", id="no name"
        ),
        pytest.param(
            named("a/b"),
            f"node name in /soc at offset 0x0: expected {NAME}, found 'a/b'",
            id="slash",
        ),
        pytest.param(
            named("ü"), f"node name in /soc at offset 0x0: expected {NAME}, found 'ü'", id="letter"
        ),
        pytest.param(
            with_property("a@1"),
            f"property name in / at offset 0x0: expected {NAME}, found 'a@1'",
            id="property",
        ),
        pytest.param(
            reserved(0x1000, 0),
            "reservation at offset 0x0: expected an address and a size of 64 bits, the size not 0, "
            "found 0x1000 and 0x0",
            id="empty reservation",
        ),
    ],
)
def test_what_no_reader_would_take(tree, message):
    with pytest.raises(FormatError) as caught:
        build(tree)
    assert str(caught.value) == f"device tree: {message}"


def test_root_keeps_no_name():
    tree = DeviceTree(Node(""))
    assert fdt.parse(build(tree)).root.path == "/"


def test_names_are_stored_once():
    blob = build(
        fdt.parse(make_fdt(node("", prop("reg"), node("a", prop("reg")), node("b", prop("reg")))))
    )
    assert blob.count(b"reg\0") == 1
