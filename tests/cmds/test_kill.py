"""kill: beside this machine's tool."""

import pytest

from tests.support import reference

LINES = """
kill -l 9
kill -l 137
kill -l KILL
kill -0 1
kill -s 0 1
kill -NOSUCH 1
kill 99999999
kill
kill -0 abc
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)
