"""Values that come back unchanged: quoting, arithmetic, patterns; against independent answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import UsageError
from uroot_py.shell.arithmetic import Calculation, number, wrap
from uroot_py.shell.expansion import Expander
from uroot_py.shell.lexer import Lexer
from uroot_py.shell.parser import Parser
from uroot_py.shell.pattern import trim
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


LEAVES = st.integers(0, 1000).map(str)
EXPRESSIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "&", "|", "^"]), inner).map(
            lambda t: f"({t[0]} {t[1]} {t[2]})"
        ),
        # With a plus before it a comparison is a number for Python, too.
        st.tuples(inner, st.sampled_from(["<", "=="]), inner).map(
            lambda t: f"(+({t[0]} {t[1]} {t[2]}))"
        ),
        inner.map(lambda text: f"(-{text})"),
        inner.map(lambda text: f"(~{text})"),
    ),
    max_leaves=12,
)


@given(EXPRESSIONS)
def test_arithmetic_as_python_calculates(text):
    value = Calculation(text, lambda name: "", lambda name, value: None).value()
    assert value == wrap(int(eval(text)))


@given(st.text("0123456789+-*/%<>=!&|^~?:() xa_", max_size=30))
def test_any_text_calculates_or_raises_a_usage_error(text):
    try:
        Calculation(text, lambda name: "7", lambda name, value: None).value()
    except UsageError:
        pass


def test_arithmetic_nesting_is_bounded():
    with pytest.raises(UsageError, match=r"^arithmetic: more than 100 levels of nesting$"):
        Calculation("(" * 5000, lambda name: "", lambda name, value: None).value()


@pytest.mark.parametrize(
    ("text", "value"), [("10", 10), ("0x1F", 31), ("017", 15), (" -5 ", -5), ("0", 0)]
)
def test_number(text, value):
    assert number(text) == value


@pytest.mark.parametrize("text", ["1_0", "0b1", "08", "x", "", "1.5", "٣x"])
def test_no_number(text):
    with pytest.raises(UsageError, match=rf"^arithmetic: expected a number, found '{text}'$"):
        number(text)


@given(st.text("ab.", max_size=10), st.sampled_from(["#", "##", "%", "%%"]))
def test_trim_leaves_a_part(value, op):
    left = trim(value, op, "*." if op[0] == "#" else ".*")
    assert value.endswith(left) if op[0] == "#" else value.startswith(left)
