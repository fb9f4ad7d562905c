"""What every applet does that reads files or its input."""

import os
import select
import sys

import pytest

from tests.support.applet import run_applet

COMMAND = (sys.executable, "-m", "cmds")


@pytest.mark.parametrize(
    "name", ["cat", "wc", "sort", "grep x", "sed p", "head", "tail", "cut -b1"]
)
def test_an_unreadable_file_is_named(name):
    """Reading /proc/self/mem from its start is an I/O error."""
    applet, *args = name.split()
    done = run_applet(applet, *args, "/proc/self/mem")
    assert done.status != 0
    assert done.err == f"{applet}: /proc/self/mem: input/output error\n"


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(["cat", "-nu"], id="cat"),
        pytest.param(["grep", "--line-buffered", "a"], id="grep"),
        pytest.param(["sed", "-u", "s/a/b/"], id="sed"),
    ],
)
def test_no_line_is_held_back(line):
    """The first line comes out of a pipe while the second has not been written."""
    into, ours = os.pipe(), os.pipe()
    pid = os.fork()
    if not pid:
        os.dup2(into[0], 0)
        os.dup2(ours[1], 1)
        os.closerange(3, 64)
        os.execv(COMMAND[0], [*COMMAND, *line])
    os.close(into[0])
    os.close(ours[1])
    try:
        os.write(into[1], b"one a\n")
        seen = b""
        while not seen.endswith(b"\n"):
            assert select.select([ours[0]], [], [], 20)[0], "the line is held back"
            seen += os.read(ours[0], 100)
    finally:
        os.close(into[1])
        os.close(ours[0])
        os.waitpid(pid, 0)
