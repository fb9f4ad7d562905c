"""The text editor, seen through a terminal that knows nothing of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.screen import Scripted
from uroot_py.terminal.document import Document
from uroot_py.terminal.full_edit import FullEdit

HELP = "^O save  ^X quit  ^W search  ^G go to line  ^K cut line  ^U paste  ^Z undo"
LINES = "".join(f"line {n}\n" for n in range(1, 61))


def edit(text, *keys, columns=80, rows=24, save=None, leave=("ctrl-x", "n")):
    """The terminal, the document and what was saved, after KEYS."""
    terminal = Scripted([*keys, *leave], columns, rows)
    document = Document(text)
    saved = []
    editor = FullEdit(terminal, document, "fstab", save or (lambda: saved.append(document.text())))
    try:
        editor.run()
    except AssertionError:
        if terminal.keys:
            raise
    return terminal, document, saved


def test_first_screen():
    terminal, _, _ = edit("one\n\ttwo \x1b[2J\n", leave=("ctrl-x",))
    lines = terminal.seen[0].split("\n")
    assert lines[:4] == ["line 1 of 2: fstab", "one", "        two ?[2J", ""]
    assert lines[22] == HELP
    assert terminal.screen.marked == {-1, 21}  # title and help; leaving has scrolled


def test_what_is_typed_is_shown_and_saved():
    terminal, _, saved = edit("b\n", "a", "enter", "ctrl-o", leave=("ctrl-x",))
    assert terminal.seen[2].startswith("line 2 of 2, changed: fstab\na\nb\n")
    assert "saved: 2 lines" in terminal.seen[3]
    assert saved == ["a\nb\n"]


@pytest.mark.parametrize(
    ("keys", "saved", "left"),
    [
        (["x", "ctrl-x", "n"], [], True),
        (["x", "ctrl-x", "y"], ["x\n"], True),
        (["x", "ctrl-x", "escape", "ctrl-x", "y"], ["x\n"], True),
        (["ctrl-x"], [], True),
    ],
)
def test_leaving(keys, saved, left):
    terminal, _, written = edit("", *keys, leave=())
    assert (written, not terminal.keys) == (saved, left)


def test_the_question():
    terminal, _, _ = edit("", "x")
    assert terminal.seen[-1].endswith(
        "\nSave the changes? y: yes, n: no, any other key: go on editing"
    )


def test_a_failed_save_is_shown_and_nothing_is_lost():
    def full():
        raise OSError(28, "No space left on device", "/mnt/fstab")

    terminal, document, _ = edit("", "x", "ctrl-x", "y", save=full)
    assert "NOT SAVED: /mnt/fstab: no space left on device" in terminal.seen[-2]
    assert document.changed


def test_search_goes_on_and_around():
    terminal, document, _ = edit(LINES, "ctrl-w", *"line 5", "enter", "ctrl-w", "enter", "alt-w")
    assert document.row == 50
    assert "Search [line 5]:" in terminal.seen[9]


def test_search_without_success():
    terminal, _, _ = edit(LINES, "ctrl-w", *"zz", "enter", leave=("ctrl-x",))
    assert terminal.seen[-1].split("\n")[21] == "not found: zz"


def test_search_that_is_given_up():
    _, document, _ = edit(LINES, "ctrl-w", *"line 9", "escape", leave=("ctrl-x",))
    assert document.row == 0


@pytest.mark.parametrize(("typed", "row"), [("50", 49), ("999", 60), ("x", 0), ("", 0)])
def test_go_to_a_line(typed, row):
    terminal, document, _ = edit(LINES, "ctrl-g", *typed, "enter", leave=("ctrl-x",))
    assert document.row == row
    assert ("expected the number of a line, found 'x'" in terminal.seen[-1]) == (typed == "x")


def test_keys_of_other_editors_get_an_answer():
    terminal, _, _ = edit("", "escape", "ctrl-c", leave=("ctrl-x",))
    assert "There are no modes here" in terminal.seen[1]
    assert "^X leaves, ^O saves" in terminal.seen[2]


def test_a_key_costs_its_line_and_the_title():
    plain = edit(LINES, leave=("ctrl-x",))[0].screen.bytes
    changed = edit(LINES, "x", leave=("ctrl-x", "n"))[0].screen.bytes
    assert changed - plain < 250  # of the 1900 of a screen; the question is 100 of them


def test_a_long_line_scrolls_with_its_cursor():
    text = "".join(chr(97 + n % 26) for n in range(200))
    terminal, _, _ = edit(text, "end", "home", columns=40, leave=("ctrl-x",))
    shown = [seen.split("\n")[1] for seen in terminal.seen]
    assert (shown[0][:4], shown[0][-1]) == ("abcd", ">")
    assert (shown[1][0], shown[1][-1]) == ("<", text[-1])
    assert shown[2] == shown[0]


KEYS = st.one_of(
    st.text("a日\u0301é ", min_size=1, max_size=1),
    st.sampled_from(
        ["left", "right", "up", "down", "home", "end", "enter", "backspace", "delete", "ctrl-k",
         "ctrl-u", "ctrl-z", "tab", "pageup", "pagedown", "ctrl-end", "ctrl-l"]
    ),
)  # fmt: skip


@given(st.text("ab\n\t日\udcff\x07", max_size=90), st.lists(KEYS, max_size=30), st.integers(20, 50))
def test_redrawn_lines_make_the_same_screen_as_all_lines(text, keys, columns):
    leave = ("left", "ctrl-l", "ctrl-x", "n")
    terminal, document, _ = edit(text, *keys, columns=columns, rows=9, leave=leave)
    before, after = terminal.seen[len(keys) + 1 : len(keys) + 3]
    assert after == before
    assert after.startswith(f"line {document.row + 1} of ")


@given(st.text("ab\n\t日\udcff\x07", max_size=60), st.lists(KEYS, max_size=30))
def test_the_cursor_is_where_the_next_character_goes(text, keys):
    places = []

    class Watched(Scripted):
        def key(self, seconds=None, also=()):
            places.append((self.screen.row, self.screen.column))
            return super().key(seconds)

    terminal = Watched([*keys, "|", "ctrl-x", "n"], 400, 9)
    FullEdit(terminal, Document(text), "fstab", lambda: None).run()
    row, column = places[len(keys)]
    line = terminal.seen[len(keys) + 1].split("\n")[row]
    cells = "".join(char + "\0" if char == "日" else char for char in line if char != "\u0301")
    assert cells[column] == "|"
