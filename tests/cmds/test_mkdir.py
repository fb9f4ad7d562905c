"""mkdir: beside this machine's tool."""

import pytest

from tests.support import reference

LINES = """
mkdir new
mkdir new other
mkdir new/deep
mkdir -p new/deep/er
mkdir -p dir/sub
mkdir dir
mkdir words
mkdir -p words
mkdir -m 700 new
mkdir -m u=rwx,go= new
mkdir -m a=rx new
mkdir -pm 711 new/deep
mkdir -v new
mkdir -pv new/deep
mkdir -m 1777 new
mkdir
rmdir emptydir
rmdir dir
rmdir nothere
rmdir -p emptydir
rmdir words
rmdir -v emptydir
rmdir --ignore-fail-on-non-empty dir
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)
