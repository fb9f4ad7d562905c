"""basename: beside this machine's tool."""

import pytest

from tests.support import reference

LINES = """
basename /a/b/c
basename /a/b/c.txt .txt
basename c.txt .txt
basename /
basename a/
basename ''
basename -a /a/b /c/d
basename -s .txt /a/b.txt c.txt
basename .txt .txt
basename a b c
basename
dirname /a/b/c
dirname c
dirname /a
dirname /
dirname a/b/
dirname /a/b c/d
dirname //a
dirname ''
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)
