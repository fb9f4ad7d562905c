"""libargon2: the vectors of RFC 9106's authors, and what it refuses."""

import pytest

from uroot_py.abi import argon2, foreign
from uroot_py.base.errors import RefusedError

# Ref: the reference implementation's src/test.c, version 0x13; without secret and associated data.
VECTORS = [
    ("argon2i", 2, 1 << 16, "c1628832147d9720c5bd1cfd61367078729f6dfb6f8fea9ff98158e0d7816ed0"),
    ("argon2i", 2, 1 << 8, "89e9029f4637b295beb027056a7336c414fadd43f6b208645281cb214a56452f"),
    ("argon2id", 2, 1 << 16, "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"),
    ("argon2id", 2, 1 << 8, "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe"),
]


@pytest.mark.parametrize(("kind", "passes", "memory", "expected"), VECTORS)
def test_vectors(kind, passes, memory, expected):
    found = argon2.derive(
        kind, b"password", b"somesalt", passes=passes, memory=memory << 10, lanes=1, size=32
    )
    assert found.hex() == expected


def test_what_it_refuses():
    with pytest.raises(RefusedError) as caught:
        argon2.derive("argon2i", b"p", b"salt", passes=1, memory=8 << 10, lanes=1, size=32)
    assert str(caught.value) == "argon2i: the salt is too short"
    with pytest.raises(RefusedError) as caught:
        argon2.derive("argon2i", b"p", b"somesalt", passes=0, memory=8 << 10, lanes=1, size=32)
    assert str(caught.value) == "argon2i: libargon2 refuses it, error -12"


def test_without_the_library(monkeypatch):
    monkeypatch.setattr(foreign, "ARGON2", "libmissing.so.9")
    with pytest.raises(RefusedError) as caught:
        argon2.derive("argon2id", b"p", b"somesalt", passes=1, memory=8 << 10, lanes=1, size=32)
    assert str(caught.value) == (
        "argon2id: libmissing.so.9: cannot open shared object file: No such file or directory;"
        " an image of ours has it; elsewhere install libargon2-1"
    )
