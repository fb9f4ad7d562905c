"""Digests beside hashlib's, of parts in a row."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.digest import KINDS, digest, made


@pytest.mark.parametrize("kind", KINDS)
@given(parts=st.lists(st.binary(max_size=200), max_size=4))
def test_the_same_as_hashlib(kind, parts):
    assert digest(kind, *parts) == hashlib.new(kind, b"".join(parts)).digest()


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_made_can_go_on(kind):
    state = made(kind)
    state.update(b"one")
    before = state.copy()
    state.update(b"two")
    assert before.digest() == digest(kind, b"one")
    assert state.digest() == digest(kind, memoryview(b"onetwo"))
