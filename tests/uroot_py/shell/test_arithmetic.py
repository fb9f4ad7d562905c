"""Arithmetic as Python calculates it, bounded, and constants as C writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import UsageError
from uroot_py.shell.arithmetic import Calculation, number, wrap

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
