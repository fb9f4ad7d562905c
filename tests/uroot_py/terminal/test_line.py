"""One line under the keys: named cases, and properties that hold for any keys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.terminal import line as module
from uroot_py.terminal.line import Line

# keys, then the text with | where the cursor is
CASES = {
    "typed": (["a", "b", "c"], "abc|"),
    "in the middle": (["a", "c", "left", "b"], "ab|c"),
    "ends": (["b", "ctrl-a", "a", "ctrl-e", "c"], "abc|"),
    "borders": (["a", "left", "left", "left", "right", "right", "right"], "a|"),
    "backspace": (["a", "b", "left", "backspace"], "|b"),
    "backspace at the border": (["a", "home", "backspace"], "|a"),
    "delete": (["a", "b", "home", "delete"], "|b"),
    "delete at the border": (["a", "delete"], "a|"),
    "cut to the end": ([*"one two", "alt-b", "ctrl-k"], "one |"),
    "cut to the start": ([*"one two", "alt-b", "ctrl-u"], "|two"),
    "cut a word": ([*"one two  ", "ctrl-w"], "one |"),
    "cut a word to the right": ([*"one two", "home", "alt-d"], "| two"),
    "put back": ([*"one two", "ctrl-w", "home", "ctrl-y"], "two|one "),
    "nothing cut keeps what was": (["a", "ctrl-w", "ctrl-w", "ctrl-y", "ctrl-y"], "aa|"),
    "words": ([*"a bc  d", "alt-b", "alt-b"], "a |bc  d"),
    "words to the right": ([*"a bc  d", "home", "alt-f", "alt-f"], "a bc|  d"),
    "swapped": (["a", "b", "ctrl-t"], "ba|"),
    "swapped in the middle": ([*"abc", "left", "ctrl-t"], "acb|"),
    "nothing to swap": (["a", "ctrl-t"], "a|"),
    "undo": ([*"ab", "ctrl-u", "ctrl-_"], "ab|"),
    "undo, undo": ([*"ab", "ctrl-_", "ctrl-z"], "|"),
    "no more to undo": (["ctrl-_"], "|"),
}


@pytest.mark.parametrize("name", CASES)
def test_keys(name):
    keys, expected = CASES[name]
    line = Line()
    for key in keys:
        assert line.press(key)
    assert f"{line.text[: line.cursor]}|{line.text[line.cursor :]}" == expected


@pytest.mark.parametrize("key", ["up", "enter", "tab", "ctrl-c", "f1"])
def test_keys_of_others(key):
    line = Line("abc")
    assert not line.press(key)
    assert (line.text, line.cursor) == ("abc", 3)


KEYS = st.lists(st.sampled_from([*module._KEYS, "a", "b", " ", "é"]), max_size=60)


@given(KEYS)
def test_the_cursor_is_in_the_text(keys):
    line = Line("one two")
    for key in keys:
        line.press(key)
        assert 0 <= line.cursor <= len(line.text)


@given(KEYS)
def test_undo_goes_all_the_way_back(keys):
    line = Line("one two")
    for key in keys:
        line.press(key)
    for _ in range(len(keys)):
        line.press("ctrl-_")
    assert line.text == "one two"


def test_undo_is_bounded():
    line = Line()
    for _ in range(1000):
        line.press("a")
    assert len(line.undone) <= 101
