"""env: beside this machine's tool."""

import pytest

from tests.support import reference

LINES = """
env -i Z=1
env -i
env -i A=1 B=2
env -u PATH
env -0
env -i A=1 -u A
printenv PATH
printenv PATH NOTHERE HOME
printenv -0 HOME
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)
