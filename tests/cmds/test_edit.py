"""edit as a person uses it: on a terminal, on one that can do nothing, and from a script."""

import os
import subprocess
import sys

import pexpect
import pytest

from tests.support.applet import run_applet
from tests.support.namespace import PROGRAM

FSTAB = "# /etc/fstab\nUUID=1 / ext4 defaults 0 1\nUUID=2 /home ext4 defaults 0 2\n"


def words(*args):
    return ["-P", "-c", PROGRAM, "edit", *args]


def person(path, *args, term="vt100"):
    return pexpect.spawn(
        sys.executable,
        words(*args, str(path)),
        env={**os.environ, "TERM": term},
        dimensions=(24, 80),
        encoding="utf-8",
        timeout=30,
    )


def script(path, text):
    """(status, output) of the commands TEXT on a pipe."""
    line = [sys.executable, *words(str(path))]
    done = subprocess.run(line, input=text.encode(), capture_output=True, timeout=30)
    return done.returncode, done.stdout.decode()


@pytest.fixture
def fstab(tmp_path):
    path = tmp_path / "fstab"
    path.write_text(FSTAB)
    return path


def test_a_line_is_repaired_on_the_screen(fstab):
    child = person(fstab)
    child.expect("line 1 of 3")
    child.expect("go to line")
    child.send("\x17uuid=2\r")
    child.expect("line 3 of 3")
    child.send("\x1b[F,ro")
    child.expect("changed")
    child.send("\x0f")
    child.expect("saved: 3 lines")
    child.send("\x18")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert fstab.read_text() == FSTAB.replace("defaults 0 2", "defaults 0 2,ro")


def test_leaving_without_saving(fstab):
    child = person(fstab, "+2")
    child.expect("line 2 of 3")
    child.send("\x0b\x18")
    child.expect("Save the changes")
    child.send("n")
    child.expect(pexpect.EOF)
    assert fstab.read_text() == FSTAB


def test_a_terminal_that_can_do_nothing(fstab):
    child = person(fstab, term="dumb")
    child.expect("3 lines; \\? for help\r\nedit 1: ")
    child.send("/home\r")
    child.expect("    3  UUID=2 /home ext4 defaults 0 2\r\nedit 3: ")
    child.send("e\r")
    child.expect("UUID=2 /home ext4 defaults 0 2")
    child.send("\x17\x17\x17nofail 0 0\r")
    child.expect("edit 3: ")
    child.send("w\rq\r")
    child.expect("saved: 3 lines")
    child.expect(pexpect.EOF)
    assert "\x1b" not in child.before
    assert fstab.read_text() == FSTAB.replace("defaults 0 2", "nofail 0 0")


SCRIPTS = [
    pytest.param("d 2\nw\nq\n", 0, FSTAB.replace("UUID=1 / ext4 defaults 0 1\n", ""), id="delete"),
    pytest.param("a 0\nfirst\n.\nw\nq\n", 0, "first\n" + FSTAB, id="in-front"),
    pytest.param("a $\nlast\n.\nw\nq\n", 0, FSTAB + "\nlast\n", id="behind"),
    pytest.param("e 1\nnew\nw\nq\n", 0, FSTAB.replace("# /etc/fstab", "new"), id="edit"),
    pytest.param("d 1 3\nu\nw\nq\n", 0, FSTAB, id="undo"),
    pytest.param("d 1\nq!\n", 0, FSTAB, id="throw-away"),
    pytest.param("d 1\n", 1, FSTAB, id="input-ends"),
]


@pytest.mark.parametrize(("text", "status", "wanted"), SCRIPTS)
def test_scripts(fstab, text, status, wanted):
    assert script(fstab, text)[0] == status
    assert fstab.read_text() == wanted


def test_what_a_script_is_told(fstab):
    status, output = script(fstab, "p 2\n9\n/zzz\nd 1\nq\nw\nq\n")
    assert status == 0
    assert output.split("\n")[0] == "3 lines; ? for help"
    assert output.split("\n")[1:] == [
        "    2  UUID=1 / ext4 defaults 0 1",
        "expected a line from 1 to 4, found 9",
        "not found: zzz",
        "the changes are not saved; w saves them, q! throws them away",
        "saved: 2 lines",
        "",
    ]


def test_line_ends_of_dos_stay(tmp_path):
    path = tmp_path / "startup.nsh"
    path.write_bytes(b"one\r\ntwo\r\n")
    script(path, "e 2\nthree\nw\nq\n")
    assert path.read_bytes() == b"one\r\nthree\r\n"


def test_bytes_that_are_no_text_stay(tmp_path):
    path = tmp_path / "bytes"
    path.write_bytes(bytes(range(256)) + b"\nlast\n")
    script(path, "d $\nd\nw\nq\n")
    assert path.read_bytes() == bytes(range(256)) + b"\n"


@pytest.mark.parametrize(
    ("args", "status", "message"),
    [
        ([], 2, "edit: an operand is missing; usage: edit [+LINE] FILE\n"),
        (["a", "b"], 2, "edit: expected one file; usage: edit [+LINE] FILE\n"),
        (["/nothere/f"], 1, "edit: /nothere: no such directory\n"),
        (["/etc"], 1, "edit: /etc: is a directory\n"),
    ],
)
def test_messages(args, status, message):
    done = run_applet("edit", *args)
    assert (done.status, done.out, done.err) == (status, "", message)


@pytest.mark.parametrize("name", ["vi", "nano"])
def test_other_names(name):
    assert run_applet(name).err.startswith(f"{name}: an operand is missing")
