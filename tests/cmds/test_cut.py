"""cut: beside this machine's tool."""

import pytest

from tests.support import reference

LINES = """
cut -c 1-3 words
cut -c 2 words
cut -c 2- words
cut -c -2 words
cut -c 1,3,5-6 words
cut -b 1-2 latin
cut -d : -f 1 table
cut -d : -f 1,3 table
cut -d : -f 2- table
cut -d : -f 3 -s table
cut -d : -f 1,2 --output-delimiter=' - ' table
cut -d : --complement -f 2 table
cut -c 3- --complement words
cut -f 2 spaced
cut -d ' ' -f 2 spaced
cut -c 3,1-2 words
cut -c 5,1 words
cut -d : -f 4 nothere table
cut -f 0 table
cut -f 3-1 table
cut table
cut -d xx -f 1 table
cut -c 1-2,2-4,9 words
cut -c 1-2,4-5 --output-delimiter=+ words
cut -d : -f 1 < table
cut -f 1 unended
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)
