"""uroot_py.formats.fdt.access: lookups and addresses, on trees that dtc compiled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.builders.fdt import cell, make_fdt, node, prop
from tests.support.dtc import at, compile_dts
from uroot_py.base.errors import FormatError
from uroot_py.formats.fdt import tree as fdt
from uroot_py.formats.fdt.access import by_phandle, compatible, cpu_regions, regions, translate

BUSES = """/dts-v1/;
/ {
  #address-cells = <2>;
  #size-cells = <2>;
  memory@80000000 { device_type = "memory"; reg = <0 0x80000000 1 0  0x10 0 0 0x1000>; };
  soc {
    #address-cells = <1>;
    #size-cells = <1>;
    ranges = <0x0 0x1 0x0 0x1000>, <0x2000 0x0 0x2000 0x1000>;
    compatible = "simple-bus";
    uart: serial@10 { compatible = "acme,uart-v2", "acme,uart"; reg = <0x10 0x8>; };
    late@2010 { reg = <0x2010 0x8>; };
    lost@5000 { reg = <0x5000 0x8>, <0x20 4>; };
    inner@100 {
      ranges;
      reg = <0x100 0x10>;
      leaf@800 { reg = <0x800 4>; compatible = "acme,uart"; };
    };
    private@0 {
      #address-cells = <1>;
      #size-cells = <0>;
      cpu@3 { reg = <3>; };
    };
  };
  user { parent = <&uart>; };
};
"""


@pytest.fixture(scope="module")
def tree():
    return fdt.parse(compile_dts(BUSES))


@pytest.mark.parametrize(
    ("path", "own", "cpu"),
    [
        ("/memory", [(0x80000000, 1 << 32), (0x10 << 32, 0x1000)], "same"),
        ("/soc/serial", [(0x10, 8)], [(0x100000010, 8)]),
        ("/soc/late", [(0x2010, 8)], [(0x2010, 8)]),
        ("/soc/lost", [(0x5000, 8), (0x20, 4)], [(0x100000020, 4)]),
        ("/soc/inner/leaf", [(0x800, 4)], [(0x100000800, 4)]),
        ("/soc/private/cpu", [(3, 0)], []),
        ("/user", [], []),
        ("/", [], []),
    ],
)
def test_regions(tree, path, own, cpu):
    found = tree.find(path)
    assert regions(found) == own
    assert cpu_regions(found) == (own if cpu == "same" else cpu)


def test_by_phandle(tree):
    phandle = tree.find("/user").u32("parent")
    assert by_phandle(tree, phandle) is at(tree, "/soc/serial@10")
    assert by_phandle(tree, 0x4711) is None


def test_compatible(tree):
    assert [n.path for n in compatible(tree, "acme,uart")] == [
        "/soc/serial@10",
        "/soc/inner@100/leaf@800",
    ]
    assert list(compatible(tree, "acme")) == []


def test_defaults_of_the_specification():
    """Two cells of address and one of size where nobody says anything."""
    root = fdt.parse(make_fdt(node("", node("m", cell("reg", 1, 2, 3))))).root
    assert regions(root.children[0]) == [(1 << 32 | 2, 3)]


def one(*items):
    return fdt.parse(make_fdt(node("", node("m", *items)))).root.children[0]


@pytest.mark.parametrize(
    ("found", "message"),
    [
        pytest.param(
            one(cell("reg", 1, 2)),
            "/m: property reg at offset 0x0: expected rows of 12 bytes (2+1 cells), found 8 bytes",
            id="half a row",
        ),
        pytest.param(
            fdt.parse(
                make_fdt(node("", cell("#address-cells", 0xFFFFFFFF), node("m", cell("reg", 1, 2))))
            ).root.children[0],
            "/: property #address-cells at offset 0x0: expected at most 8, found 4294967295",
            id="too many cells",
        ),
        pytest.param(
            fdt.parse(
                make_fdt(
                    node(
                        "",
                        cell("#address-cells", 0),
                        cell("#size-cells", 0),
                        node("m", cell("reg", 1)),
                    )
                )
            ).root.children[0],
            "/m: property reg at offset 0x0: expected rows of 0 bytes (0+0 cells), found 4 bytes",
            id="no cells",
        ),
    ],
)
def test_wrong_cells(found, message):
    with pytest.raises(FormatError) as caught:
        regions(found)
    assert str(caught.value) == message


@given(st.integers(0, 0x40), st.binary(max_size=48))
def test_any_ranges(address, ranges):
    """Whatever a bus says: an address, None or a FormatError; empty ranges change nothing."""
    items = [cell("#address-cells", 1), cell("#size-cells", 1)]
    root = fdt.parse(make_fdt(node("", *items, node("b", *items, prop("ranges", ranges))))).root
    bus = root.children[0]
    rows = [[int.from_bytes(ranges[i + j : i + j + 4], "big") for j in (0, 4, 8)]
            for i in range(0, len(ranges) - 11, 12)]  # fmt: skip
    if len(ranges) % 12:
        with pytest.raises(FormatError, match="expected rows of 12 bytes"):
            translate(bus, address)
    else:
        hits = [
            address - child + to
            for child, to, size in rows
            if address in range(child, child + size)
        ]
        assert translate(bus, address) == (address if not rows else hits[0] if hits else None)
