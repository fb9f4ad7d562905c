"""ls: beside this machine's tool, what it says when it cannot."""

import pytest

from tests.support import applet, reference

LINES = """
ls -F link
ls -F dirlink
ls -p dirlink
ls
ls -a
ls -A dir
ls -1 dir
ls -l dir/one dir/two.txt
ls -ld dir dirlink
ls -lR dir
ls -R dir
ls -r
ls -S
ls -lS dir
ls -t words numbers
ls -tr words numbers
ls -F
ls -p
ls -lF
ls -d dir
ls -ln words
ls -lh binary
ls -la dir
ls dirlink
ls -l dirlink
ls -lL link
ls dir words emptydir
ls emptydir
ls nothere words
ls -L
ls --all --reverse
ls -1F dir/sub
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)


MESSAGES = [
    pytest.param("ls /nothere", 2, "ls: /nothere: no such file or directory\n", id="ls"),
    pytest.param(
        "ls -Q", 2, "ls: unknown option -Q; usage: ls [OPTION]... [FILE]...\n", id="ls-option"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("line", "status", "text"), MESSAGES)
def test_message(line, status, text):
    applet.complains(line, status, text)
