"""Shell patterns, compared with fnmatch where both speak the same language."""

import fnmatch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.glob import has_magic, match


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
    ],
)
def test_match(pattern, text, result):
    assert match(pattern, text) is result


LETTERS = st.text(alphabet="ab*?c", max_size=8)


@given(LETTERS, st.text(alphabet="abc", max_size=10))
def test_agrees_with_fnmatch(pattern, text):
    assert match(pattern, text) == fnmatch.fnmatchcase(text, pattern)


def test_many_stars_take_bounded_time():
    assert not match("*a" * 30, "a" * 29 + "b" * 2000)


@given(st.text(max_size=12), st.text(max_size=12))
def test_never_raises(pattern, text):
    assert match(pattern, text) in (True, False)
    if not has_magic(pattern) and "\\" not in pattern:
        assert match(pattern, text) == (pattern == text)
