"""Passphrases that are typed: what is kept, what is shown."""

import sys

import pexpect
import pytest

ASK = """
from uroot_py.terminal.console import Terminal
from uroot_py.terminal.secret import Typing
terminal = Terminal.standard()
with terminal:
    typed = Typing(terminal).ask("Passphrase: ")
print(None if typed is None else bytes(typed))
"""


@pytest.mark.parametrize(
    ("keys", "shown", "typed"),
    [
        pytest.param("abc\r", "***", b"abc", id="a star for each"),
        pytest.param("\r", "", b"", id="nothing"),
        pytest.param("ü€\r", "**", "ü€".encode(), id="two bytes and three, a star each"),
        pytest.param("aü\x7fb\r", "**\b \b*", b"ab", id="taken back"),
        pytest.param("\x7fa\r", "*", b"a", id="nothing to take back"),
        pytest.param("ab\x15c\r", "**\b \b\b \b*", b"c", id="all taken back"),
        pytest.param("ab\tc\r", "**\b \b\b \b", b"abc", id="Tab turns the stars off"),
        pytest.param("a\tb\tc\r", "*\b \b***", b"abc", id="and on again"),
        pytest.param("a" * 600 + "\r", "*" * 512, b"a" * 512, id="512 bytes at most"),
        pytest.param("ab\x1b", "**", None, id="given up"),
        pytest.param("ab\x03", "**", None, id="by Ctrl-C"),
    ],
)
def test_typing(keys, shown, typed):
    child = pexpect.spawn(sys.executable, ["-c", ASK], timeout=20, encoding="utf-8")
    child.expect_exact("Passphrase: ")
    child.send(keys)
    child.expect(pexpect.EOF)
    assert child.before == f"{shown}\r\n{typed}\r\n"
    child.close()
