import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.escapes import unescape

CASES = [
    pytest.param(r"a\tb\n", False, b"a\tb\n", id="simple"),
    pytest.param(r"\101\x41\0", False, b"AA\0", id="octal-hex"),
    pytest.param(r"\0101", True, b"A", id="echo-octal"),
    pytest.param(r"\0101", False, b"\b1", id="three-digits"),
    pytest.param(r"\777", False, b"\xff", id="nine-bits"),
    pytest.param(r"\q\x\8", False, rb"\q\x\8", id="unknown"),
    pytest.param("end\\", False, b"end\\", id="last"),
    pytest.param("\udcff\u00e9", False, b"\xff\xc3\xa9", id="bytes"),
]


@pytest.mark.parametrize(("text", "echo", "data"), CASES)
def test_unescape(text, echo, data):
    assert unescape(text, echo=echo) == (data, False)


def test_c_ends_the_output():
    assert unescape(r"a\cb") == (b"a", True)


@given(st.text(st.characters(exclude_characters="\\", exclude_categories=["Cs"])))
def test_text_without_escapes_stays(text):
    assert unescape(text) == (text.encode(), False)


@given(st.text(alphabet="\\abcx01789 "), st.booleans())
def test_nothing_makes_it_fail(text, echo):
    data, _ = unescape(text, echo=echo)
    assert len(data) <= len(text)
