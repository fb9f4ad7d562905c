"""Passwords, against the standard library's own derivation."""

import hashlib
import sys

import pexpect
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import FormatError
from uroot_py.terminal.password import ITERATIONS, check, checker, make


@given(st.text(max_size=200), st.binary(min_size=1, max_size=32), st.integers(1, 20))
def test_as_hashlib_derives(password, salt, iterations):
    data = password.encode("utf-8", "surrogateescape")
    wanted = hashlib.pbkdf2_hmac("sha512", data, salt, iterations)
    line = f"pbkdf2-sha512${iterations}${salt.hex()}${wanted.hex()}"
    assert make(password, salt, iterations) == line
    assert check(line + "\n", password)
    assert not check(line, password + "x")


def test_default_cost():
    line = make("secret", b"0123456789abcdef")
    assert line.startswith(f"pbkdf2-sha512${ITERATIONS}$")
    assert check(line, "secret")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "secret",
        "$6$salt$hash",
        "pbkdf2-sha512$x$00$00",
        "pbkdf2-sha512$1$00$00",
        f"pbkdf2-sha512$0$00${'00' * 64}",
        f"pbkdf2-sha512$99999999999$00${'00' * 64}",
        f"pbkdf2-sha256$1$00${'00' * 64}",
    ],
)
def test_another_kind_of_line(line):
    with pytest.raises(FormatError) as caught:
        check(line, "secret")
    assert str(caught.value) == (
        "password at offset 0x0: expected pbkdf2-sha512$ITERATIONS$SALT$HASH, found something else"
    )


def test_who_is_to_be_asked():
    assert checker("") is None
    assert checker("\n") is None
    fits = checker(make("secret", b"0123456789abcdef", 2) + "\n")
    assert fits
    assert (fits("secret"), fits("")) == (True, False)


def test_of_a_damaged_line_nothing_is_the_password():
    fits = checker("pbkdf2-sha512$1$00")
    assert fits
    assert (fits(""), fits("pbkdf2-sha512$1$00")) == (False, False)


ASK = """
from uroot_py.terminal.console import Terminal
from uroot_py.terminal.password import wait_for
wait_for(lambda text: text == "secret", Terminal.standard())
print("in")
"""


def test_nobody_passes_without_it():
    child = pexpect.spawn(sys.executable, ["-c", ASK], timeout=20, encoding="utf-8")
    for keys in ("guess\r", "\r", "\x03", "\x1b", "secres\x7ft\r"):
        child.expect_exact("Password: ")
        child.send(keys)
    child.expect(pexpect.EOF)
    assert child.before == "\r\nin\r\n"
    child.close()


def test_a_line_that_hangs_up_ends_it():
    child = pexpect.spawn(sys.executable, ["-c", ASK], timeout=20, encoding="utf-8")
    child.expect_exact("Password: ")
    child.close(force=False)
    assert child.signalstatus or child.exitstatus
