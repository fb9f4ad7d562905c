"""rm: beside this machine's tool."""

import pytest

from tests.support import reference

LINES = """
rm -f -i words < empty
rm -i -f words
rm words
rm words nothere
rm -f nothere words
rm -f
rm
rm dir
rm -r dir
rm -rf dir nothere
rm -d emptydir
rm -d dir
rm emptydir
rm -r emptydir words
rm link
rm -r dirlink
rm dangling
rm -v words
rm -rv dir
rm -i words < empty
rm .
rm -rf ..
rm -r dirlink/
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)
