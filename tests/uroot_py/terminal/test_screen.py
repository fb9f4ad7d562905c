import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.terminal.keys import columns
from uroot_py.terminal.screen import clip, wrap


@pytest.mark.parametrize(
    ("text", "most", "shown"),
    [("abc", 3, "abc"), ("abc", 2, "a>"), ("abc", 1, ">"), ("abc", 0, ""), ("\u65e5x", 2, ">")],
)
def test_clip(text, most, shown):
    assert clip(text, most) == shown


@pytest.mark.parametrize(
    ("text", "across", "lines"),
    [
        ("one two", 5, ["one", "  two"]),
        ("one two", 4, ["one", "two"]),
        ("abc", 1, ["a", "b", "c"]),
        ("\u65e5x", 1, ["\u65e5", "x"]),
    ],
)
def test_wrap(text, across, lines):
    assert wrap(text, across, "  ") == lines


@given(st.text("ab \u65e5", max_size=60), st.integers(0, 12), st.integers(0, 9))
def test_every_width_has_an_end(text, across, indent):
    lines = wrap(text, across, " " * indent)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(columns(line) <= max(across, 2) for line in lines)
    assert all(columns(clip(line, across)) <= across for line in lines)
