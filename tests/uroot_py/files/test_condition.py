import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import UsageError
from uroot_py.files.condition import evaluate

WORDS = ["(", ")", "!", "-a", "-o", "=", "!=", "-eq", "-n", "-z", "-e", "-f", "x", "", "1", "<"]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        pytest.param(["a", "b"], "unexpected 'b'", id="two-words"),
        pytest.param(["x", "-eq", "1"], "expected an integer, found 'x'", id="number"),
        pytest.param(["(", "a"], "')' is missing", id="parenthesis"),
        pytest.param(["a", "-a"], "an operand is missing", id="half"),
    ],
)
def test_message(words, text):
    with pytest.raises(UsageError, match=text.replace("(", r"\(").replace(")", r"\)")):
        evaluate(words)


@given(st.lists(st.sampled_from(WORDS), max_size=12))
def test_true_false_or_usage(words):
    try:
        assert evaluate(words) in (True, False)
    except UsageError:
        pass


@given(st.integers(), st.integers())
def test_numbers(one, other):
    assert evaluate([str(one), "-lt", str(other)]) == (one < other)
    assert evaluate([str(one), "-ge", str(other)]) == (one >= other)
