"""Programs: which one is meant, how it ends, and what is said when it cannot be run."""

import os
import signal

import pytest

from tests.support.shell import unhindered
from uroot_py.machine.program import NoCommandError, execute, found, start, status_of


@pytest.fixture
def folders(tmp_path):
    for folder, name, mode in (("a", "tool", 0o644), ("b", "tool", 0o755), ("c", "tool", 0o755)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_text("#!/bin/sh\nexit 3\n")
        (tmp_path / folder / name).chmod(mode)
    (tmp_path / "c" / "folder").mkdir()
    return tmp_path


def test_the_first_that_can_be_run(folders):
    path = ":".join(str(folders / name) for name in "nabc")
    assert list(found("tool", path)) == [f"{folders}/b/tool", f"{folders}/c/tool"]
    assert list(found("folder", path)) == []
    assert list(found(f"{folders}/a/tool", path)) == []
    assert list(found(f"{folders}/b/tool", "")) == [f"{folders}/b/tool"]


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["true"], 0),
        (["sh", "-c", "exit 7"], 7),
        (["sh", "-c", "kill -KILL $$"], 128 + signal.SIGKILL),
        (["sh", "-c", "kill -PIPE $$"], 128 + signal.SIGPIPE),
    ],
)
def test_status(words, status):
    assert status_of(words, unhindered) == status


def test_a_program_that_is_not_there(capfd):
    assert status_of(["/nothere/tool"]) == 127
    assert status_of(["/etc/passwd"]) == 126
    assert capfd.readouterr().err == (
        "/nothere/tool: no such command\n/etc/passwd: permission denied\n"
    )


def test_what_is_prepared_in_the_child_can_fail(capfd):
    def prepare():
        os.chdir("/nothere")

    assert status_of(["true"], prepare) == 126
    assert capfd.readouterr().err == "/nothere: no such file or directory\n"


def test_only_the_child_is_prepared(tmp_path):
    here = os.getcwd()
    pid = start(
        ["sh", "-c", 'test "$(pwd -P)" = "$1"', "sh", str(tmp_path)], lambda: os.chdir(tmp_path)
    )
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert os.getcwd() == here


def test_the_environment_is_the_one_given():
    pid = os.fork()
    if not pid:
        try:
            execute(["sh", "-c", 'test "$A-$HOME" = 1-'], {"A": "1", "PATH": "/usr/bin:/bin"})
        finally:
            os._exit(99)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_it_comes_back_only_with_a_reason():
    with pytest.raises(NoCommandError) as caught:
        execute(["nosuchcommand"], {"PATH": "/usr/bin"})
    assert (str(caught.value), caught.value.status) == ("nosuchcommand: no such command", 127)
