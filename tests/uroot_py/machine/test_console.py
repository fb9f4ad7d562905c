"""Consoles of a machine, and children that own one."""

import os
import pty
import signal

import pytest

from uroot_py.machine import console
from uroot_py.machine.sysroot import Sysroot


def machine(top, active, front="tty2"):
    for path, text in (("console/active", active), ("tty0/active", front)):
        (top / "sys/class/tty" / path).parent.mkdir(parents=True, exist_ok=True)
        (top / "sys/class/tty" / path).write_text(text)
    return Sysroot(str(top))


@pytest.mark.parametrize(
    ("active", "front", "found"),
    [
        ("tty0 ttyS0\n", "tty2\n", ["/dev/ttyS0", "/dev/tty2"]),
        ("tty0\n", "", ["/dev/tty1"]),
        ("tty0 hvc9\n", "tty1\n", ["/dev/tty1"]),
        ("", "tty1\n", []),
    ],
)
def test_the_preferred_one_is_first(tmp_path, monkeypatch, active, front, found):
    monkeypatch.setattr(console, "HERE", machine(tmp_path, active, front))
    there = {"/dev/ttyS0", "/dev/tty1", "/dev/tty2"}
    monkeypatch.setattr(os.path, "exists", lambda path: path in there)
    assert console.consoles() == found


def ended(pid):
    return os.waitpid(pid, 0)[1]


def test_a_child_has_the_terminal_and_a_session_of_its_own():
    ours, theirs = pty.openpty()

    def work():
        own = os.getsid(0) == os.getpid() and os.tcgetpgrp(0) == os.getpgrp()
        os.write(1, b"on the terminal\n")
        return 5 if own and all(os.isatty(fd) for fd in (0, 1, 2)) else 6

    try:
        status = ended(console.spawn(work, os.ttyname(theirs)))
        assert console.ending(status) == "ended with status 5"
        assert os.read(ours, 100) == b"on the terminal\r\n"
    finally:
        os.close(ours)
        os.close(theirs)


def test_signals_that_process_1_ignores_end_its_children():
    def work():
        os.kill(os.getpid(), signal.SIGUSR1)
        return 0

    before = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    try:
        status = ended(console.spawn(work))
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert console.ending(status) == "killed by SIGUSR1"
