"""Descriptors of a process: copies out of the way of scripts, and flags that are taken away."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from uroot_py.abi.process import clear_status, duplicate


def test_duplicate(tmp_path):
    with (tmp_path / "file").open("w") as file:
        copy = duplicate(file.fileno(), 40)
        try:
            assert copy >= 40
            assert os.path.sameopenfile(copy, file.fileno())
            assert not os.get_inheritable(copy)
        finally:
            os.close(copy)


def test_a_descriptor_that_is_not_open():
    with pytest.raises(OSError, match="Bad file descriptor"):
        duplicate(999, 10)


def test_clear_status(tmp_path):
    fd = os.open(tmp_path / "file", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NONBLOCK)
    try:
        clear_status(fd, os.O_NONBLOCK)
        flags = fcntl.fcntl(fd, fcntl.F_GETFL)
        assert (flags & os.O_APPEND, flags & os.O_NONBLOCK) == (os.O_APPEND, 0)
    finally:
        os.close(fd)


FULL = """
import os, sys
sys.path.insert(0, {root!r})
from uroot_py.abi import process
sys.stdout = open("/dev/full", "w")
sys.stdout.write("lost")
for status in (3, 4):
    pid = process.fork(lambda: status)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), file=sys.stderr)
os._exit(0)
"""


def test_a_console_that_takes_nothing_is_no_reason_against_a_child():
    root = str(Path(__file__).parents[3])
    done = subprocess.run(
        [sys.executable, "-c", FULL.format(root=root)], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "3\n4\n")
