"""more on a terminal: pages, back and forth, searches; and in the middle of a pipe."""

import os
import shlex
import sys

import pexpect
import pytest

from tests.support.applet import run_applet
from tests.support.namespace import PROGRAM
from tests.support.screen import Screen

ASKS = "-- more: Space Enter b / n g G q --"
ENDS = "-- the end: b / n g q --"


def person(command, rows=6):
    line = f'more() {{ {sys.executable} -P -c {shlex.quote(PROGRAM)} more "$@"; }}; {command}'
    return pexpect.spawn(
        "/bin/sh",
        ["-c", f"{line}; echo left $?"],
        env={**os.environ, "TERM": "dumb"},
        dimensions=(rows, 40),
        encoding="utf-8",
        timeout=30,
    )


def shows(child, ends):
    """The screen once the line at its bottom is ENDS."""
    child.expect_exact(ends)
    text = child.before + ends
    child.screen.write(text.replace("\r\n", "\n"))
    return child.screen.text().split("\n")[:-1]


@pytest.fixture
def child():
    child = person("seq 1 12 | more")
    child.screen = Screen(40, 6)
    return child


def test_pages(child):
    assert shows(child, ASKS) == ["1", "2", "3", "4", "5"]
    child.send(" ")
    assert shows(child, ASKS) == ["6", "7", "8", "9", "10"]
    child.send("\r")
    assert shows(child, ASKS) == ["7", "8", "9", "10", "11"]
    child.send("b")
    assert shows(child, ASKS) == ["2", "3", "4", "5", "6"]
    child.send("G")
    assert shows(child, ENDS) == ["8", "9", "10", "11", "12"]
    child.send("g")
    assert shows(child, ASKS) == ["1", "2", "3", "4", "5"]
    child.send("q")
    child.expect("left 0")


def test_search(child):
    shows(child, ASKS)
    child.send("/1\r")
    assert shows(child, ENDS)[1:3] == ["/1", "10"]
    child.send("g")
    shows(child, ASKS)
    child.send("n")
    assert shows(child, ENDS)[-3:] == ["10", "11", "12"]
    child.send("/zz\r")
    assert shows(child, ENDS)[-1] == "not found: zz"
    child.send("\x03")
    child.expect("left 0")


def test_what_fits_needs_no_key():
    child = person("seq 1 5 | more")
    child.expect_exact("1\r\n2\r\n3\r\n4\r\n5\r\nleft 0")


def test_long_lines_are_wrapped_and_controls_shown_safely(tmp_path):
    (tmp_path / "text").write_bytes(b"\x1b[2Jx" + b"y" * 60 + b"\xff\n")
    child = person(f"more {tmp_path}/text")
    child.expect_exact("?[2Jx" + "y" * 34 + "\r\n" + "y" * 26 + "?\r\nleft 0")


def test_in_a_pipe_it_copies(tmp_path):
    (tmp_path / "bytes").write_bytes(bytes(range(256)))
    assert run_applet("more", str(tmp_path / "bytes")).raw == bytes(range(256))
    assert run_applet("less", "/nothere").err == "more: /nothere: no such file or directory\n"
