"""uroot_py.formats.fdt.data: JSON as the standard library would write it, YAML to the letter."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.builders.fdt import SMALL, cell, make_fdt, node, old_items, prop
from tests.support.dtc import SAMPLES, read_sample
from uroot_py.formats.fdt import tree as fdt
from uroot_py.formats.fdt.data import by_path, json_text, yaml_lines
from uroot_py.formats.fdt.edit import add

FIELDS = {
    "Magic": "magic",
    "TotalSize": "totalsize",
    "OffDtStruct": "off_dt_struct",
    "OffDtStrings": "off_dt_strings",
    "OffMemRsvmap": "off_mem_rsvmap",
    "Version": "version",
    "LastCompVersion": "last_comp_version",
    "BootCpuidPhys": "boot_cpuid_phys",
    "SizeDtStrings": "size_dt_strings",
    "SizeDtStruct": "size_dt_struct",
}


def as_json(found):
    shown = {"Name": found.name}
    if found.properties:
        shown["Properties"] = [
            {"Name": name, "Value": base64.b64encode(value).decode()}
            for name, value in found.properties.items()
        ]
    if found.children:
        shown["Children"] = [as_json(child) for child in found.children]
    return shown


def document(tree):
    return {
        "Header": {key: getattr(tree.header, name) for key, name in FIELDS.items()},
        "ReserveEntries": [{"Address": a, "Size": size} for a, size in tree.reservations],
        "RootNode": as_json(tree.root),
    }


BLOBS = {
    "small": make_fdt(reservations=[(1, 2), (3, 4)]),
    "empty": make_fdt(node("")),
    "no properties": make_fdt(node("", node("a", node("b")), node("c"))),
    "version 1": make_fdt(old_items(SMALL), version=1),
    **{path.name: read_sample(path) for path in SAMPLES},
}


@pytest.mark.parametrize("name", BLOBS)
def test_json(name):
    tree = fdt.parse(BLOBS[name])
    assert "".join(json_text(tree)) == json.dumps(document(tree), indent=4) + "\n"


def test_fields_that_an_old_header_does_not_have_are_0():
    header = document(fdt.parse(BLOBS["version 1"]))["Header"]
    assert [key for key, value in header.items() if not value] == [
        "BootCpuidPhys",
        "SizeDtStrings",
        "SizeDtStruct",
    ]


@given(st.recursive(st.just([]), lambda inner: st.lists(inner, max_size=3), max_leaves=9))
def test_json_of_any_shape(shape):
    tree = fdt.parse(make_fdt())
    tree.root.children.clear()
    todo = [(shape, tree.root)]
    while todo:
        inner, above = todo.pop()
        todo += [(part, add(above, f"n{index}")) for index, part in enumerate(inner)]
    assert json.loads("".join(json_text(tree))) == document(tree)


def test_json_of_a_tree_that_was_never_a_blob():
    assert json.loads("".join(json_text(fdt.DeviceTree())))["Header"] == {}


def test_yaml_of_every_kind_of_value():
    items = node(
        "",
        prop("flag"),
        prop("text", b'say "\\"\0two\0'),
        cell("cells", 0, 0xFFFFFFFF),
        prop("bytes", b"\1\2\3\4\5"),
        node("bare"),
    )
    assert list(yaml_lines(fdt.parse(make_fdt(items, boot_cpuid_phys=7)))) == [
        "version: 17",
        "boot_cpuid: 7",
        "reservations: []",
        "nodes:",
        '  "/":',
        '    "flag": true',
        '    "text": ["say \\"\\\\\\"", "two"]',
        '    "cells": [0x0, 0xffffffff]',
        '    "bytes": !!binary "AQIDBAU="',
        '  "/bare": {}',
    ]


def test_nodes_of_one_name():
    items = node("", node("a", node("x")), node("b"), node("a", node("x")), node("a"))
    paths = ["/", "/a", "/a/x", "/b", "/a~2", "/a~2/x", "/a~3"]
    tree = fdt.parse(make_fdt(items))
    assert list(by_path(tree)) == paths
    assert list(by_path(tree).values()) == list(tree.root.walk())
