"""Shell patterns, compared with fnmatch where both speak the same language."""

import fnmatch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.glob import has_magic, match, quote, unquote


@pytest.mark.parametrize(
    ("pattern", "text", "result"),
    [
        ("*.conf", "a.conf", True),
        ("*.conf", "a.conf~", False),
        ("a?c", "abc", True),
        ("[a-c]x", "bx", True),
        ("[!a-c]x", "bx", False),
        ("[]]", "]", True),
        ("[!]]", "]", False),
        ("[a", "[a", True),
        (r"\*", "*", True),
        (r"\*", "x", False),
        (
            "pci:v00001AF4d*sv*sd*bc*sc*i*",
            "pci:v00001AF4d00001001sv00001AF4sd00000002bc01sc00i00",
            True,
        ),
        ("a**b", "ab", True),
        ("", "", True),
        ("", "a", False),
        ("[[:digit:]x]", "7", True),
        ("[[:digit:]x]", "a", False),
        ("[![:alpha:]]", "1", True),
        ("[[:space:][:upper:]]", "Z", True),
        ("[[:nothing:]]", "n", False),
        (r"[\]a]", "]", True),
        (r"[a\-c]", "b", False),
        (r"[a\-c]", "-", True),
        ("[a-]", "-", True),
        ("[]-a]", "^", True),
        ("[^a]", "b", True),
    ],
)
def test_match(pattern, text, result):
    assert match(pattern, text) is result


LETTERS = st.text(alphabet="ab*?c", max_size=8)


@given(LETTERS, st.text(alphabet="abc", max_size=10))
def test_agrees_with_fnmatch(pattern, text):
    assert match(pattern, text) == fnmatch.fnmatchcase(text, pattern)


SETS = st.text(alphabet="[]!^-:ab\\*?", max_size=12)


@given(SETS, st.text(alphabet="ab]-[:", max_size=4))
def test_sets_match_or_not(pattern, text):
    assert match(pattern, text) in (True, False)


@given(st.text(max_size=20))
def test_quoted_text_matches_itself_only(text):
    assert match(quote(text), text)
    assert unquote(quote(text)) == text
    assert not has_magic(quote(text))
    assert not match(quote(text), text + "x")


def test_many_stars_take_bounded_time():
    assert not match("*a" * 30, "a" * 29 + "b" * 2000)


@given(st.text(max_size=12), st.text(max_size=12))
def test_never_raises(pattern, text):
    assert match(pattern, text) in (True, False)
    if not has_magic(pattern):
        assert match(pattern, text) == (unquote(pattern) == text)
