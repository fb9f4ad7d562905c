"""uroot_py.formats.fdt.object_model: to pyfdt and back; pyfdt as a second opinion."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyfdt.pyfdt import FdtBlobParse

from scripts.builders.fdt import NO_OP, cell, make_fdt, node, prop
from tests.support.dtc import SAMPLES, read_sample
from uroot_py.base.errors import FormatError
from uroot_py.formats.fdt import tree as fdt
from uroot_py.formats.fdt.build import build
from uroot_py.formats.fdt.object_model import from_pyfdt, to_pyfdt


def outline(tree):
    return [(found.path, found.properties) for found in tree.root.walk()], tree.reservations


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_samples_there_and_back(path):
    blob = read_sample(path)
    tree = fdt.parse(blob)
    theirs = to_pyfdt(tree)
    assert outline(from_pyfdt(theirs)) == outline(tree)
    read = FdtBlobParse(io.BytesIO(blob)).to_fdt()
    assert read.get_rootnode() == theirs.get_rootnode()
    assert outline(from_pyfdt(read)) == outline(tree)
    assert outline(fdt.parse(theirs.to_dtb())) == outline(tree)
    again = FdtBlobParse(io.BytesIO(build(tree))).to_fdt()
    assert again.get_rootnode() == theirs.get_rootnode()


@given(st.lists(st.binary(max_size=9), max_size=5), st.integers(0, 9))
def test_any_value(values, cpu):
    items = node("", NO_OP, *(prop(f"p{i}", value) for i, value in enumerate(values)))
    tree = fdt.parse(make_fdt(items, reservations=[(1, 2)], boot_cpuid_phys=cpu))
    back = from_pyfdt(to_pyfdt(tree))
    assert (outline(back), back.boot_cpuid) == (outline(tree), cpu)


@pytest.mark.parametrize(
    "items",
    [node("", cell("a", 1), node("a")), node("", node("a"), node("a"))],
    ids=["both", "two"],
)
def test_what_pyfdt_cannot_hold(items):
    with pytest.raises(FormatError) as caught:
        to_pyfdt(fdt.parse(make_fdt(items)))
    text = "device tree: /a at offset 0x0: expected a name used once in pyfdt, found twice"
    assert str(caught.value) == text
