"""which: beside this machine's tool."""

import pytest

from tests.support import reference

LINES = """
which sh ls nothere
which -a sh
which nothere
which /bin/sh
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)
