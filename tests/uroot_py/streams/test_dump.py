"""Rows of hexadecimal, beside hexdump -C."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.streams.dump import canonical, rows


@pytest.mark.parametrize("size", [0, 1, 8, 9, 16, 17, 32, 40])
def test_the_same_as_hexdump(size):
    data = bytes(range(24, 24 + size))
    done = subprocess.run(
        ["hexdump", "-Cv"], input=data, capture_output=True, check=True, text=False
    )
    end = f"{size:08x}\n" if size else ""
    assert canonical(data) + end == done.stdout.decode()


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_pieces_of_any_size_are_rows_of_16(pieces):
    found = list(rows(pieces))
    assert b"".join(found) == b"".join(pieces)
    assert all(len(row) == 16 for row in found[:-1])
    assert all(found)
