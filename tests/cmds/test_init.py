"""init outside of process 1, and its document."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cmds.init import SWITCHES, Init
from tests.support.applet import run_applet

DOC = Path(__file__).parents[2] / "docs" / "init.md"


def test_refuses_to_be_another_process():
    done = run_applet("init")
    assert (done.status, done.out) == (1, "")
    assert done.err == "init: this is not process 1; init --help lists its switches\n"


def test_help_lists_every_switch():
    done = run_applet("init", "--help")
    assert done.status == 0
    for word, text in SWITCHES:
        assert f"  {word:<26}  {text}" in done.out


def test_the_document_is_the_table():
    rows = [line for line in DOC.read_text().splitlines() if line.startswith("| `")]
    assert rows == [f"| `{word}` | {text} |" for word, text in SWITCHES]


@pytest.mark.parametrize(
    ("line", "command", "asks"),
    [
        ("", "", True),
        ("", "sh", True),
        ("", "boot", False),
        ("", "dhclient eth0; boot --write", False),
        ("uroot.uinit=sh", "sh", True),
        ("uroot.uinit=boot", "boot", False),
        ('uroot.uinit="boot --append init=/bin/sh"', "boot --append init=/bin/sh", True),
        ('uroot.uinit="cat; sh"', "cat; sh", True),
        ("uroot.uinit=/bin/sh", "/bin/sh", True),
    ],
)
def test_what_an_image_with_a_password_asks_it_for(line, command, asks):
    system = Init(sys.stdin, sys.stdout, sys.stderr)
    system.cmdline = line
    assert system._gives_a_shell(command, command.split()) == asks


def test_a_stopped_shell_is_replaced(monkeypatch):
    system = Init(sys.stdin, sys.stdout, sys.stderr)
    started: list[tuple[str, str]] = []
    monkeypatch.setattr(system, "_shell", lambda path, note: started.append((path, note)))
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as shell:
        system.shells[shell.pid] = "/dev/ttyS0", 0.0
        shell.send_signal(signal.SIGSTOP)
        system._reap()
        assert started == []
        system._reap()
        shell.returncode = 0  # it was waited for already
    note = "shell on /dev/ttyS0: killed by SIGKILL, starting another"
    assert started == [("/dev/ttyS0", note)]
