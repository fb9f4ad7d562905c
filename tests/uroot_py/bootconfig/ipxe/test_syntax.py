"""The lines of scripts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import FormatError
from uroot_py.bootconfig.ipxe.syntax import MAX_LENGTH, MAX_LINES, is_script, parse


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"#!ipxe\n\techo  a\vb", [(1, None, ["#!ipxe"]), (2, None, ["echo", "a", "b"])]),
        (b"a \\\r\n b\r\nc", [(1, None, ["a", "b"]), (3, None, ["c"])]),
        (b" :l x y\n:m", [(1, "l", ["x", "y"]), (2, "m", [])]),
        (b"a\0b\nc", [(1, None, ["a"]), (2, None, ["c"])]),
        (b"a\\", []),
    ],
)
def test_lines(data, lines):
    assert [(line.number, line.label, line.words) for line in parse(data, "s").lines] == lines


def test_the_first_of_two_labels_counts():
    assert parse(b":a x\n:a y", "s").labels == {"a": 0}


@pytest.mark.parametrize(
    ("data", "is_one"),
    [(b"#!ipxe\n", True), (b"#!gpxe\r\n", True), (b"#!ipxe x", True), (b"#!ipxe", False),
     (b"#!ipxescript", False), (b" #!ipxe\n", False), (b"<html>", False)],
)  # fmt: skip
def test_is_script(data, is_one):
    assert is_script(data) == is_one


@pytest.mark.parametrize(
    "data", [b"\n" * (MAX_LINES + 1), b"a" * (MAX_LENGTH + 1), b"a\\\n" * 70000]
)
def test_bounds(data):
    with pytest.raises(FormatError, match="expected at most"):
        parse(data, "s")


@given(st.binary())
def test_any_bytes(data):
    assert all(line.number for line in parse(data, "s").lines)
