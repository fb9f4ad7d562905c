"""Packing piece by piece; the tools that unpack it are in tests/cmds/test_gzip.py."""

import builtins
import bz2
import gzip
import lzma
import random

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import RefusedError
from uroot_py.formats.compress.detect import kind
from uroot_py.formats.compress.pack import SUFFIXES, packed

USUAL = {"gzip": 6, "bzip2": 9, "xz": 2, "zstd": 3}
UNPACK = {
    "gzip": gzip.decompress,
    "bzip2": bz2.decompress,
    "xz": lzma.decompress,
    "zstd": lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data),
}


@pytest.mark.parametrize("name", SUFFIXES)
@given(pieces=st.lists(st.binary(max_size=300), max_size=5), level=st.sampled_from([None, 1, 9]))
def test_back_again(name, pieces, level):
    data = b"".join(packed(pieces, name, level))
    assert kind(data) == name
    assert UNPACK[name](data) == b"".join(pieces)


@pytest.mark.parametrize("name", SUFFIXES)
def test_the_level_is_told_to_the_library(name):
    words = [b"%x " % (n * n * n) for n in range(500)]
    pieces = [b"".join(random.Random(1).choices(words, k=100_000))]
    made = {level: b"".join(packed(pieces, name, level)) for level in (None, 1, 9)}
    assert made[1] != made[9]
    assert made[None] == b"".join(packed(pieces, name, USUAL[name]))


def test_a_program_without_the_library_says_so(monkeypatch):
    whole = builtins.__import__

    def without(name, *rest):
        if name == "zstandard":
            raise ImportError(name)
        return whole(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(RefusedError) as caught:
        list(packed([b"a"], "zstd"))
    assert str(caught.value) == "zstd data cannot be packed by this program"
