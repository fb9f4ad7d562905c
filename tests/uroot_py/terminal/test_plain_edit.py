"""The editor line by line: what each command does to a document, and what it says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.base.errors import RefusedError
from uroot_py.terminal.document import Document
from uroot_py.terminal.plain_edit import PlainEdit

TEXT = "one\ntwo\nthree\nfour\tx\nfive\nsix\nseven\neight\n"
PROMPT = "edit "


class Person:
    """Answers to the questions in turn, then the end of the input; keeps what is said."""

    def __init__(self, text, *answers, refuse=False):
        self.document = Document(text)
        self.answers = list(answers)
        self.asked = []
        self.said = ""
        self.saved = []
        self.refuse = refuse

    def ask(self, prompt, text):
        self.asked.append((prompt, text))
        return self.answers.pop(0) if self.answers else None

    def say(self, text):
        self.said += text

    def save(self):
        if self.refuse:
            raise RefusedError("/fstab: read-only file system", hint="mount -o remount,rw /")
        self.saved.append(self.document.text())

    def run(self):
        return PlainEdit(self.document, self.save, self.ask, self.say).run()


# name: what is typed, the text that is left, what was said after the greeting
COMMANDS = {
    "edit": (["e 2", "zwei"], TEXT.replace("two", "zwei"), ""),
    "edit the current line": (["/fi", "e", "5"], TEXT.replace("five", "5"), "    5  five\n"),
    "edit, unchanged": (["e 2", "two"], TEXT, ""),
    "add behind": (["a 2", "x", "y", "."], TEXT.replace("two\n", "two\nx\ny\n"), ""),
    "add in front": (["a 0", "x", "."], "x\n" + TEXT, ""),
    "add nothing": (["a 1", "."], TEXT, ""),
    "add an empty line": (["a 1", "", "."], TEXT.replace("one\n", "one\n\n"), ""),
    "delete one": (["d 1"], TEXT.removeprefix("one\n"), ""),
    "delete some": (["d 2 7"], "one\neight\n", ""),
    "undo": (["d 2 7", "u"], TEXT, "    1  one\n"),
    "search goes round": (["/six", "/o"], TEXT, "    6  six\n    1  one\n"),
    "search again": (["/o", "/"], TEXT, "    2  two\n    4  four    x\n"),
    "print": (["p 2 3"], TEXT, "    2  two\n    3  three\n"),
    "print and go there": (["p 2 3", "p"], TEXT, "    2  two\n    3  three\n    3  three\n"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_command(name):
    typed, text, said = COMMANDS[name]
    person = Person(TEXT, *typed)
    assert person.run() == int(text != TEXT or name == "undo")
    assert person.document.text() == text
    assert person.said == "8 lines; ? for help\n" + said


REFUSED = {
    "p 9 99": "expected a line from 1 to 9, found 99\n",
    "d 0": "expected a line from 1 to 9, found 0\n",
    "a -1": "expected a line from 0 to 9, found -1\n",
    "e two": "expected a line from 1 to 9, found two\n",
    "/nowhere": "not found: nowhere\n",
    "99": "expected a line from 1 to 9, found 99\n",
}


@pytest.mark.parametrize("typed", REFUSED)
def test_what_is_no_line(typed):
    person = Person(TEXT, typed, "q")
    assert person.run() == 0
    assert person.said == "8 lines; ? for help\n" + REFUSED[typed]


def test_a_number_shows_what_is_around_it():
    person = Person(TEXT, "7", "q")
    person.run()
    assert person.said.split("\n")[1:-1] == [
        "    2  two", "    3  three", "    4  four    x", "    5  five", "    6  six",
        "    7  seven", "    8  eight", "    9  ",
    ]  # fmt: skip
    assert person.asked[-1] == (PROMPT + "7: ", "")


def test_the_line_is_offered_for_editing():
    person = Person(TEXT, "e 3", None)
    person.run()
    assert person.asked[1] == ("", "three")
    assert person.document.text() == TEXT


@pytest.mark.parametrize("typed", ["?", "help", "1 2", "$ 1", "x"])
def test_anything_else_is_the_help(typed):
    person = Person(TEXT, typed, "q")
    person.run()
    assert "\nw         save\n" in person.said


def test_changes_are_not_lost_without_a_word():
    person = Person(TEXT, "d 1", "q", "q!")
    assert person.run() == 0
    assert person.said.endswith("the changes are not saved; w saves them, q! throws them away\n")
    assert person.saved == []


def test_saved():
    person = Person(TEXT, "d 2 $", "w", "q")
    assert person.run() == 0
    assert person.saved == ["one\n"]
    assert person.said.endswith("saved: 1 lines\n")


def test_what_cannot_be_saved_stays_changed():
    person = Person(TEXT, "d 2 $", "w", refuse=True)
    assert person.run() == 1
    assert person.said.endswith("/fstab: read-only file system; mount -o remount,rw /\n")


@given(
    st.lists(
        st.sampled_from(
            ["", "?", "u", "w", "p", "d", "d 2 3", "a 0", ".", "e 1", "/o", "/", "3", "$", "p 3 1"]
        ),
        max_size=15,
    )
)
def test_any_commands(typed):
    """Whatever is typed: it ends, and what was saved last is what the document says."""
    person = Person(TEXT, *typed, ".", "w", ".", "w")
    person.run()
    assert person.saved[-1] == person.document.text()
