"""seq: beside this machine's tool, its own ways."""

import shlex
import subprocess
import sys

import pytest

from tests.support import reference
from tests.support.namespace import PROGRAM

LINES = """
seq -f x 3
seq 5
seq 2 5
seq 1 2 9
seq 5 1
seq 5 -1 1
seq 5 -2 0
seq -2 2
seq -s , 3
seq -s ', ' 1 4
seq -w 8 11
seq -w 1 100
seq 0.5 2
seq 1 .5 3
seq 1 0.1 1.3
seq -f %03g 3
seq -w -1 1
seq 1 0 5
seq a
seq
seq 1 2 3 4
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)


def test_broken_pipe_is_quiet():
    line = f"{sys.executable} -c {shlex.quote(PROGRAM)} seq 100000 | head -n 1"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=20)
    assert (done.stdout, done.stderr) == ("1\n", "")
