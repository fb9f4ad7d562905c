"""Text applets where a comparison with another tool does not reach."""

import os
import shlex
import subprocess
import sys

import pytest

from tests.support.applet import run_applet
from tests.support.namespace import PROGRAM


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


def test_broken_pipe_is_quiet():
    line = f"{sys.executable} -c {shlex.quote(PROGRAM)} seq 100000 | head -n 1"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=20)
    assert (done.stdout, done.stderr) == ("1\n", "")


@pytest.mark.parametrize(
    "name", ["cat", "wc", "sort", "grep x", "sed p", "head", "tail", "cut -b1"]
)
def test_an_unreadable_file_is_named(name):
    """Reading /proc/self/mem from its start is an I/O error."""
    applet, *args = name.split()
    done = run_applet(applet, *args, "/proc/self/mem")
    assert done.status != 0
    assert done.err == f"{applet}: /proc/self/mem: input/output error\n"
