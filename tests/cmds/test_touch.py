"""touch: beside this machine's tool."""

import pytest

from tests.support import reference

LINES = """
touch new
touch words
touch -c nothere
touch -d '2001-02-03 04:05:06' words
touch -d @1000000000 words numbers
touch -t 200102030405.06 words
touch -t 0102030405 words
touch -r numbers words
touch -a -d @1000000000 words
touch -m -d @1000000000 words
touch nothere/x
touch -t 20 words
touch -d nonsense words
touch -h -d @1000000000 link
touch -d @1000000000 link
touch dir
touch
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)
