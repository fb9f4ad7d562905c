"""sort: beside this machine's tool."""

import pytest

from tests.support import reference

LINES = """
sort words
sort -r words
sort -f words
sort -u repeats
sort -n numbers
sort -rn numbers
sort -g numbers
sort -k 2 spaced
sort -k 2,2 spaced
sort -t : -k 3 table
sort -t : -k 3n table
sort -t : -k 3,3nr -k 1,1 table
sort -t : -k 2,2 table
sort -b spaced
sort -d words
sort -c words
sort -c long
sort -C words
sort -cu repeats
sort -u words numbers
sort words numbers unended
sort -o sorted words
sort -o words words
sort < words
sort -s -f words
sort -uf words
sort -nu numbers
sort -k 1.2 words
sort -k 1.2,1.3 words
sort -k 2b spaced
sort nothere
sort -k 0 words
sort -t ab words
sort -k x words
sort -V long
sort -h numbers
sort -M words
sort -fr words
sort -k1,1f -k2,2 words
sort empty
sort latin
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)
