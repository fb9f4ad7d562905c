"""ps: beside this machine's tool, its own ways."""

import os

import pytest

from tests.support import reference
from tests.support.applet import run_applet

LINES = """
ps -p 99999999 -o pid=
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)


def test_ps_shows_this_process():
    done = run_applet("ps", "-o", "pid,ppid=PARENT", "-o", "user,comm", "-p", str(os.getpid()))
    heading, line = done.out.splitlines()
    assert heading.split() == ["PID", "PARENT", "USER", "COMMAND"]
    assert line.split()[:2] == [str(os.getpid()), str(os.getppid())]


def test_ps_without_headings():
    done = run_applet("ps", "-p", str(os.getpid()), "-o", "pid=")
    assert done.out.split() == [str(os.getpid())]


@pytest.mark.parametrize("args", [[], ["aux"], ["-ef"]], ids=["plain", "aux", "ef"])
def test_ps_shows_every_process(args):
    pids = {line.split()[0] for line in run_applet("ps", *args).out.splitlines()}
    assert {"PID", "1", str(os.getpid())} <= pids


def test_ps_unknown_field():
    done = run_applet("ps", "-o", "pid,shoe")
    assert done.err == "ps: unknown field 'shoe'; usage: ps [-o FIELD,...] [-p PID,...]\n"
