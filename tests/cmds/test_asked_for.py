"""Options that were accepted once and changed nothing."""

import os
import select
import sys

import pytest

from cmds import df
from tests.support.applet import run_applet
from uroot_py.abi.mount import MountLine

PROGRAM = (sys.executable, "-m", "cmds")


@pytest.mark.parametrize(
    ("source", "fstype", "remote"),
    [
        ("/dev/vda1", "ext4", False),
        ("tmpfs", "tmpfs", False),
        ("10.0.2.2:/srv", "nfs4", True),
        ("//server/share", "cifs", True),
        ("host0", "9p", True),
        ("user@box:/", "fuse.sshfs", True),
    ],
)
def test_df_local(monkeypatch, source, fstype, remote):
    monkeypatch.setattr(df, "mounts", lambda: [MountLine(source, "/", fstype, "rw")])
    assert run_applet("df").status == 0
    done = run_applet("df", "-l")
    assert (done.status, done.out == "") == ((1, True) if remote else (0, False))


def test_nc_asks_no_name_server():
    done = run_applet("nc", "-n", "localhost", "1")
    assert (done.status, done.err.partition(";")[0]) == (
        2,
        "nc: -n: expected an address, found 'localhost'",
    )


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
        os.execv(PROGRAM[0], [*PROGRAM, *line])
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
