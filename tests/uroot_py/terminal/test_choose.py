"""Which form of the menu a terminal gets, and when there is none."""

import pytest

from tests.support.screen import Scripted
from uroot_py.terminal.choose import choose
from uroot_py.terminal.console import Hangup
from uroot_py.terminal.menu import Decision, Item, Menu

ITEMS = [Item("one", cmdline="a"), Item("two", cmdline="b")]


@pytest.mark.parametrize(
    ("dumb", "keys", "text"),
    [(False, ["down", "enter"], "Enter start  e edit"), (True, ["2", "enter"], "Number, or ?")],
)
def test_the_form_is_the_terminals(dumb, keys, text):
    terminal = Scripted(keys, dumb=dumb)
    assert choose(Menu(ITEMS), terminal) == Decision("boot", 1, "b")
    assert text in terminal.seen[-1]


def test_what_was_marked_is_marked_again():
    menu = Menu(ITEMS, timeout=5)
    choose(menu, Scripted(["down", "enter"]))
    assert (menu.marked, menu.timeout) == (1, None)
    again = Scripted(["s"])
    assert choose(menu, again) == Decision("shell")
    assert "> 2  two" in again.seen[0]


class Gone(Scripted):
    def key(self, seconds=None, also=()):
        raise Hangup


def test_a_terminal_that_goes_away_decides_nothing():
    menu = Menu(ITEMS, default=1, timeout=5)
    assert choose(menu, Gone([])) == Decision("boot", 1, "b", by_hand=False)
    assert menu.timeout is None


def test_time_out_0_waits_for_a_key_that_is_pressed_already():
    assert choose(Menu(ITEMS, timeout=0), Scripted([0.0])).by_hand is False
    assert choose(Menu(ITEMS, timeout=0), Scripted(["x", "s"])) == Decision("shell")


def test_time_out_0_without_anything_to_start_is_the_menu():
    menu = Menu([Item("bad", why_not="gone")], timeout=0)
    assert choose(menu, Scripted(["s"])) == Decision("shell")
