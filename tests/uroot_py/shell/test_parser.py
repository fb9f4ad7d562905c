"""Syntax errors to the letter, and no text that does anything but parse or raise one."""

import os
import re
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.uroot_py.shell.cases import THEMES
from uroot_py.base.errors import LineError
from uroot_py.shell.lexer import Lexer
from uroot_py.shell.parser import Parser

ERRORS = [
    ("if true; then\nfi", "line 2: then: expected a command, found 'fi'"),
    ("fi", "line 1: syntax: expected a command, found 'fi'"),
    ("(echo a", "line 1: (: expected ')', found end of file"),
    ("echo )", "line 1: syntax: expected a command, found ')'"),
    ("while true; do echo\n\n", "line 3: while of line 1: expected 'done', found end of file"),
    ("for 1 in a; do :; done", "line 1: for: expected a name, found '1'"),
    ("for i in a; echo", "line 1: for: expected 'do', found 'echo'"),
    ("case x in a echo;; esac", "line 1: case: expected ')', found 'echo'"),
    ("case x y", "line 1: case: expected 'in', found 'y'"),
    ("case\n", "line 1: case: expected a word, found end of line"),
    ("echo\necho 'abc\ndef", 'line 2: quotes: expected "\'", found end of file'),
    ('echo "abc', "line 1: quotes: expected '\"', found end of file"),
    ("echo `abc", "line 1: command substitution: expected '`', found end of file"),
    ("echo $(abc", "line 1: command substitution: expected ')', found end of file"),
    ("echo $((1", "line 1: arithmetic: expected '))', found end of file"),
    ("echo ${x", "line 1: ${x: expected '}', found end of file"),
    ("echo ${x!y}", "line 1: ${: expected one of :- := :? :+ % # or }, found '!'"),
    ("echo ${}", "line 1: ${: expected a parameter, found '}'"),
    ("echo > | cat", "line 1: >: expected a word, found '|'"),
    ("cat <<", "line 1: <<: expected a word, found end of file"),
    ("f( {", "line 1: f: expected ')', found '{'"),
    ("f() echo", "line 1: f(): expected '{', found 'echo'"),
    ("1f() { :; }", "line 1: function: expected a name, found '1f'"),
    ("a && ", "line 1: syntax: expected a command, found end of file"),
    ("| a", "line 1: syntax: expected a command, found '|'"),
    ("a;;", "line 1: syntax: expected a command, found ';;'"),
    ("(a) b", "line 1: syntax: expected the end of the command, found 'b'"),
    ("(" * 200, "line 1: nesting: expected at most 100 levels, found more"),
    ("$(" * 200, "line 1: nesting: expected at most 100 levels, found more"),
    ("${x:-" * 200, "line 1: nesting: expected at most 100 levels, found more"),
    ("$((" * 200, "line 1: nesting: expected at most 100 levels, found more"),
    ('"${x:-' * 200, "line 1: nesting: expected at most 100 levels, found more"),
    ("{ " * 200, "line 1: nesting: expected at most 100 levels, found more"),
    ("if " * 200, "line 1: nesting: expected at most 100 levels, found more"),
]
PIECES = st.sampled_from(
    [
        *("if", "then", "else", "fi", "for", "in", "do", "done", "while", "case", "esac", "!"),
        *("{", "}", "(", ")", ";;", ";", "&", "&&", "|", "||", "<", ">", "<<", "<<-", ">&"),
        *("$", "${", "$(", "$((", "))", "`", "'", '"', "\\", "#", "=", "x", "1", "E", "\n"),
        *("*", "[", "]", "~", ":-", "%", "##"),
    ]
)


def parse(text):
    return Parser(Lexer(text)).script()


@pytest.mark.parametrize(("text", "message"), ERRORS, ids=range(len(ERRORS)))
def test_error(text, message):
    with pytest.raises(LineError) as caught:
        parse(text)
    assert str(caught.value) == message


@given(st.lists(PIECES, max_size=30), st.booleans())
def test_any_tokens_parse_or_raise_a_line_error(pieces, spaced):
    try:
        parse((" " if spaced else "").join(pieces))
    except LineError:
        pass


@given(st.text(max_size=60))
def test_any_text_parses_or_raises_a_line_error(text):
    try:
        parse(text)
    except LineError:
        pass


@pytest.mark.parametrize("theme", THEMES)
def test_every_beginning_of_a_script_parses_or_raises_a_line_error(theme):
    for script in THEMES[theme].values():
        for end in range(len(script)):
            try:
                parse(script[:end])
            except LineError:
                pass


@pytest.mark.parametrize("theme", THEMES)
def test_line_by_line_gives_the_same_commands(theme):
    """A person types a script line by line: the parser asks for no line that it does not need."""
    for script in THEMES[theme].values():
        rest = script.splitlines(keepends=True)[::-1]

        def more(rest=rest):
            return rest.pop() if rest else None

        try:
            whole, parser = parse(script), Parser(Lexer("", more))
        except LineError:
            continue
        found = []
        while (block := parser.command()) is not None:
            found += block.items
            shown = parser.lexer.text[parser.lexer.at :]
            assert not shown, "a line was read too early"
        assert [node.shown() for node, _ in found] == [node.shown() for node, _ in whole.items]


def test_nested_ambiguous_parentheses_take_no_more_than_quadratic_time():
    assert parse("echo " + "$((" * 45 + "1" + ") )" * 45).items


def scripts_of_this_machine():
    for top in ("/usr", "/etc", "/var/lib/dpkg/info"):
        for folder, _, names in os.walk(top):
            for path in (os.path.join(folder, name) for name in names):
                if os.path.isfile(path) and not os.path.islink(path):
                    with open(path, "rb") as file:
                        if re.match(rb"#! ?/bin/(sh|dash)\b", file.read(64)):
                            yield path


@pytest.mark.reference
def test_every_script_of_this_machine_parses_as_on_dash():
    odd = []
    paths = list(scripts_of_this_machine())
    for path in paths:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            text = file.read()
        try:
            parse(text)
            fault = ""
        except LineError as error:
            fault = str(error)
        done = subprocess.run(["dash", "-n", path], capture_output=True, timeout=20)
        # dash takes a ${x:0:2} of another shell for good until it comes to it.
        if bool(fault) != bool(done.returncode) and "${: expected" not in fault:
            odd.append(f"{path}: {fault}")
    assert len(paths) > 100
    assert odd == []
