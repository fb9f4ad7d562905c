"""Bytes become keys."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.terminal.keys import Keys, columns, width

CASES = [
    pytest.param(b"a", ["a"], id="letter"),
    pytest.param("äß€😀".encode(), ["ä", "ß", "€", "😀"], id="utf-8"),
    pytest.param(b"\r\n", ["enter", "enter"], id="enter"),
    pytest.param(b"\x7f\x08", ["backspace", "backspace"], id="backspace"),
    pytest.param(b"\t", ["tab"], id="tab"),
    pytest.param(b"\x01\x12\x1f\x1a", ["ctrl-a", "ctrl-r", "ctrl-_", "ctrl-z"], id="control"),
    pytest.param(b"\x1b[A\x1b[B\x1b[C\x1b[D", ["up", "down", "right", "left"], id="arrows"),
    pytest.param(b"\x1bOA\x1bOH", ["up", "home"], id="application-mode"),
    pytest.param(b"\x1b[1~\x1b[4~\x1b[3~", ["home", "end", "delete"], id="linux-console"),
    pytest.param(b"\x1b[5~\x1b[6~", ["pageup", "pagedown"], id="pages"),
    pytest.param(b"\x1b[1;5C\x1b[1;3D", ["ctrl-right", "ctrl-left"], id="with-control"),
    pytest.param(b"\x1bb\x1bf", ["alt-b", "alt-f"], id="alt"),
    pytest.param(b"\x1b\x1b", ["escape"], id="escape-twice"),
    pytest.param(b"\x1b[99~x", ["x"], id="unknown-sequence"),
    pytest.param(b"\x1b[15~x", ["f5", "x"], id="F5"),
    pytest.param(b"\x1b[[Ex", ["f5", "x"], id="F5-of-a-virtual-console"),
    pytest.param(b"\x1b[[Ax", ["x"], id="F1-of-a-virtual-console"),
    pytest.param(b"\xffx", ["x"], id="no-utf-8"),
    pytest.param(b"\x1b" + b"[" + b"1" * 40 + b"x", [*"1" * 25, "x"], id="endless-sequence"),
]


def decode(data):
    keys = Keys()
    return [key for byte in data if (key := keys.feed(byte))]


@pytest.mark.parametrize(("data", "wanted"), CASES)
def test_keys(data, wanted):
    assert decode(data) == wanted


def test_escape_alone_needs_a_pause():
    keys = Keys()
    assert (keys.feed(0x1B), keys.flush(), keys.flush()) == ("", "escape", "")


@given(st.binary(max_size=40))
def test_any_bytes_give_printable_characters_or_names(data):
    for key in decode(data):
        assert key.isprintable()
        assert len(key) == 1 or key.isascii() or key.startswith("alt-")


@given(st.text(st.characters(categories=["L", "N"]), max_size=20))
def test_text_comes_through(text):
    assert "".join(decode(text.encode())) == "".join(c for c in text if c.isprintable())


@pytest.mark.parametrize("char", ["a", "é", "日", "한", "カ", "́", "😀", "→"])
def test_width_as_unicode_says(char):
    wide = 2 if unicodedata.east_asian_width(char) in "WF" else 1
    assert width(char) == (0 if unicodedata.combining(char) else wide)


def test_columns():
    assert columns("日本 abc") == 8
