import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.applet import run_applet
from uroot_py.base.errors import UsageError
from uroot_py.streams.sed import Output, StreamEditor
from uroot_py.streams.sed_script import parse

BAD = [
    pytest.param("k", "script, character 2: unknown command 'k'", id="unknown"),
    pytest.param("1,", "script, character 3: expected an address after ','", id="address"),
    pytest.param("{p", "script, character 3: '{' without '}'", id="brace"),
    pytest.param("p}", "script, character 3: '}' without '{'", id="closing"),
    pytest.param("s/a", "script, character 5: '/' is missing", id="delimiter"),
    pytest.param("b x", "script, character 4: no label 'x'", id="label"),
    pytest.param("p p", "script, character 3: unexpected 'p' after 'p'", id="two"),
    pytest.param("a", "script, character 2: a text is missing", id="text"),
    pytest.param(
        r"s/a/\1/",
        "script, character 8: the replacement names a group that the pattern does not have",
        id="group",
    ),
    pytest.param(
        "y/ab/c/", "script, character 8: the two texts of 'y' differ in length", id="transliterate"
    ),
]


@pytest.mark.parametrize(("script", "text"), BAD)
def test_no_script(script, text):
    with pytest.raises(UsageError) as caught:
        parse(script, extended=False)
    assert str(caught.value) == text


@given(st.text("0123,$/ab!{};sdpnNqx=:t \\\n", max_size=16))
def test_parsed_or_refused(script):
    try:
        parse(script, extended=False)
    except UsageError:
        pass


# At most six: each "G" after "h" doubles the text.
COMMANDS = st.sampled_from(["p", "d", "2d", "$p", "G", "h", "x", "n", "N", "P", "s/a/b/", "="])


@given(st.lists(COMMANDS, max_size=6))
def test_every_script_ends(parts):
    lines = [b"a\n", b"b\n", b"a b"]
    editor = StreamEditor(parse("\n".join(parts), extended=False), quiet=False)
    assert editor.run(iter(lines), Output(io.BytesIO())) in (None, 0)


@pytest.mark.parametrize(
    ("script", "out"),
    [
        pytest.param("a\\\ntwo\\\nlines", "x\ntwo\nlines\n", id="long-text"),
        pytest.param("s/x/1\\\n2/", "1\n2\n", id="newline"),
        pytest.param("# a comment\np", "x\nx\n", id="comment"),
    ],
)
def test_scripts_of_several_lines(script, out):
    assert run_applet("sed", script, stdin=b"x\n").out == out


def test_empty_pattern_without_a_last_one():
    done = run_applet("sed", "//d", stdin=b"x\n")
    assert done.err == "sed: an empty pattern stands for the last one, and there is none\n"
