"""Values that come back unchanged: quoting and splitting; against independent answers."""

from hypothesis import given
from hypothesis import strategies as st

from uroot_py.shell.expansion import Expander
from uroot_py.shell.lexer import Lexer
from uroot_py.shell.parser import Parser
from uroot_py.shell.syntax import Simple
from uroot_py.shell.variables import Variables, quoted


class Plain:
    """A shell that has variables and no commands."""

    def __init__(self, **values):
        self.variables = Variables(values, "sh", [])

    def special(self, name):
        return self.variables.get(name)

    def substitute(self, body):
        raise AssertionError("no command is run here")


def fields(text, **values):
    node = Parser(Lexer("echo " + text)).script().items[0][0]
    assert isinstance(node, Simple)
    return Expander(Plain(**values)).fields(node.words)[1:]


@given(st.text(st.characters(blacklist_characters="\0")))
def test_quoted_text_comes_back(text):
    assert fields(quoted(text)) == [text]


@given(st.text(st.characters(blacklist_characters="\0")))
def test_variable_in_quotes_comes_back(text):
    assert fields('"$x"', x=text) == [text]


@given(st.text(" \t\nab", max_size=20))
def test_splitting_by_white_space(text):
    assert fields("$x", x=text) == text.split()


@given(st.text(":a", max_size=20))
def test_splitting_by_a_colon(text):
    # A separator ends a field: nothing after the last one is no field.
    wanted = text.removesuffix(":").split(":") if text else []
    assert fields("$x", x=text, IFS=":") == wanted
