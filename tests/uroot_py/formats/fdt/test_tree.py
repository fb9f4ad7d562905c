"""uroot_py.formats.fdt.tree: the strict reader, on hand-built blobs of every version and order."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.builders.fdt import NO_OP, ORDERS, SMALL, cell, make_fdt, node, old_items, prop
from scripts.builders.fdt_bad import BAD, GOOD
from uroot_py.base.errors import FormatError
from uroot_py.formats.fdt import tree as fdt

# Blob, what was read, at which offset, expected, found.
MESSAGES = r"""
empty | magic number | 0x0 | d00dfeed | nothing
3 bytes | magic number | 0x0 | d00dfeed | d00dfe
bad magic | magic number | 0x0 | d00dfeed | d00dfeee
20 bytes | header | 0x0 | 28 bytes | 20 bytes
half | totalsize | 0x4 | at most 0x9e (the size of the data) | 0x13c
one byte short | totalsize | 0x4 | at most 0x13b (the size of the data) | 0x13c
version 0 | version | 0x14 | 1 to 17 | 0
version 99 | version | 0x14 | 1 to 17 | 99
last_comp above version | last_comp_version | 0x18 | at most version 17 | 18
totalsize below header | totalsize | 0x4 | at least 0x28 | 0x27
totalsize above data | totalsize | 0x4 | at most 0x13c (the size of the data) | 0x10000
totalsize INT_MAX + 1 | totalsize | 0x4 | at most 0x13c (the size of the data) | 0x80000000
struct offset out of range | off_dt_struct | 0x8 | inside [0x28, 0x13c] | 0x7ffffff0
struct offset in header | off_dt_struct | 0x8 | inside [0x28, 0x13c] | 0x20
struct offset unaligned | off_dt_struct | 0x8 | a multiple of 4 | 0x3a
strings offset out of range | off_dt_strings | 0xc | inside [0x28, 0x13c] | 0x7ffffff0
reservations offset out of range | off_mem_rsvmap | 0x10 | inside [0x28, 0x13c] | 0x7ffffff0
reservations offset unaligned | off_mem_rsvmap | 0x10 | a multiple of 8 | 0x2c
struct size -1 | size_dt_struct | 0x24 | at most 0xc0 | 0xffffffff
strings size -1 | size_dt_strings | 0x20 | at most 0x44 | 0xffffffff
strings size INT_MIN | size_dt_strings | 0x20 | at most 0x44 | 0x80000000
struct runs into strings | size_dt_struct | 0x24 | at most 0xc0 | 0x1000
totalsize inside strings | size_dt_strings | 0x20 | at most 0x41 | 0x44
unterminated reservations | reservation map | 0x130 | an entry of zeros at its end | none
truncated reservation | reservation map | 0x130 | an entry of zeros at its end | none
reservation of size 0 | reservation size | 0x30 | that of 0x1000 | 0
bad node name character | node name | 0x47 | letters, digits and ,._+*#?- | 'sub$node'
two unit addresses | node name | 0x44 | NAME or NAME@ADDRESS | 'a@1@2'
only a unit address | node name | 0x44 | NAME or NAME@ADDRESS | '@1'
empty node name | node name | 0x44 | letters, digits and ,._+*#?- | ''
bad property name character | property name | 0x5c | letters, digits and ,._+*#?- | 'prop$erty'
empty property name | property name | 0x58 | letters, digits and ,._+*#?- | ''
control character in name | node name | 0x45 | letters, digits and ,._+*#?- | 'a\x1b[2J'
named root | name of the root node | 0x3c | none | 'fake'
name of 300 characters | node name | 0x44 | a NUL within 255 bytes | none
property name of 300 characters | property name | 0x58 | a NUL within 255 bytes | none
old: path not below parent | node path | 0x44 | '/' first | 'elsewhere'
no root | token first | 0x38 | FDT_BEGIN_NODE | FDT_END
property before root | token first | 0x38 | FDT_BEGIN_NODE | FDT_PROP
two roots | token after the root node | 0x44 | FDT_END | FDT_BEGIN_NODE
truncated property | size of property prop of / | 0x44 | at most 0x4 | 0x100
truncated string | property name | 0x58 | a NUL within 255 bytes | none
name offset out of range | property name offset | 0x48 | below 0x0 | 0x10000
name offset -1 | property name offset | 0x48 | below 0x0 | 0xffffffff
property size 0xfffffff0 | size of property prop of / | 0x44 | at most 0xc | 0xfffffff0
unknown tag | token in / | 0x40 | FDT_PROP, a node or its end | 0x7
no FDT_END | token after the root node | 0xf4 | FDT_END | the end of the block
extra FDT_END_NODE | token after the root node | 0xf4 | FDT_END | FDT_END_NODE
missing FDT_END_NODE | token in / | 0xf0 | FDT_PROP, a node or its end | FDT_END
FDT_END in a node | token in / | 0x40 | FDT_PROP, a node or its end | FDT_END
node name without end | token in /aaaa | 0x4c | FDT_PROP, a node or its end | the end of the block
only NOPs | token first | 0x1c8 | FDT_BEGIN_NODE | the end of the block
duplicate property | property a of / | 0x60 | no second one of that name | one
property after subnode | property b of / | 0x4c | properties before subnodes | it after one
property after its namesake | property a of / | 0x4c | properties before subnodes | it after one
depth 65 | node | 0x238 | at most 64 levels | one more
depth 5000 | node | 0x238 | at most 64 levels | one more
depth 200000 | node | 0x238 | at most 64 levels | one more
old: depth 65 | node | 0x11b8 | at most 64 levels | one more
"""
ROWS = [line.split(" | ") for line in MESSAGES.strip().splitlines()]


def outline(tree):
    return [(found.path, found.properties) for found in tree.root.walk()]


SMALL_OUTLINE = [
    (
        "/",
        {
            "#address-cells": b"\0\0\0\1",
            "#size-cells": b"\0\0\0\1",
            "compatible": b"acme,board\0acme,family\0",
        },
    ),
    ("/memory@1000", {"device_type": b"memory\0", "reg": b"\0\0\x10\0\0\0\x20\0"}),
    ("/chosen", {"bootargs": b"quiet\0", "flag": b""}),
]


@pytest.mark.parametrize("version", [1, 2, 3, 16, 17])
@pytest.mark.parametrize("order", ORDERS)
def test_every_version_and_order(version, order):
    items = SMALL if version >= 16 else old_items(SMALL)
    blob = make_fdt(items, version=version, order=order, reservations=[(0x1000, 0x20)], padding=40)
    for data in (blob, bytearray(blob), memoryview(blob + b"more")):
        tree = fdt.parse(data)
        assert outline(tree) == SMALL_OUTLINE
        assert tree.reservations == [(0x1000, 0x20)]
        assert tree.version == version


def test_nops_are_nothing():
    items = [NO_OP, *(part for item in SMALL for part in (item, NO_OP))]
    assert outline(fdt.parse(make_fdt(items))) == SMALL_OUTLINE


def test_boot_cpuid():
    assert fdt.parse(make_fdt(boot_cpuid_phys=3)).boot_cpuid == 3
    assert fdt.parse(make_fdt(old_items(SMALL), version=1)).boot_cpuid == 0


def test_every_bad_blob_has_a_message():
    assert list(BAD) == [row[0] for row in ROWS]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_bad(row):
    name, what, offset, expected, found = row
    with pytest.raises(FormatError) as caught:
        fdt.parse(BAD[name])
    message = f"device tree: {what} at offset {offset}: expected {expected}, found {found}"
    assert str(caught.value) == message


def test_limits(monkeypatch):
    reservations = [(1, 1)] * (fdt.MAX_RESERVATIONS + 1)
    with pytest.raises(FormatError, match=r"map at offset 0x10028: expected at most 4096 entries"):
        fdt.parse(make_fdt(reservations=reservations))
    monkeypatch.setattr(fdt, "MAX_TOKENS", 12)
    assert fdt.parse(make_fdt([NO_OP] * 9 + node(""))).root.name == ""
    with pytest.raises(FormatError, match=r"structure at offset 0x6c: expected at most 12 tokens"):
        fdt.parse(make_fdt([NO_OP] * 10 + node("")))
    monkeypatch.setattr(fdt, "MAX_SIZE", 0x100)
    with pytest.raises(FormatError, match=r"at most 0x100 \(the limit\), found 0x13c"):
        fdt.parse(GOOD)


def test_names_cannot_multiply():
    """Each offset into one long string is a name of its own, so names are bounded."""
    items = [prop("x", nameoff=offset) for offset in range(1000)]
    with pytest.raises(FormatError, match="expected a NUL within 255 bytes"):
        fdt.parse(make_fdt(node("", *items), strings_tail=b"a" * 1000 + b"\0"))


def test_every_prefix():
    for size in range(len(GOOD)):
        with pytest.raises(FormatError, match=r"^device tree: "):
            fdt.parse(GOOD[:size])


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255))
def test_every_change_of_a_byte(offset, value):
    blob = bytearray(GOOD)
    blob[offset] = value
    try:
        tree = fdt.parse(blob)
    except FormatError as error:
        assert 0 <= error.offset <= len(GOOD)  # noqa: PT017
    else:
        assert tree.root.name == ""


WORDS = st.sampled_from([0, 1, 2, 3, 4, 9, 4, 8, 0x61000000, 0x61626300, 0xFFFFFFFF])


@given(st.lists(WORDS, max_size=40), st.sampled_from([1, 2, 3, 16, 17]))
def test_words_in_any_order(words, version):
    """Anything goes in the structure block: a tree or a FormatError, and nothing else."""
    items = [("begin", "/" if version < 16 else ""), *(("word", word) for word in words)]
    blob = make_fdt(items, version=version, strings_tail=b"name\0x\0")
    try:
        assert fdt.parse(blob).root.parent is None
    except FormatError as error:
        assert error.offset <= len(blob)  # noqa: PT017


NAMES = st.text("abcxyz09,._+*#?-", min_size=1, max_size=12)
TREES: st.SearchStrategy = st.recursive(
    st.tuples(NAMES, st.dictionaries(NAMES, st.binary(max_size=20), max_size=4), st.just([])),
    lambda inner: st.tuples(
        NAMES,
        st.dictionaries(NAMES, st.binary(max_size=20), max_size=4),
        st.lists(inner, max_size=3, unique_by=lambda tree: tree[0]),
    ),
    max_leaves=12,
)


def items_of(tree, name=None):
    own, properties, children = tree
    inner = [prop(key, value) for key, value in properties.items()]
    inner += [items_of(child) for child in children]
    return node(own if name is None else name, *inner)


def shape(found):
    return found.name, found.properties, [shape(child) for child in found.children]


@given(TREES, st.sampled_from([1, 3, 16, 17]), st.sampled_from(ORDERS))
def test_any_tree(tree, version, order):
    items = items_of(tree, "")
    blob = make_fdt(items if version >= 16 else old_items(items), version=version, order=order)
    _, properties, children = shape(fdt.parse(blob).root)
    assert (properties, children) == (tree[1], [as_shape(child) for child in tree[2]])


def as_shape(tree):
    return tree[0], tree[1], [as_shape(child) for child in tree[2]]


VALUES = fdt.parse(
    make_fdt(
        node(
            "",
            cell("one", 7),
            cell("two", 1, 2),
            prop("odd", b"\0\0\0\1\2"),
            prop("text", b"a\0b\xc3\xbc\0"),
            prop("open", b"ab"),
            prop("empty"),
            node("a", cell("phandle", 5)),
            node("b", cell("linux,phandle", 6)),
        )
    )
).root


@pytest.mark.parametrize(
    ("method", "name", "value"),
    [
        ("cells", "two", [1, 2]),
        ("cells", "empty", []),
        ("cells", "absent", []),
        ("u32", "one", 7),
        ("u32", "absent", None),
        ("u64", "two", 1 << 32 | 2),
        ("number", "one", 7),
        ("number", "two", 1 << 32 | 2),
        ("strings", "text", ["a", "bü"]),
        ("strings", "absent", []),
        ("strings", "empty", []),
        ("string", "text", "a"),
        ("string", "empty", None),
    ],
)
def test_values(method, name, value):
    assert getattr(VALUES, method)(name) == value


@pytest.mark.parametrize(
    ("method", "name", "message"),
    [
        ("cells", "odd", "/: property odd at offset 0x4: expected cells of 4 bytes, found 5 bytes"),
        ("u32", "two", "/: property two at offset 0x0: expected 4 bytes, found 8 bytes"),
        ("u64", "one", "/: property one at offset 0x0: expected 8 bytes, found 4 bytes"),
        ("number", "odd", "/: property odd at offset 0x0: expected 4 or 8 bytes, found 5 bytes"),
        (
            "strings",
            "open",
            "/: property open at offset 0x1: expected a string that ends in NUL, found 0x62",
        ),
    ],
)
def test_wrong_values(method, name, message):
    with pytest.raises(FormatError) as caught:
        getattr(VALUES, method)(name)
    assert str(caught.value) == message


def test_phandles():
    assert [found.phandle for found in VALUES.walk()] == [None, 5, 6]


PATHS = fdt.parse(
    make_fdt(
        node(
            "",
            node("aliases", prop("serial0", b"/soc/serial@10\0"), prop("bad", b"serial@10\0")),
            node("soc", node("serial@10", node("sub")), node("serial@20")),
        )
    )
)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/", "/"),
        ("/soc", "/soc"),
        ("/soc/", "/soc"),
        ("//soc//serial@20", "/soc/serial@20"),
        ("/soc/serial", "/soc/serial@10"),
        ("/soc/serial/sub", "/soc/serial@10/sub"),
        ("serial0", "/soc/serial@10"),
        ("serial0/sub", "/soc/serial@10/sub"),
        ("", "/"),
        ("/nothing", None),
        ("/soc/nothing/sub", None),
        ("/soc/serial@30", None),
        ("serial1", None),
        ("bad", None),
    ],
)
def test_find(path, found):
    result = PATHS.find(path)
    assert (result and result.path) == found


def test_find_without_aliases():
    assert fdt.parse(GOOD).find("serial0") is None


def test_new_tree():
    tree = fdt.DeviceTree()
    assert (tree.version, tree.reservations, repr(tree.root)) == (17, [], "<Node /: 0 properties>")


def test_header_fields():
    header = fdt.parse(GOOD).header
    assert header is not None
    assert (header.magic, header.totalsize) == struct.unpack_from(">II", GOOD)


def test_a_bad_name_behind_a_good_one_has_its_own_place():
    blob = make_fdt(node("", prop("good"), prop("b$d")))
    at = blob.index(b"b$d\0")
    with pytest.raises(FormatError) as caught:
        fdt.parse(blob)
    assert (caught.value.what, caught.value.offset) == ("device tree: property name", at + 1)
