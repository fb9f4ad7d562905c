"""The menu on a whole screen: what is drawn where, and marked how; its keys are in test_menu.py."""

import itertools

import pytest

from tests.support.screen import Scripted
from uroot_py.terminal.full_menu import FullMenu
from uroot_py.terminal.menu import Decision, Item, Menu

NESTED = [
    Item("Linux", cmdline="a"),
    Item("Old ones", cmdline="b"),
    Item("6.1", cmdline="c", parents=("Old ones",)),
    Item("5.10", cmdline="d", parents=("Old ones",)),
    Item("4.19", cmdline="e", parents=("Old ones", "Older")),
]


def run(items, *keys, columns=60, rows=20, **options):
    terminal = Scripted(keys, columns, rows)
    menu = Menu(items, title="T", **options)
    return FullMenu(menu, terminal, None).run(), terminal


def shown(terminal, number=0):
    return terminal.seen[number].split("\n")


def test_an_entry_and_a_submenu_of_one_name_are_two_lines():
    _, terminal = run(NESTED, "s")
    assert shown(terminal)[2:5] == ["> 1  Linux", "  2  Old ones", "  3  Old ones ->"]


def test_a_submenu_in_a_submenu():
    decision, terminal = run(NESTED, "3", "right", "3", "right", "enter")
    assert decision == Decision("boot", 4, "e")
    assert shown(terminal, 2)[0] == "T > Old ones"
    assert shown(terminal, 2)[2:5] == ["> 1  6.1", "  2  5.10", "  3  Older ->"]
    assert shown(terminal, 4)[0] == "T > Old ones > Older"


def test_back_marks_where_one_came_from():
    _, terminal = run(NESTED, "3", "right", "3", "right", "left", "left", "s")
    assert shown(terminal, 5)[4] == "> 3  Older ->"
    assert shown(terminal, 6)[4] == "> 3  Old ones ->"


def test_only_the_marked_entry_is_reversed_with_all_its_lines():
    long = " ".join(["word"] * 30)
    terminal = Scripted(["s"], 60, 20)
    menu = FullMenu(Menu([Item("one"), Item(long), Item("three")], default=1), terminal, None)
    menu.draw()
    assert terminal.screen.marked == {3, 4, 5}
    assert ["word" in line for line in terminal.screen.lines()[2:7]] == [
        False, True, True, True, False,
    ]  # fmt: skip


@pytest.mark.parametrize("what", ["notice", "reason"])
def test_a_long_text_below_the_entries_has_four_lines(what):
    text = " ".join(["lengthy"] * 60)
    items = [Item("one", why_not=text if what == "reason" else "")]
    _, terminal = run(items, "s", notices=[text] if what == "notice" else ())
    assert sum("lengthy" in line for line in shown(terminal)) == 4


def test_a_page_moves_by_the_keys_that_its_help_names():
    texts = [f"line {n}" for n in range(1, 41)]
    keys = ["l", "down", "down", "up", "pagedown", " ", "b", "pageup", "end", "home", "x", "s"]
    _, terminal = run([Item("one")], *keys, log=lambda: texts)
    assert [shown(terminal, n)[2] for n in range(1, 11)] == [
        "line 1", "line 2", "line 3", "line 2", "line 18", "line 25", "line 9", "line 1",
        "line 25", "line 1",
    ]  # fmt: skip
    assert "18 to 33 of 40; any key goes back" in shown(terminal, 5)


def test_a_page_that_fits_does_not_move():
    _, terminal = run([Item("one")], "l", "down", "s", log=lambda: ["only"])
    assert shown(terminal, 1)[2] == "only"
    assert shown(terminal, 2)[0] == "T"


def test_the_marked_entry_is_always_on_the_screen():
    items = [Item(f"entry {n}") for n in range(1, 41)]
    keys = ["down"] * 39 + ["up"] * 39
    _, terminal = run(items, *keys, "s", rows=12)
    for number, place in enumerate([*range(1, 41), *range(39, 0, -1)]):
        marked = [line for line in shown(terminal, number) if line.startswith(">")]
        assert [line.split()[-1] for line in marked] == [str(place)]


def test_page_keys_and_borders():
    items = [Item(f"entry {n}") for n in range(1, 41)]
    keys = ["pagedown", "pagedown", "pageup", "end", "home", "up", "j", "k"]
    _, terminal = run(items, *keys, "s")
    places = [
        next(line for line in shown(terminal, n) if line.startswith(">")).split()[-1]
        for n in range(len(keys) + 1)
    ]
    assert places == ["1", "13", "25", "13", "40", "1", "1", "2", "1"]


def test_digits_make_a_number_as_long_as_there_is_such_an_entry():
    items = [Item(f"entry {n}", cmdline=str(n)) for n in range(1, 41)]
    for keys, place in ((["3", "9"], 39), (["3", "9", "9"], 9), (["4", "1"], 1), (["0"], 1)):
        decision, _ = run(items, *keys, "enter")
        assert decision.cmdline == str(place)


def test_a_search_shows_whole_paths_and_what_is_typed():
    decision, terminal = run(NESTED, "/", "o", "L", "5", "backspace", "down", "enter", "enter")
    assert shown(terminal, 3)[2:6] == [
        "> 1  Old ones", "  2  Old ones > 6.1", "  3  Old ones > 5.10",
        "  4  Old ones > Older > 4.19",
    ]  # fmt: skip
    assert "Search: oL_   Enter takes the marked entry, Escape ends" in shown(terminal, 3)
    assert decision == Decision("boot", 2, "c")


def test_an_edited_line_is_said():
    _, terminal = run(NESTED, "e", "x", "escape", "s")
    assert "> 1  Linux (edited)" in shown(terminal, -1)


@pytest.mark.parametrize(("key", "kind"), [("r", "reboot"), ("p", "poweroff")])
def test_the_machine_is_not_stopped_by_one_key(key, kind):
    assert run(NESTED, key, "n", key, "enter", key, "y")[0] == Decision(kind)


def test_what_comes_next_begins_below_the_menu():
    _, terminal = run([Item("one")], "s", rows=12)
    assert (terminal.screen.row, terminal.screen.column) == (11, 0)
    # A line further up than it was drawn: the last row is free.
    assert terminal.screen.lines()[1] == "> 1  one"


def test_a_search_begins_with_the_first_that_fits():
    decision, terminal = run([Item("one"), Item("two"), Item("three")], "3", "/", "enter", "enter")
    assert shown(terminal, 2)[2:5] == ["> 1  one", "  2  two", "  3  three"]
    assert decision == Decision("boot", 0, "")


@pytest.mark.parametrize(
    ("rows", "shows"),
    [
        (5, ["Log", "", "a", "", "1 to 1 of 3; any key goes back"]),
        (6, ["Log", "", "a", "b", "", "1 to 2 of 3; any key goes back"]),
    ],
)
def test_a_page_on_a_low_terminal(rows, shows):
    _, terminal = run([Item("one")], "l", "x", "s", log=lambda: ["a", "b", "c"], rows=rows)
    assert shown(terminal, 1) == shows


class Late:
    """Changes MENU when the person waits: a step of STEPS each time; (items, default) each."""

    def __init__(self, *steps):
        self.steps = list(steps)
        self.menu: Menu
        self.asked = 0

    def filenos(self):
        return []

    def pause(self):
        return 1.0

    def again(self):
        self.asked += 1

    def take(self):
        if not self.steps:
            return False
        self.menu.replace(*self.steps.pop(0))
        return True


def late(items, keys, *steps, seconds=None, **options):
    terminal = Scripted(keys)
    source = Late(*steps)
    menu = source.menu = Menu(
        items, title="T", clock=terminal.clock, late=source, timeout=seconds, **options
    )
    return FullMenu(menu, terminal, seconds).run(), terminal


A, B, C = (Item(name, cmdline=name.lower()) for name in "ABC")


def test_what_comes_late_does_not_move_the_mark():
    decision, terminal = late([A, B], ["down", 1.0, "enter"], ([C, A, B], 0))
    assert shown(terminal, -1)[2:5] == ["  1  C", "  2  A", "> 3  B"]
    assert decision == Decision("boot", 2, "b")


def test_what_goes_while_it_is_marked_is_said():
    decision, terminal = late([A, B, C], ["down", 1.0, "s"], ([A, C], 0))
    assert shown(terminal, -1)[2:4] == ["  1  A", "> 2  C"]
    assert "B is gone." in shown(terminal, -1)
    assert decision == Decision("shell")


def test_the_last_row_goes():
    _, terminal = late([A, B], ["down", 1.0, "s"], ([A], 0))
    assert shown(terminal, -1)[2] == "> 1  A"
    _, terminal = late([A], [1.0, "enter", "s"], ([], -1))
    assert "A is gone." in shown(terminal, 1)
    assert shown(terminal, -1)[2] == "  nothing found"


def test_an_edited_line_stays_with_its_entry():
    keys = ["down", "e", "z", "escape", 1.0, "enter"]
    decision, _ = late([A, B], keys, ([C, A, B], 0))
    assert decision == Decision("boot", 2, "bz")


def test_a_submenu_that_is_open_stays_open_under_another_name():
    inner, other = Item("I", parents=("More",)), Item("J", parents=("More",))
    named = Item("I", parents=("More (sda)",)), Item("J", parents=("More (sda)",))
    terminal = Scripted(["down", "right", "down", 1.0, "enter"])

    class Renamed(Late):
        def take(self):
            if not super().take():
                return False
            for item, new in zip((inner, other), named, strict=True):
                item.parents = new.parents
            return True

    source = Renamed(([A, inner, other, C], 0))
    menu = source.menu = Menu([A, inner, other], title="T", clock=terminal.clock, late=source)
    decision = FullMenu(menu, terminal, None).run()
    assert shown(terminal, -1)[0] == "T > More (sda)"
    assert shown(terminal, -1)[3] == "> 2  J"
    assert decision.index == 2


def test_a_submenu_whose_disk_goes_is_left():
    inner = Item("I", parents=("More",))
    _, terminal = late([A, inner], ["down", "right", 1.0, "s"], ([A], 0))
    assert shown(terminal, -1)[0] == "T"
    assert "I is gone." in shown(terminal, -1)


def test_the_clock_begins_with_the_first_default():
    broken = Item("broken", why_not="no kernel")
    decision, terminal = late([broken], [1.0, 9.0], ([broken, A], 1), seconds=5)
    assert decision == Decision("boot", 1, "a", by_hand=False)
    assert terminal.now == 6
    assert shown(terminal, -1)[3] == "> 2  A"


def test_another_default_starts_the_clock_anew_but_not_for_who_has_pressed_a_key():
    decision, terminal = late([A], [3.0, 9.0], ([A, B], 1), seconds=5)
    assert (decision, terminal.now) == (Decision("boot", 1, "b", by_hand=False), 6)
    decision, _ = late([A], ["down", 3.0, "enter"], ([A, B], 1), seconds=5)
    assert decision == Decision("boot", 0, "a")


def test_the_clock_runs_on_when_the_default_stays():
    decision, terminal = late([A], [9.0], ([A, B], 0), seconds=5)
    assert (decision.index, terminal.now) == (0, 5)


def test_the_clock_stops_when_the_default_goes():
    decision, _ = late([A], [9.0, "s"], ([], -1), seconds=5)
    assert decision == Decision("shell")


@pytest.mark.parametrize("key", ["R", "f5"])
def test_a_key_looks_again(key):
    terminal = Scripted([key, "s"])
    source = Late(([A, B], 0))
    menu = source.menu = Menu([A], title="T", clock=terminal.clock, late=source)
    FullMenu(menu, terminal, None).run()
    assert source.asked == 1
    assert shown(terminal, -1)[2:4] == ["> 1  A", "  2  B"]


def drawn(keys):
    """The characters that each of KEYS brings to the terminal."""
    sizes = []

    class Counting(Scripted):
        def key(self, seconds=None, also=()):
            sizes.append(self.screen.bytes)
            return super().key(seconds, also)

    terminal = Counting(keys)
    FullMenu(Menu([A, B, C], title="T", clock=terminal.clock, late=Late()), terminal, None).run()
    return [after - before for before, after in itertools.pairwise(sizes)]


def test_control_l_draws_everything():
    moved, whole = drawn(["down", "ctrl-l", "s"])
    assert moved < whole
    assert whole > len("T  1  A  2  B  3  C")


def test_who_comes_to_a_line_that_was_silent_sees_everything():
    """A terminal may have been attached meanwhile: what was drawn before went to nobody."""

    class Slow(Scripted):
        def key(self, seconds=None, also=()):
            self.now += pauses.pop(0)
            sizes.append(self.screen.bytes)
            return super().key(seconds, also)

    sizes: list[int] = []
    pauses = [1, 20, 1]
    terminal = Slow(["down", "up", "s"])
    FullMenu(Menu([A, B], title="T", clock=terminal.clock), terminal, None).run()
    first, second = sizes[1] - sizes[0], sizes[2] - sizes[1]
    assert second > 2 * first


def test_a_console_that_is_attached_later_gets_the_whole_screen():
    class Attached(Scripted):
        def attach(self):
            return len(self.seen) == 1

    terminal = Attached(["down", "s"])
    FullMenu(Menu([A, B], title="T", clock=terminal.clock), terminal, None).run()
    whole = terminal.screen.bytes
    plain = Scripted(["down", "s"])
    FullMenu(Menu([A, B], title="T", clock=plain.clock), plain, None).run()
    assert whole > plain.screen.bytes + len("T  1  A  2  B")
