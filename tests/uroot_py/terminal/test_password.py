"""Passwords, against the standard library's own derivation."""

import hashlib
import subprocess
import sys

import pexpect
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import FormatError
from uroot_py.machine.sysroot import Sysroot
from uroot_py.terminal.password import MIN_ROUNDS, any_of, check, make, of


@given(st.text(max_size=200), st.binary(min_size=1, max_size=32), st.integers(1, 20))
def test_as_hashlib_derives(password, salt, rounds):
    data = password.encode("utf-8", "surrogateescape")
    wanted = hashlib.pbkdf2_hmac("sha512", data, salt, rounds)
    line = f"pbkdf2-sha512${rounds}${salt.hex()}${wanted.hex()}"
    assert make(password, salt, rounds) == line
    assert check(line + "\n", password)
    assert not check(line, password + "x")


def test_a_record_costs_enough():
    line = make("secret", b"0123456789abcdef")
    scheme, rounds, _, _ = line.split("$")
    assert scheme == "pbkdf2-sha512"
    assert MIN_ROUNDS == 200_000 <= int(rounds) <= 1_000_000
    assert check(line, "secret")


OLD = (
    "pbkdf2-sha512$20000$30313233343536373839616263646566$"
    "6a2db106b623dd590670f4e93317e81b1aaefd87e2d7efacd8a4674bd526c70a"
    "7c412a1de70ac0b54e0c41551b0e323a01d257a2e438b4fd3b708fa7de64c5e8"
)


def test_a_record_of_an_older_version():
    assert check(OLD, "secret")
    assert not check(OLD, "Secret")


def grub_record(password, *options):
    """What GRUB's own tool makes of PASSWORD."""
    done = subprocess.run(
        ["grub-mkpasswd-pbkdf2", *options],
        input=f"{password}\n{password}\n",
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.split()[-1]


@pytest.mark.parametrize("options", [(), ("-l", "32"), ("-l", "128"), ("-c", "50", "-s", "8")])
def test_a_record_of_grub(options):
    line = grub_record("secret", *options)
    assert line.startswith("grub.pbkdf2.sha512.")
    assert check(line, "secret")
    assert not check(line, "secrets")


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
        "password at offset 0x0: expected pbkdf2-sha512$ROUNDS$SALT$HASH, found something else"
    )


def image(tmp_path, text=None):
    """A machine with TEXT in its image's password file."""
    if text is not None:
        (tmp_path / "etc/uroot").mkdir(parents=True)
        (tmp_path / "etc/uroot/password").write_text(text)
    return Sysroot(str(tmp_path))


def test_an_image_with_a_password(tmp_path):
    fits = of(image(tmp_path, make("secret", b"0123456789abcdef", 2) + "\n"))
    assert fits
    assert (fits("secret"), fits("")) == (True, False)


def test_an_image_without_one(tmp_path):
    assert of(image(tmp_path)) is None


@pytest.mark.parametrize("text", ["", "\n", "pbkdf2-sha512$1$00"])
def test_of_a_damaged_file_nothing_is_the_password(text, tmp_path):
    fits = of(image(tmp_path, text))
    assert fits
    assert [fits(guess) for guess in ("", "\n", text)] == [False] * 3


def test_of_a_file_that_cannot_be_read_nothing_is_the_password(tmp_path):
    (tmp_path / "etc/uroot/password").mkdir(parents=True)
    fits = of(Sysroot(str(tmp_path)))
    assert fits
    assert (fits(""), fits("secret")) == (False, False)


@pytest.mark.parametrize(
    ("own", "lines", "right"),
    [
        pytest.param("own", ["plain$a b", "plain$c"], ["own", "a b", "c"], id="any"),
        pytest.param("own", [], ["own"], id="own"),
        pytest.param("own", None, ["own"], id="own, no users"),
        pytest.param(None, ["plain$a b", "damaged"], ["a b"], id="users"),
        pytest.param(None, [], [], id="nobody"),
        pytest.param(None, ["plain$"], [""], id="an empty password is one"),
    ],
)
def test_one_of_several(own, lines, right):
    fits = any_of(own and (lambda text: text == own), lines)
    assert fits
    guesses = ["", "own", "a b", "a", "c", "damaged", "plain$c"]
    assert [guess for guess in guesses if fits(guess)] == sorted(right, key=guesses.index)


def test_nobody_is_to_be_asked():
    assert any_of(None, None) is None


ASK = """
from uroot_py.terminal.console import Terminal
from uroot_py.machine.sysroot import Sysroot
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
