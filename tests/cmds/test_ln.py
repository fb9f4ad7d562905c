"""ln: beside this machine's tool."""

import pytest

from tests.support import reference

LINES = """
ln -f -i words numbers < empty
ln -i -f words numbers
ln words hard
ln words emptydir
ln -s words soft
ln -s words
ln -s dir/one
ln -s nowhere soft
ln -s words numbers
ln -sf words numbers
ln words numbers
ln -f words numbers
ln nothere hard
ln -s words numbers emptydir
ln -sn dir dirlink
ln -sfn emptydir dirlink
ln -sf emptydir dirlink
ln -sT words dirlink
ln -sr dir/one emptydir/rel
ln -sr words dir/sub/rel
ln -v words hard
ln -sv words soft
ln words numbers nothere
ln dir hard
ln link hard
ln
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)
