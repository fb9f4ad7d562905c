"""The line editor, seen through a terminal that knows nothing of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.screen import Scripted
from uroot_py.terminal.editor import Editor


def edit(*keys, prompt="> ", text="", history=(), columns=80, complete=None, cancel=False):
    terminal = Scripted([*keys, "enter"], columns)
    editor = Editor(terminal, list(history), complete)
    result = editor.read(prompt, text, cancel=cancel)
    return result, terminal


EDITS = [
    pytest.param([*"hello"], "hello", id="typing"),
    pytest.param([*"helo", "left", "l"], "hello", id="insert"),
    pytest.param([*"hello", "backspace"], "hell", id="backspace"),
    pytest.param(["backspace", "left", "delete", "x"], "x", id="at-the-borders"),
    pytest.param([*"abc", "home", "x", "end", "y"], "xabcy", id="home-end"),
    pytest.param([*"abc", "ctrl-a", "delete", "ctrl-d"], "c", id="delete"),
    pytest.param([*"one two", "ctrl-w", "x"], "one x", id="cut-word"),
    pytest.param([*"one two  ", "ctrl-w"], "one ", id="cut-word-and-blanks"),
    pytest.param([*"one two", "ctrl-u"], "", id="cut-all-before"),
    pytest.param([*"one two", "alt-b", "ctrl-k"], "one ", id="cut-rest"),
    pytest.param([*"one two", "ctrl-w", "home", "ctrl-y", " "], "two one ", id="paste"),
    pytest.param([*"one two", "home", "alt-d"], " two", id="cut-word-after"),
    pytest.param([*"a b", "home", "alt-f", "x"], "ax b", id="next-word"),
    pytest.param([*"a b", "ctrl-left", "x", "ctrl-right", "y"], "a xby", id="words-by-arrows"),
    pytest.param([*"ab", "ctrl-t"], "ba", id="swap"),
    pytest.param([*"ab", "ctrl-u", "ctrl-_"], "ab", id="undo"),
    pytest.param([*"ab", "ctrl-_", "ctrl-_", "ctrl-_", "c"], "c", id="undo-all"),
    pytest.param(["f5", "escape", "insert", "a"], "a", id="keys-without-meaning"),
    pytest.param([*"日本", "left", "x"], "日x本", id="wide-characters"),
]


@pytest.mark.parametrize(("keys", "wanted"), EDITS)
def test_edit(keys, wanted):
    result, terminal = edit(*keys)
    assert result == wanted
    assert terminal.screen.lines()[0].rstrip() == f"> {wanted}".rstrip()


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        (["up"], "three"),
        (["up", "up"], "two"),
        (["up"] * 9, "one"),
        (["up", "up", "down"], "three"),
        ([*"new", "up", "down"], "new"),
        (["ctrl-p", "ctrl-p", "ctrl-n", "s"], "threes"),
        (["down"], ""),
    ],
)
def test_history(keys, wanted):
    assert edit(*keys, history=["one", "two", "three"])[0] == wanted


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        (["ctrl-r", *"mo"], "mount /dev/sdb"),
        (["ctrl-r", *"mo", "ctrl-r"], "mount /dev/sda"),
        (["ctrl-r", *"mo", "ctrl-r", "ctrl-r"], "mount /dev/sda"),
        (["ctrl-r", *"mox", "backspace"], "mount /dev/sdb"),
        (["ctrl-r", *"zzz"], ""),
        (["ctrl-r", *"ls", "end", "x"], "ls -lx"),
        ([*"ab", "ctrl-r", *"ls", "escape", "c"], "abc"),
        ([*"ab", "ctrl-r", *"ls", "ctrl-c", "c"], "abc"),
    ],
)
def test_search(keys, wanted):
    assert edit(*keys, history=["mount /dev/sda", "ls -l", "mount /dev/sdb"])[0] == wanted


def test_search_is_shown():
    _, terminal = edit("ctrl-r", *"ls", history=["ls -l", "cat"])
    assert "(search 'ls') ls -l" in terminal.seen


def words(*candidates):
    def complete(text, cursor):
        start = text[:cursor].rfind(" ") + 1
        return start, [word for word in candidates if word.startswith(text[start:cursor])]

    return complete


def test_completion_of_the_only_candidate():
    assert edit(*"mo", "tab", complete=words("mount "))[0] == "mount "


def test_completion_of_what_all_share():
    assert edit(*"m", "tab", complete=words("mount ", "mouse "))[0] == "mou"


def test_completion_in_the_middle():
    assert edit(*"mo x", "left", "left", "tab", complete=words("mount"))[0] == "mount x"


def test_second_tab_lists_the_candidates_below():
    result, terminal = edit(*"mou", "tab", "tab", "n", complete=words("mount ", "mouse "))
    assert result == "moun"
    assert terminal.screen.lines()[:3] == ["> mou", "mount  mouse", "> moun"]


def test_list_of_many_is_bounded():
    names = [f"name{n:04}" for n in range(1000)]
    _, terminal = edit(*"name", "tab", "tab", columns=79, complete=words(*names))
    assert "and 800 more" in terminal.screen.lines()


def test_nothing_to_complete():
    assert edit(*"x", "tab", "tab", complete=words("a"))[0] == "x"


def test_control_characters_in_names_are_not_sent():
    _, terminal = edit(*"a", "tab", "tab", complete=words("a\x1b[2J", "a\x07"))
    assert "a?[2J  a?" in terminal.screen.lines()


def test_interrupt():
    terminal = Scripted([*"ab", "left", "ctrl-c"])
    with pytest.raises(KeyboardInterrupt):
        Editor(terminal).read("> ")
    assert terminal.screen.text() == "> ab^C"


def test_end_of_input_only_on_an_empty_line():
    with pytest.raises(EOFError):
        Editor(Scripted(["a", "ctrl-d", "backspace", "ctrl-d"])).read("> ")


def test_escape_leaves_where_that_is_allowed():
    assert Editor(Scripted(["a", "escape"])).read("> ", cancel=True) is None


def test_text_to_begin_with():
    assert edit("x", text="root=/dev/sda1")[0] == "root=/dev/sda1x"


def test_clear_screen():
    result, terminal = edit(*"abc", "ctrl-l", "d")
    assert (result, terminal.screen.text()) == ("abcd", "> abcd")


def test_long_line_is_shown_in_part():
    text = "".join(chr(97 + n % 26) for n in range(200))
    _, terminal = edit("home", "end", text=text, columns=40)
    for shown in terminal.seen[1:]:
        assert "\n" not in shown
        assert len(shown) < 40
    begin, end = terminal.seen[1], terminal.seen[2]
    assert (begin[:8], begin[-1]) == ("> abcdef", ">")
    assert (end[:3], end[-1]) == ("> <", text[-1])


def test_typing_costs_one_byte_per_key():
    _, terminal = edit(*"x" * 70)
    assert terminal.screen.bytes <= len("> ") + 70


def test_change_in_the_middle_costs_no_more_than_the_rest_twice():
    _, plain = edit(text="y" * 60)
    _, terminal = edit(*["left"] * 10, "x", text="y" * 60)
    # Ten backspaces; then the new character, ten behind it, ten backspaces; and to the end again.
    assert terminal.screen.bytes - plain.screen.bytes <= 10 + 1 + 10 + 10 + 10


KEYS = st.one_of(
    st.text("ab日e\u0301 ", min_size=1, max_size=1),
    st.sampled_from(
        ["left", "right", "home", "end", "backspace", "delete", "ctrl-k", "ctrl-w", "ctrl-y", "up",
         "down", "ctrl-_", "ctrl-t", "alt-d", "tab"]
    ),
)  # fmt: skip


@given(st.lists(KEYS, max_size=60), st.integers(30, 60))
def test_screen_shows_the_text_and_the_cursor(keys, columns):
    terminal = Scripted([*keys, "enter"], columns)
    editor = Editor(terminal, ["aaa", "b" * 100])
    text = editor.read("> ") or ""
    assert not terminal.screen.text().count("\n")
    shown = terminal.screen.text()[2:].rstrip()
    if not shown.startswith("<"):
        assert text.rstrip() == shown
    else:
        assert text.rstrip().endswith(shown[1:])


class Slow(Scripted):
    """Keeps what is written for each key."""

    def __init__(self, keys):
        super().__init__(keys, 80)
        self.written = []

    def write(self, text):
        self.written.append(text)
        super().write(text)


@given(st.lists(KEYS, max_size=40))
def test_a_key_costs_at_most_a_fortieth_of_a_second_at_115200_baud(keys):
    # Without an escape sequence, so that a terminal that can do nothing shows the same.
    terminal = Slow([*keys, "enter"])
    Editor(terminal, ["aaa", "b" * 100]).read("> ")
    assert max(len(text.encode()) for text in terminal.written) <= 115200 // 10 // 40
    assert "\x1b" not in "".join(terminal.written)


class Pasting(Scripted):
    """All keys have come at once."""

    def waiting(self, milliseconds=0):
        return len(self.keys) > 1


def test_a_tab_in_what_is_pasted_is_text():
    terminal = Pasting([*"m", "tab", "x", "enter"])
    editor = Editor(terminal, complete=words("mount"))
    assert editor.read("> ") == "m\tx"
    assert terminal.screen.text() == "> m?x"


def test_tabs_that_are_text():
    terminal = Scripted(["tab", *"m", "tab", "enter", *"m", "tab", "enter"])
    editor = Editor(terminal, complete=words("mount"))
    assert editor.read("> ", tabs=True) == "\tm\t"
    terminal.write("\n")
    assert editor.read("> ") == "mount"
