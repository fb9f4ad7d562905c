"""true: beside this machine's tool."""

import pytest

from tests.support import reference

LINES = """
true
true --nonsense
false
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)
