"""hexdump: beside this machine's tool."""

import pytest

from tests.support import reference

LINES = """
hexdump words
hexdump -C words
hexdump -C zeros
hexdump -v -C zeros
hexdump -n 10 words
hexdump -C -s 5 -n 20 words
hexdump -s 5 words
hexdump empty
hexdump -C empty
hexdump words numbers
hexdump < words
hexdump -C binary
hexdump -C -s 1000 words
hexdump -s 3 < words
hexdump zeros
hexdump -n 0 words
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)
