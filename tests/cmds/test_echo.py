"""echo: beside this machine's tool."""

import pytest

from tests.support import reference

LINES = r"""
echo
echo one two
echo -n one
echo -e 'a\tb\0101\x41\n\\'
echo -e 'stop\chere' more
echo -e '\101\q\'
echo -E 'a\tb'
echo -nE 'a\tb'
echo -ne 'a\tb'
echo -neX a
echo -- -n
echo - a
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)
