"""xargs: beside this machine's tool."""

import pytest

from tests.support import reference

LINES = r"""
xargs < words
xargs -n 2 < words
xargs -I X echo '[X]' < words
xargs -0 < binary
xargs -d '\n' < spaced
xargs -n1 echo a < numbers
xargs -r < empty
xargs < empty
xargs false < words
xargs nosuchcommand < words
xargs -t -n 4 < words
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)
