"""md5sum: beside this machine's tool, its own ways."""

import subprocess

import pytest

from tests.support import reference
from tests.support.applet import run_applet

LINES = """
md5sum words numbers
md5sum < words
md5sum -b words
md5sum nothere words
md5sum dir
sha1sum words
sha1sum empty binary
sha256sum words
sha256sum - < words
sha512sum words
sha512sum empty
md5sum -c nothere
md5sum -c words
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)


def test_sums_are_checked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("one", "two"):
        (tmp_path / name).write_text(name)
    sums = subprocess.run(
        ["sha256sum", "one", "two"], capture_output=True, text=True, timeout=10, check=True
    ).stdout
    (tmp_path / "sums").write_text(sums + "0" * 64 + "  gone\nnonsense\n")
    (tmp_path / "two").write_text("changed")
    done = run_applet("sha256sum", "-c", "sums")
    assert (done.status, done.out) == (1, "one: OK\ntwo: FAILED\ngone: FAILED open or read\n")
    assert done.err == (
        "sha256sum: gone: no such file or directory\n"
        "sha256sum: 1 line: not understood\n"
        "sha256sum: 1 file: not readable\n"
        "sha256sum: 1 sum: wrong\n"
    )
    assert (
        run_applet("sha256sum", "-c", "--quiet", "-", stdin=sums.splitlines()[0].encode()).out == ""
    )
