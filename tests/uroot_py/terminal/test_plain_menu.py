"""The menu line by line: the list, the answers, the clock."""

import pytest

from tests.support.screen import Scripted
from uroot_py.terminal.menu import Decision, Item, Menu
from uroot_py.terminal.plain_menu import PlainMenu

ITEMS = [
    Item("Linux", cmdline="a", details=["kernel: /vmlinuz"]),
    Item("Rescue", cmdline="b", parents=("More",)),
    Item("Broken", why_not="no kernel", details=["line 7"]),
    Item("Locked", cmdline="d", editable=False),
]


class Paper(Scripted):
    """What comes out of a printing terminal, however long."""

    def __init__(self, keys):
        super().__init__(keys, dumb=True)
        self.text = ""

    def write(self, text):
        self.text += text


def run(*typed, seconds=None, items=ITEMS, **options):
    keys = [
        key if isinstance(key, float) else each
        for key in typed
        for each in ([key] if isinstance(key, float) else [*key, "enter"])
    ]
    terminal = Paper(keys)
    menu = Menu(items, title="T", clock=terminal.clock, **options)
    return PlainMenu(menu, terminal, seconds).run(), terminal.text


def test_the_list():
    _, text = run("s")
    assert text.startswith("\nT\n*  1 Linux\n   2 More > Rescue\n!  3 Broken\n   4 Locked\n")


@pytest.mark.parametrize(
    ("typed", "decision"),
    [
        ([""], Decision("boot", 0, "a")),
        (["2"], Decision("boot", 1, "b")),
        (["99", "0", "2"], Decision("boot", 1, "b")),
        (["3", "4"], Decision("boot", 3, "d")),
        (["e 4", "r"], Decision("reboot")),
        (["what", "p"], Decision("poweroff")),
        (["m", "l", "d", "s"], Decision("shell")),
    ],
)
def test_answers(typed, decision):
    assert run(*typed)[0] == decision


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("99", "There is no entry 99.\n"),
        ("3", "This entry cannot be started: no kernel\n"),
        ("e 4", "Its configuration forbids to change its command line.\n"),
        ("d 3", "Broken\ncannot be started: no kernel\ncmdline: \nline 7\n"),
        ("d", "Linux\ncmdline: a\nkernel: /vmlinuz\n"),
        ("/RES", "\nT\n   2 More > Rescue\n"),
        ("l", "sda: nothing\n"),
        ("?", "N        start entry N; Enter alone: the default\n"),
    ],
)
def test_what_is_said(typed, said):
    assert said in run(typed, "s", log=lambda: ["sda: nothing"])[1]


def test_nothing_can_be_started():
    assert "Nothing can be started.\n" in run("", "s", items=[Item("x", why_not="y")])[1]


def test_the_clock():
    decision, text = run(3.0, seconds=3)
    assert decision == Decision("boot", 0, "a", by_hand=False)
    assert "Linux starts in 3 s; any key stops the clock\n2 1 0 \n" in text


def test_the_key_that_stops_the_clock_is_the_first_of_the_answer():
    assert run(1.0, "2", seconds=5)[0] == Decision("boot", 1, "b")


def right(word):
    return word == "right"


def locked():
    """An entry whose start and whose editing need a password."""
    item = Item("Linux", cmdline="a")
    item.start = item.edit = right
    return [item, Item("free", cmdline="b")]


@pytest.mark.parametrize("typed", ["s", "e 1", "1", ""])
def test_a_password_is_asked_for_three_times(typed):
    decision, text = run(typed, "wrong", "", "no", "2", items=locked(), password=right)
    assert decision == Decision("boot", 1, "b")
    assert text.count("Password: ") == 3
    assert "The right password was not given.\n" in text
    assert "wrong" not in text


@pytest.mark.parametrize(
    ("typed", "decision"), [("s", Decision("shell")), ("1", Decision("boot", 0, "a"))]
)
def test_the_right_password(typed, decision):
    assert run(typed, "wrong", "right", items=locked(), password=right)[0] == decision
