"""Keys that change a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.terminal.document import Document

THREE = "one\ntwo\nthree\n"
EDITS = [
    pytest.param("", [*"hi"], "hi\n", 0, 2, id="a-new-text-ends-with-a-line-feed"),
    pytest.param(THREE, ["x"], "xone\ntwo\nthree\n", 0, 1, id="type"),
    pytest.param(THREE, ["end", "enter", "x"], "one\nx\ntwo\nthree\n", 1, 1, id="open-a-line"),
    pytest.param(THREE, ["right", "enter"], "o\nne\ntwo\nthree\n", 1, 0, id="break"),
    pytest.param(THREE, ["down", "backspace"], "onetwo\nthree\n", 0, 3, id="join-backwards"),
    pytest.param(THREE, ["end", "delete"], "onetwo\nthree\n", 0, 3, id="join"),
    pytest.param(THREE, ["backspace", "left", "up"], THREE, 0, 0, id="at-the-beginning"),
    pytest.param(THREE, ["ctrl-end", "delete", "right", "down"], THREE, 3, 0, id="at-the-end"),
    pytest.param(THREE, ["down", "left"], THREE, 0, 3, id="left-over-the-border"),
    pytest.param(THREE, ["end", "right"], THREE, 1, 0, id="right-over-the-border"),
    pytest.param(THREE, ["ctrl-k"], "two\nthree\n", 0, 0, id="cut"),
    pytest.param(
        THREE, ["ctrl-k", "ctrl-k", "down", "ctrl-u"], "three\none\ntwo\n", 3, 0, id="cut-and-paste"
    ),
    pytest.param(
        THREE, ["ctrl-k", "down", "ctrl-k", "ctrl-u"], "two\nthree\n", 2, 0, id="cut-apart"
    ),
    pytest.param("one", ["ctrl-k"], "", 0, 0, id="cut-the-last"),
    pytest.param("\tx\nabcdefghij\n", ["down", *["right"] * 9, "up"], None, 0, 2, id="over-a-tab"),
    pytest.param("abcdef\n\nabcdef", ["end", "down", "down"], None, 2, 6, id="keeps-its-column"),
    pytest.param("日本\nabcd", ["right", "down"], None, 1, 2, id="wide-characters"),
    pytest.param(THREE, [*"ab", "ctrl-z"], THREE, 0, 0, id="undo-a-word"),
    pytest.param(
        THREE, [*"ab", "down", *"cd", "ctrl-z"], "abone\ntwo\nthree\n", 1, 2, id="undo-one-of-two"
    ),
    pytest.param(THREE, ["ctrl-k", "ctrl-k", "ctrl-z", "ctrl-z"], THREE, 0, 0, id="undo-cuts"),
    pytest.param(THREE, ["ctrl-z", "f5", "escape"], THREE, 0, 0, id="nothing-to-undo"),
    pytest.param(THREE, ["tab", "x"], "\txone\ntwo\nthree\n", 0, 2, id="tab"),
    pytest.param(THREE, ["pagedown"], THREE, 3, 0, id="page"),
]


@pytest.mark.parametrize(("text", "keys", "wanted", "row", "cursor"), EDITS)
def test_keys(text, keys, wanted, row, cursor):
    document = Document(text)
    for key in keys:
        document.press(key)
    assert document.text() == (text if wanted is None else wanted)
    assert (document.row, document.line.cursor) == (row, cursor)


@pytest.mark.parametrize(
    ("start", "wanted", "place"),
    [
        ((0, 0), "two", (1, 0)),
        ((1, 0), "two", (1, 0)),
        ((2, 0), "o", (0, 0)),
        ((0, 0), "e", (0, 2)),
        ((0, 2), "e", (2, 3)),
        ((0, 0), "TWO", None),
        ((0, 0), "zzz", None),
    ],
)
def test_find(start, wanted, place):
    document = Document(THREE)
    document.go(*start)
    assert document.find(wanted) == (place is not None)
    assert (document.row, document.line.cursor) == (place or start)


def test_capitals_count_when_there_are_some():
    document = Document("UUID uuid")
    assert document.find("uuid")
    assert document.line.cursor == 5
    assert document.find("UUID")
    assert document.line.cursor == 0


def test_a_search_between_two_letters_is_no_word():
    document = Document(THREE)
    document.press("a")
    document.find("three")
    document.press("b")
    document.undo()
    assert document.text() == "aone\ntwo\nthree\n"


def test_typing_after_a_save_is_a_change():
    document = Document(THREE)
    document.press("a")
    document.changed = False
    document.press("b")
    assert document.changed


KEYS = st.one_of(
    st.text("a日\u0301 ", min_size=1, max_size=1),
    st.sampled_from(
        ["left", "right", "up", "down", "home", "end", "enter", "backspace", "delete", "ctrl-k",
         "ctrl-u", "tab", "alt-d", "ctrl-t", "pageup", "pagedown", "ctrl-end"]
    ),
)  # fmt: skip


@given(st.text("ab\n\t日\udcff\r", max_size=40), st.lists(KEYS, max_size=40))
def test_undo_leads_back_and_the_cursor_stays_inside(text, keys):
    document = Document(text)
    for key in keys:
        document.press(key)
        assert document.line.text == document.lines[document.row]
        assert 0 <= document.line.cursor <= len(document.line.text)
    while document.undo():
        pass
    assert "\n".join(document.lines) == text
