"""cp: beside this machine's tool."""

import pytest

from tests.support import reference

LINES = """
cp words copy
cp words emptydir
cp words numbers emptydir
cp words numbers nothere
cp words numbers copy
cp nothere copy
cp words words
cp words link
cp link copy
cp -d link copy
cp -P link emptydir
cp dir copy
cp -r dir copy
cp -r dir emptydir
cp -R dir/ copy
cp -a dir copy
cp -a dir link dangling emptydir
cp -rp dir copy
cp -p words copy
cp -L link copy
cp -rL dir copy
cp dangling copy
cp -r dangling copy
cp -n words numbers
cp -u words numbers
cp -u numbers words
cp -f words numbers
cp -v words copy
cp -rv dir copy
cp -t emptydir words numbers
cp -T words copy
cp -T words emptydir
cp -l words copy
cp -s words copy
cp -r dir dir/inside
cp words dir/one numbers/x
cp dir/one words emptydir/
cp words words emptydir
cp
cp words
cp -i words numbers < empty
cp -a empty copy
cp --preserve words copy
cp --preserve=mode,timestamps words copy
cp -n -i words numbers < empty
cp -i -n words numbers
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)
