import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uroot_py.base.errors import RefusedError, UsageError
from uroot_py.streams.regex import compile_posix, translate

CASES = [
    pytest.param(b"a+b", False, r"a\x2bb", id="basic-plus"),
    pytest.param(b"a+b", True, "a+b", id="extended-plus"),
    pytest.param(rb"\(a\)\1", False, r"(a)(?:\1)", id="group"),
    pytest.param(b"*a", False, r"\x2aa", id="star-first"),
    pytest.param(b"a**", True, "(?:a*)*", id="star-star"),
    pytest.param(b"a*+", True, "(?:a*)+", id="not-possessive"),
    pytest.param(b"^a$", False, r"\Aa\Z", id="anchors"),
    pytest.param(b"a^b$c", False, r"a\^b\$c", id="anchors-inside"),
    pytest.param(b"[]a]", False, r"[\x5d\x61]", id="bracket-first"),
    pytest.param(b"[^]a-c]", False, r"[^\x5d\x61-\x63]", id="bracket-not"),
    pytest.param(b"[[:digit:]x]", False, r"[0-9\x78]", id="class"),
    pytest.param(rb"[\n]", False, r"[\x5c\x6e]", id="backslash-in-bracket"),
    pytest.param(b"a{2,}", True, "a{2,}", id="interval"),
    pytest.param(b"a{,3}", True, "a{0,3}", id="interval-open"),
    pytest.param(b"a{x", True, r"a\x7bx", id="brace"),
    pytest.param(rb"\<a\>", False, r"\b(?=\w)a\b(?<=\w)", id="words"),
]
BAD = [
    pytest.param(b"[a", False, "pattern '[a': '[' is not closed", id="bracket"),
    pytest.param(rb"\(a", False, r"pattern '\\(a': a group is not closed", id="group"),
    pytest.param(rb"a\)", False, r"pattern 'a\\)': a group is closed that was not opened", id=")"),
    pytest.param(b"a\\", False, "pattern 'a\\\\': a backslash at its end", id="backslash"),
    pytest.param(b"[[:x:]]", False, "pattern '[[:x:]]': unknown class 'x'", id="class"),
    pytest.param(
        rb"a\{x\}", False, r"pattern 'a\\{x\\}': expected numbers between \{ and \}", id="interval"
    ),
]


@pytest.mark.parametrize(("pattern", "extended", "made"), CASES)
def test_translate(pattern, extended, made):
    assert translate(pattern, extended=extended) == made


@pytest.mark.parametrize(("pattern", "extended", "text"), BAD)
def test_no_pattern(pattern, extended, text):
    with pytest.raises(UsageError) as caught:
        compile_posix(pattern, extended=extended)
    assert str(caught.value) == text


@given(st.text("ab*+?{},0123()|[]^$.\\-:wb<>", max_size=20), st.booleans())
def test_compiled_or_refused(text, extended):
    try:
        match = compile_posix(text.encode(), extended=extended).search(b"ab:0-a")
        assert match is None or 0 <= match.start() <= match.end() <= 6
    except (UsageError, RefusedError):
        pass


@settings(max_examples=40)
@given(st.text("ab*.[]^$\\()", max_size=8), st.lists(st.text("ab.*", max_size=5), max_size=5))
def test_basic_expressions_match_like_grep(pattern, lines):
    text = "".join(f"{line}\n" for line in lines).encode()
    line = ["grep", "-n", "-e", pattern]
    done = subprocess.run(line, input=text, capture_output=True, env={"LC_ALL": "C"}, timeout=10)
    if done.returncode > 1 or b"stray" in done.stderr:
        return
    found = compile_posix(pattern.encode())
    ours = [at for at, line in enumerate(lines, 1) if found.search(line.encode())]
    assert ours == [int(row.partition(b":")[0]) for row in done.stdout.splitlines()]
