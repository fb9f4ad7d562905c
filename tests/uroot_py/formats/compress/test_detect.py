"""Kinds of packed data by their first bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.formats.compress.detect import HEAD_SIZE, KINDS, kind

HEADS = [
    ("gzip", "1f8b0800"),
    ("xz", "fd377a585a000004"),
    ("zstd", "28b52ffd24"),
    ("lzma", "5d00008000"),
    ("bzip2", "425a6839"),
    ("lz4", "02214c18"),
    ("lz4", "04224d1864"),
    ("lzop", "894c5a4f000d0a1a0a"),
]


@pytest.mark.parametrize(("name", "head"), HEADS)
def test_kind(name, head):
    data = bytes.fromhex(head)
    assert kind(data + bytes(20)) == name
    assert kind(b"\0" + data) == ""


def test_every_kind_has_a_row():
    assert {name for name, _ in HEADS} == KINDS


@given(st.binary(max_size=30))
def test_the_head_is_enough(data):
    assert kind(data) == kind(data[:HEAD_SIZE])
    assert kind(data) in {*KINDS, ""}
