"""free: beside this machine's tool, its own ways."""

import os

import pytest

from tests.support import reference
from tests.support.applet import run_applet

LINES = """
free -x
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)


def test_free_agrees_with_the_kernel():
    lines = run_applet("free", "-bt").out.splitlines()
    assert lines[0].split() == ["total", "used", "free", "shared", "buff/cache", "available"]
    rows = {line.split()[0]: [int(word) for word in line.split()[1:]] for line in lines[1:]}
    assert rows["Mem:"][0] == os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert rows["Total:"][0] == rows["Mem:"][0] + rows["Swap:"][0]
