"""The shell as an applet: how it is called, and how it talks to a person."""

import os
import subprocess
import sys

import pexpect
import pytest

from tests.support.applet import run_applet

SH = [sys.executable, "-m", "cmds", "sh"]


def sh(*args, stdin=b""):
    return subprocess.run([*SH, *args], input=stdin, capture_output=True, timeout=30, text=False)


@pytest.fixture
def console():
    env = {**os.environ, "TERM": "dumb"}
    child = pexpect.spawn(SH[0], SH[1:], env=env, timeout=10, encoding="utf-8", echo=False)
    child.expect_exact("uroot# ")
    yield child
    child.close(force=True)


def test_string():
    done = sh("-c", 'echo "$0" "$@"; exit 3', "name", "a", "b c")
    assert (done.stdout, done.stderr, done.returncode) == (b"name a b c\n", b"", 3)


def test_file(tmp_path):
    script = tmp_path / "script"
    script.write_text("echo $0 $1\n")
    done = sh(str(script), "one")
    assert (done.stdout, done.returncode) == (f"{script} one\n".encode(), 0)


def test_input_leaves_the_rest_to_commands():
    done = sh(stdin=b"read x\nsome line\necho got $x\n")
    assert (done.stdout, done.returncode) == (b"got some line\n", 0)


def test_missing_file():
    done = sh("nosuch.sh")
    assert (done.stderr, done.returncode) == (b"sh: nosuch.sh: no such file or directory\n", 1)


def test_unknown_command():
    done = sh("-c", "mounr /dev/sda1")
    assert done.stderr == b"sh: line 1: mounr: not found, did you mean mount or umount?\n"
    assert done.returncode == 127


def test_syntax_error():
    done = sh("-c", "echo a\nif true; then\necho b\n")
    assert done.stdout == b"a\n"
    assert done.stderr == b"sh: line 4: if of line 2: expected 'fi', found end of file\n"
    assert done.returncode == 2


def test_help():
    assert run_applet("sh", "--help").out.startswith("the recovery shell\nusage: sh [OPTION]... ")


def test_command_missing():
    done = run_applet("sh", "-c")
    assert (done.status, done.err.split(";")[0]) == (2, "sh: -c needs a command")


def test_prompt_status_and_end(console):
    console.sendline("false")
    console.expect_exact("uroot# ")
    console.sendline("echo status $?")
    console.expect_exact("status 1\r\n")
    console.expect_exact("uroot# ")
    console.sendeof()
    console.expect(pexpect.EOF)
    console.wait()
    assert console.exitstatus == 0


def test_interrupt_gives_a_new_prompt(console):
    console.sendline("sleep 100")
    console.sendintr()
    console.expect_exact("uroot# ")
    console.sendline("echo $?")
    console.expect_exact("130\r\n")


def test_crash_of_a_command(console):
    console.sendline("/bin/sh -c 'kill -SEGV $$'")
    console.expect_exact("ended by signal 11, SIGSEGV: bad memory access")
    console.expect_exact("uroot# ")
    console.sendline("echo $?")
    console.expect_exact("139\r\n")
