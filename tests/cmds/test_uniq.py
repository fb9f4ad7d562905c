"""uniq: beside this machine's tool."""

import pytest

from tests.support import reference

LINES = """
uniq repeats
uniq -c repeats
uniq -d repeats
uniq -u repeats
uniq -i repeats
uniq -ci repeats
uniq -f 1 repeats
uniq -s 1 repeats
uniq -w 1 repeats
uniq < repeats
uniq repeats out
uniq nothere
uniq unended
uniq blanks
uniq a b c
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)
