"""du: beside this machine's tool."""

import pytest

from tests.support import reference

LINES = """
du dir
du -s dir
du -a dir
du -d 1 dir
du -sk dir words
du -h dir
du -c words numbers
du -b words
du -ab dir
du -sb .
du --apparent-size -k dir
du nothere
du words
du -sm dir
du -smk dir
du -skm dir
du -sbh dir
du -shb dir
du -s dir/ emptydir
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)
