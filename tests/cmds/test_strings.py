"""strings: beside this machine's tool."""

import pytest

from tests.support import reference

LINES = """
strings binary
strings -n 6 binary
strings -t d binary
strings -t x binary
strings -n 3 words numbers
strings < binary
strings -a words
strings nothere
strings -n 0 words
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)
