"""head: beside this machine's tool, its own ways."""

import os
import subprocess
import sys

import pytest

from tests.support import reference
from tests.support.namespace import PROGRAM

LINES = """
head long
head -q -v words numbers
head -v -q words numbers
head -n 3 long
head -3 long
head -n -35 long
head -c 20 long
head -c -600 long
head -n 2 words numbers
head -q -n 1 words numbers
head -v -n 1 words
head -n 0 words
head -n 2 < words
head nothere words
head -c 1k long
head -n 5 unended
head dir
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)


def test_head_reads_no_more_than_it_prints():
    read, write = os.pipe()
    os.write(write, b"one\ntwo\n")
    line = [sys.executable, "-c", PROGRAM, "head", "-c", "4"]
    with subprocess.Popen(line, stdin=read, stdout=subprocess.PIPE) as child:
        assert child.stdout
        # The pipe stays open: a head that wanted more would wait for ever.
        assert child.stdout.read() == b"one\n"
    os.close(write)
    os.close(read)
