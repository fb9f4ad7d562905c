"""tail: beside this machine's tool, what it says when it cannot, its own ways."""

import subprocess
import sys

import pytest

from tests.support import applet, reference
from tests.support.namespace import PROGRAM

LINES = """
tail -q -v words
tail -v -q words numbers
tail long
tail -n 3 long
tail -3 long
tail -n +38 long
tail -c 20 long
tail -c +690 long
tail -n 2 words numbers
tail -q -n 1 words numbers
tail -v -n 1 words
tail -n 0 words
tail -n 2 < words
tail -n +3 < words
tail -c 5 < words
tail nothere words
tail -n 1 unended
tail -n 5 empty
tail -n 100 words
tail -n 3 blanks
tail -n 2 binary
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)


MESSAGES = [
    pytest.param(
        "tail -f /nothere", 1, "tail: /nothere: no such file or directory\n", id="tail-follow"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("line", "status", "text"), MESSAGES)
def test_message(line, status, text):
    applet.complains(line, status, text)


def test_tail_follows(tmp_path):
    path = tmp_path / "log"
    path.write_text("old\n")
    line = [sys.executable, "-c", PROGRAM, "tail", "-s", "0.05", "-f", str(path)]
    with subprocess.Popen(line, stdout=subprocess.PIPE) as child:
        assert child.stdout
        try:
            assert child.stdout.readline() == b"old\n"
            with path.open("a") as file:
                file.write("new\n")
            assert child.stdout.readline() == b"new\n"
        finally:
            child.terminate()
