"""df: beside this machine's tool, its own ways."""

import pytest

from cmds import df
from tests.support import reference
from tests.support.applet import run_applet
from uroot_py.abi.mount import MountLine

LINES = """
df /proc
df -T /proc
df -P /proc
df -hk /proc
df -lk /proc
df -a nothere
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)


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
