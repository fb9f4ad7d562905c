"""uroot_py.formats.fdt.salvage: every fault marked, nothing unbounded, exact on sound blobs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.builders.fdt import ORDERS, SMALL, begin, cell, make_fdt, node, old_items, prop
from scripts.builders.fdt_bad import BAD, GOOD
from tests.support.dtc import SAMPLES, read_sample
from uroot_py.base.errors import FormatError
from uroot_py.formats.fdt import tree as fdt
from uroot_py.formats.fdt.salvage import MAX_PROBLEMS, Salvage
from uroot_py.formats.fdt.text import dump

HEADERLESS = ["empty", "3 bytes", "20 bytes"]


def outline(tree):
    return [(found.path, found.properties) for found in tree.root.walk()]


def body(read):
    """The lines of the tree, without those about the header."""
    lines = list(dump(read))
    return lines[lines.index("") + 1 :]


@pytest.mark.parametrize("version", [1, 3, 16, 17])
@pytest.mark.parametrize("order", ORDERS)
def test_exact_on_sound_blobs(version, order):
    items = SMALL if version >= 16 else old_items(SMALL)
    blob = make_fdt(items, version=version, order=order, reservations=[(1, 2)], boot_cpuid_phys=5)
    read, tree = Salvage(blob), fdt.parse(blob)
    assert read.problems == []
    assert outline(read.tree) == outline(tree)
    assert (read.tree.reservations, read.tree.boot_cpuid) == (tree.reservations, tree.boot_cpuid)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_exact_on_samples(path):
    blob = read_sample(path)
    read = Salvage(blob)
    assert (read.problems, outline(read.tree)) == ([], outline(fdt.parse(blob)))


@pytest.mark.parametrize("name", [name for name in BAD if name not in HEADERLESS])
def test_every_bad_blob_is_marked(name):
    blob = BAD[name]
    read = Salvage(blob)
    text = "\n".join(dump(read))
    assert text.count("// damaged: device tree: ") == len(read.problems) > 0
    assert len(text) < 25_000
    assert text.count("{") == text.count("};")


@pytest.mark.parametrize("name", HEADERLESS)
def test_nothing_without_a_header(name):
    with pytest.raises(FormatError, match=r"^device tree: (magic number|header) at offset 0x0"):
        Salvage(BAD[name])


TWO = [begin(""), cell("a", 1), prop("b", b"2", size=0x1000), *node("c", cell("d", 3)), ("end",)]


@pytest.mark.parametrize(
    ("blob", "expected"),
    [
        pytest.param(
            make_fdt(TWO),
            """\
/ {
    a = <0x00000001>;
    // damaged: device tree: size of property b at offset 0x54: expected at most 0x28, found 0x1000
    b;
    // damaged: device tree: structure at offset 0x50: expected tokens, found 16 bytes of other data
    c {
        d = <0x00000003>;
    };
};""",
            id="a wrong size costs one property",
        ),
        pytest.param(
            make_fdt([begin(""), cell("a", 1), ("word", 0x61), cell("b", 2), ("end",)]),
            """\
/ {
    a = <0x00000001>;
    // damaged: device tree: token at offset 0x50: expected a known one, found 0x61
    // damaged: device tree: structure at offset 0x50: expected tokens, found 4 bytes of other data
    b = <0x00000002>;
};""",
            id="an unknown word costs itself",
        ),
        pytest.param(
            make_fdt(node("", prop("x", b"1\0", nameoff=9), prop("y", b"2\0"))),
            """\
/ {
    // damaged: device tree: property name offset at offset 0x48: expected below 0x2, found 0x9
    ?0x9 = "1";
    y = "2";
};""",
            id="a lost name has its offset",
        ),
        pytest.param(
            make_fdt(node("", node("a\x1b[2J", cell("b\x07", 1)))),
            """\
/ {
    // damaged: device tree: node name at offset 0x44: expected letters, digits and ,._+*#?-@, \
found 'a?[2J'
    a?[2J {
        // damaged: device tree: property name at offset 0x68: expected letters, digits and \
,._+*#?-, found 'b\\x07'
        b? = <0x00000001>;
    };
};""",
            id="a name cannot command the terminal",
        ),
        pytest.param(
            make_fdt([*node(""), *node("", cell("late", 1))]),
            """\
/ {
};
// damaged: device tree: node at offset 0x44: expected FDT_END, found a second root node
/ {
    late = <0x00000001>;
};""",
            id="a second root is shown",
        ),
    ],
)
def test_marks(blob, expected):
    assert "\n".join(body(Salvage(blob))) == expected


def test_what_is_too_deep_is_left_out():
    read = Salvage(BAD["depth 5000"])
    assert [len(read.problems), len(list(read.tree.root.walk()))] == [1, fdt.MAX_DEPTH]


def test_tokens_are_bounded(monkeypatch):
    monkeypatch.setattr(fdt, "MAX_TOKENS", 20)
    read = Salvage(make_fdt(node("", *(cell(f"p{i}", i) for i in range(100)))))
    assert len(read.tree.root.properties) == 19
    assert [str(fault).partition(" at ")[0] for fault in read.problems] == [
        "device tree: structure"
    ]


def test_faults_are_bounded():
    read = Salvage(make_fdt(node("", *(cell("a", 1) for _ in range(5000)))))
    assert len(read.problems) == MAX_PROBLEMS + 2
    assert read.problems[-2].text().endswith(": expected at most 1000 faults, found more")
    assert read.problems[-1].text().endswith(": expected 1 FDT_END_NODE, found none")


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255), st.integers(0, len(GOOD)))
def test_any_damage(offset, value, size):
    """Whatever is changed or cut off: marked text, or an error if there is no header any more."""
    blob = bytearray(GOOD[:size] if size > offset else GOOD)
    blob[offset] = value
    try:
        read = Salvage(blob)
    except FormatError:
        assert len(blob) < fdt.header_size(1)
        return
    lines = list(dump(read))
    assert sum(line.endswith("{") for line in lines) == sum(line.endswith("};") for line in lines)
    try:
        tree = fdt.parse(blob)
    except FormatError:
        assert read.problems
    else:
        assert (read.problems, outline(read.tree)) == ([], outline(tree))
