"""Extended regular expressions: a table, and Python's own engine over all substrings."""

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.ere import compile_ere, search
from uroot_py.base.errors import FormatError


def matched(found, text):
    return found and [None if begin < 0 else text[begin:end] for begin, end in found]


@pytest.mark.parametrize(
    ("pattern", "text", "groups"),
    [
        pytest.param("(.+),.+", "hd0,gpt1", ["hd0,gpt1", "hd0"], id="greedy"),
        pytest.param("a|ab|abc", "xabcd", ["abc"], id="longest"),
        pytest.param("b*", "abb", [""], id="leftmost"),
        pytest.param("abcd|bc", "abcd", ["abcd"], id="leftmost-that-ends-later"),
        pytest.param("(a|ab)(c|bcd)", "abcd", ["abcd", "a", "bcd"], id="groups"),
        pytest.param("(a)|b", "b", ["b", None], id="group-not-used"),
        pytest.param("^[[:alpha:]]+([0-9]{2,3})$", "abc123", ["abc123", "123"], id="class"),
        pytest.param("[^]a]+", "a]bc", ["bc"], id="set-with-bracket-first"),
        pytest.param("[a-]+", "b-a", ["-a"], id="set-with-dash-last"),
        pytest.param("[[.-.]x]", "-", ["-"], id="set-with-a-named-character"),
        pytest.param("x{2}", "xxx", ["xx"], id="twice"),
        pytest.param("x{2,}", "xxx", ["xxx"], id="twice-or-more"),
        pytest.param("(a*)*b", "aaab", ["aaab", "aaa"], id="nested-stars"),
        pytest.param("a**", "aa", ["aa"], id="star-star"),
        pytest.param("()", "", ["", ""], id="empty-group"),
        pytest.param("a|", "", [""], id="empty-alternative"),
        pytest.param(")", ")", [")"], id="closing-alone"),
        pytest.param(r"\.\w\b", "a.b", [".b"], id="escapes"),
        pytest.param(r"\<b\S\>", "ab bc", ["bc"], id="words"),
        pytest.param("a", "b", None, id="nothing"),
        pytest.param("a$b", "a$b", None, id="end-in-the-middle"),
    ],
)
def test_search(pattern, text, groups):
    found = search(compile_ere(pattern), text)
    assert matched(found, text) == groups


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        pytest.param("[a", "at offset 0x0: expected ']', found the end", id="set"),
        pytest.param("(a", "at offset 0x2: expected ')', found the end", id="group"),
        pytest.param("*a", "at offset 0x0: expected something to repeat, found '*'", id="star"),
        pytest.param("a|+", "at offset 0x2: expected something to repeat, found '+'", id="plus"),
        pytest.param(
            "a{x}", "at offset 0x1: expected {N}, {N,} or {N,M} up to 255, found {x}", id="braces"
        ),
        pytest.param(
            "a{2,1}", "at offset 0x1: expected the smaller number first, found {2,1}", id="order"
        ),
        pytest.param(
            "a\\",
            "at offset 0x1: expected a character after the backslash, found the end",
            id="end",
        ),
        pytest.param("(a)\\1", "at offset 0x3: expected no back reference, found \\1", id="back"),
        pytest.param(
            "[z-a]", "at offset 0x4: expected a range that goes upwards, found z-a", id="z"
        ),
        pytest.param(
            "[[:x:]]", "at offset 0x1: expected a class such as [:alpha:], found [:x:]]", id="class"
        ),
        pytest.param(
            "(((((a{255}){255}",
            "at offset 0xc: expected at most 5000 instructions, found more",
            id="large",
        ),
        pytest.param(
            "(" * 200,
            "at offset 0x63: expected at most 100 parentheses inside each other, found more",
            id="deep",
        ),
    ],
)
def test_what_is_wrong_is_said(pattern, message):
    with pytest.raises(FormatError) as caught:
        compile_ere(pattern)
    assert str(caught.value) == f"regular expression {message}"


def test_cost_is_bounded_by_the_lengths():
    costs: list[int] = []
    assert search(compile_ere("(a*)*b"), "a" * 3000, costs.append) is None
    assert sum(costs) < 40_000


@given(st.text("ab|()*?+.", max_size=8), st.text("ab", max_size=8))
def test_the_match_is_the_leftmost_longest(pattern, text):
    if re.search(r"[*?+][*?+]|[(]$|[(][*?+]", pattern):
        return  # other things in Python's language
    try:
        compiled, python = compile_ere(pattern), re.compile(pattern)
    except (FormatError, re.error):
        return
    spans = ((i, j) for i in range(len(text) + 1) for j in range(len(text), i - 1, -1))
    wanted = next((text[i:j] for i, j in spans if python.fullmatch(text[i:j])), None)
    found = search(compiled, text)
    assert (found and text[slice(*found[0])]) == wanted


@given(st.text("ab[]^-:.{}()*+?|\\1,", max_size=20), st.text("ab-", max_size=20))
def test_any_pattern_is_refused_or_searched_for(pattern, text):
    with contextlib.suppress(FormatError):
        search(compile_ere(pattern), text)
