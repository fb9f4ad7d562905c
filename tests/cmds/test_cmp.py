"""cmp: beside this machine's tool."""

import pytest

from tests.support import reference

LINES = """
cmp words words
cmp words numbers
cmp words unended
cmp -l words numbers
cmp -s words numbers
cmp -s words words
cmp -n 0 words numbers
cmp words nothere
cmp - words < words
cmp -i 3 words words
cmp empty words
cmp -l zeros binary
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)
