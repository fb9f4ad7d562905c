"""wc: beside this machine's tool."""

import pytest

from tests.support import reference

LINES = """
wc nothere nowhere
wc words
wc words numbers
wc -l words
wc -w words
wc -c words
wc -m words
wc -L words
wc -lw spaced
wc -cl words numbers
wc < words
wc -l < words
wc -l - < words
wc empty
wc unended
wc nothere words
wc -l nothere
wc spaced blanks long
wc -L spaced
wc -w blanks
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)
