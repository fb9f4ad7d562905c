"""mv: beside this machine's tool."""

import pytest

from tests.support import reference

LINES = """
mv words moved
mv words emptydir
mv words numbers emptydir
mv words numbers
mv nothere x
mv words words
mv dir moved
mv dir emptydir
mv dir words
mv words dir/one
mv -n words numbers
mv -f -n words numbers
mv -n -f words numbers
mv -f -u words numbers
mv -f -i words numbers < empty
mv -u words numbers
mv -u numbers words
mv -v words moved
mv -T words emptydir
mv -t emptydir words link
mv link moved
mv dangling moved
mv dir dir/sub/x
mv -i words numbers < empty
mv emptydir dir
mv dir/sub emptydir
mv words nothere/x
mv -f words numbers
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)
