"""Terminals: which one controls a session."""

import os
import pty

from uroot_py.abi import process, tty


def status_of(pid):
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_take():
    ours, theirs = pty.openpty()

    def child() -> int:
        os.setsid()
        return 0 if tty.take(theirs) and tty.foreground(theirs) == os.getpid() else 1

    try:
        assert status_of(process.fork(child)) == 0
    finally:
        os.close(ours)
        os.close(theirs)


def test_what_is_no_terminal(tmp_path):
    with (tmp_path / "file").open("w") as file:
        assert not tty.take(file.fileno())
        assert tty.foreground(file.fileno()) == 0
