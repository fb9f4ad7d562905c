"""timeout: beside this machine's tool."""

import pytest

from tests.support import reference

LINES = """
timeout 5 true
timeout 5 false
timeout 0.2 sleep 5
timeout -s KILL 0.2 sleep 5
timeout 5 sh -c 'exit 7'
timeout -k 1 0.2 sleep 5
timeout 5 nosuchcommand
timeout x true
timeout 5
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)
