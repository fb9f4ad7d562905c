"""PBKDF2 beside hashlib's."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base import pbkdf2


@given(
    kind=st.sampled_from(["sha1", "sha256", "sha384", "sha512"]),
    password=st.binary(max_size=200),
    salt=st.binary(max_size=64),
    rounds=st.integers(1, 20),
    size=st.integers(1, 200),
)
def test_agrees_with_hashlib(kind, password, salt, rounds, size):
    expected = hashlib.pbkdf2_hmac(kind, password, salt, rounds, size)
    assert pbkdf2.derive(kind, password, salt, rounds, size) == expected


@pytest.mark.parametrize(("size", "count"), [(1, 1), (32, 1), (33, 2), (64, 2)])
def test_blocks(size, count):
    assert pbkdf2.blocks("sha256", size) == count
