"""Patterns that the interpreter's engine must not be asked, beside that engine."""

import re
import subprocess

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.support.applet import run_applet
from uroot_py.base.errors import RefusedError, UsageError
from uroot_py.streams.linear import Linear, parsed
from uroot_py.streams.regex import compile_posix, translate

RISKY = [
    b"(a*)*b",
    b"(a|a)*b",
    b"(a|ab)+c",
    b"(a+)+$",
    b"(a?){30}a{30}x",
    b"a*a*a*a*b",
    b"(.*a){20}x",
]
PLAIN = [
    b"a.*b",
    b"foo|bar",
    b"^[^:]*:[^:]*:",
    b"([0-9]{1,3}\\.){3}[0-9]{1,3}",
    b"(ab)*c",
    b"x+y*z?",
]


@pytest.mark.parametrize("pattern", RISKY)
def test_risky(pattern):
    found = compile_posix(pattern, extended=True)
    assert isinstance(found, Linear)
    assert found.search(b"a" * 2000 + b"!") is None


@pytest.mark.parametrize("pattern", PLAIN)
def test_most_patterns_are_left_to_the_interpreter(pattern):
    assert isinstance(compile_posix(pattern, extended=True), re.Pattern)


@pytest.mark.parametrize(
    ("pattern", "text", "spans"),
    [
        pytest.param(b"(a*)*b", b"xaab", [(1, 4), (1, 3)], id="group"),
        pytest.param(b"(a|ab)(c|bcd)*", b"abcd", [(0, 4), (0, 1), (1, 4)], id="longest"),
        pytest.param(b"(a+|b)*", b"", [(0, 0), (-1, -1)], id="empty"),
        pytest.param(b"(^a|b$)+", b"abb", [(0, 1), (0, 1)], id="begin"),
        pytest.param(b"(x|b$)+", b"abb", [(2, 3), (2, 3)], id="end"),
        pytest.param(rb"(\<a*)*b\>", b"ab aab", [(0, 2), (0, 1)], id="words"),
        pytest.param(rb"((a*)*)b\2c", b"aabaac", [(0, 6), (0, 2), (0, 2)], id="back reference"),
    ],
)
def test_search(pattern, text, spans):
    match = compile_posix(pattern, extended=True).search(text)
    assert match
    assert [match.span(group) for group in range(len(spans))] == spans


SHAPES = st.recursive(
    st.sampled_from(["a", "b", ".", "[ab]", "[^a]", "^", "$"]),
    lambda inner: st.one_of(
        st.builds("{}{}".format, inner, inner),
        st.builds("({})".format, inner),
        st.builds("({}|{})".format, inner, inner),
        st.builds("({}){}".format, inner, st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{2,}"])),
    ),
    max_leaves=6,
)


def linear(pattern, *, fold=False):
    tree, groups = parsed(translate(pattern.encode(), extended=True))
    return Linear(tree, groups, pattern, fold=fold)


@settings(max_examples=300)
@given(SHAPES, st.text("abA\n", max_size=8), st.booleans(), st.integers(0, 3))
def test_as_the_interpreter_finds(pattern, text, fold, start):
    flags = re.DOTALL | (re.IGNORECASE if fold else 0)
    other = re.compile(translate(pattern.encode(), extended=True).encode(), flags)
    data = text.encode()
    assume(start <= len(data))
    mine, theirs = linear(pattern, fold=fold).search(data, start), other.search(data, start)
    assert (mine is None) == (theirs is None)
    if mine and theirs:
        assert mine.start() == theirs.start()
        assert mine.end() >= theirs.end()  # the longest, not the first
        assert other.fullmatch(data, mine.start(), mine.end()) or "$" in pattern or "^" in pattern


@settings(max_examples=60, deadline=None)
@given(SHAPES, st.text("ab", max_size=10))
def test_sed_beside_the_hosts(pattern, text):
    script = f"s/{pattern}/<&>/g"
    wanted = subprocess.run(
        ["sed", "-E", script], input=text + "\n", capture_output=True, text=True, timeout=20
    )
    found = [(m.start(), m.end()) for m in linear(pattern).finditer(text.encode())]
    out, at, last = "", 0, -1
    for begin, end in found:
        if begin == end == last:
            continue
        out, at, last = out + text[at:begin] + f"<{text[begin:end]}>", end, end
    assume("^" not in pattern)  # GNU sed lets it match again behind a match
    assert out + text[at:] + "\n" == wanted.stdout


def test_back_references_are_given_up_in_time():
    pattern = compile_posix(rb"((a*)*)*b\1", extended=True)
    with pytest.raises(RefusedError) as caught:
        pattern.search(b"a" * 100)
    assert str(caught.value) == (
        r"pattern '((a*)*)*b\\1': given up after 500000 steps;"
        " back references and nested repetitions do not go together"
    )


def test_a_pattern_that_is_too_large():
    with pytest.raises(UsageError) as caught:
        compile_posix(b"((a*)*){5000}", extended=True)
    assert str(caught.value) == "pattern '((a*)*){5000}': it is too large"


@pytest.mark.parametrize(
    ("args", "text", "out"),
    [
        (["grep", "-E", "(a*)*b"], "a" * 40 + "\n", ""),
        (["grep", "-Eo", "(a|ab)*c"], "xabaabc abc\n", "abaabc\nabc\n"),
        (["grep", "-Ewo", "(a|ab)*c?"], "abc abx aa\n", "abc\naa\n"),
        (["grep", "-Ei", "(a|b)*C$"], "xABc\n", "xABc\n"),
        (["sed", "-E", r"s/((a|ab)*)c/[\1]/g"], "abac!abc\n", "[aba]![ab]\n"),
        (["sed", r"s/\(a*\)*b/x/"], "a" * 40 + "\n", "a" * 40 + "\n"),
    ],
)
def test_applets(args, text, out):
    assert run_applet(*args, stdin=text.encode()).out == out
