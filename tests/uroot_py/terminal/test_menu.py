"""The boot menu, seen through a terminal that knows nothing of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.screen import Scripted
from uroot_py.terminal import full_menu
from uroot_py.terminal.choose import choose as choose_on
from uroot_py.terminal.console import Terminal
from uroot_py.terminal.menu import Decision, Item, Menu
from uroot_py.terminal.screen import wrap

ITEMS = [
    Item("Debian GNU/Linux", cmdline="root=/dev/sda1 ro", details=["kernel: /boot/vmlinuz"]),
    Item("Debian, with Linux 6.1", cmdline="root=/dev/sda1 one", parents=("Advanced options",)),
    Item("Debian, recovery", cmdline="root=/dev/sda1 single", parents=("Advanced options",)),
    Item("Broken Linux", why_not="kernel /boot/gone is missing", details=["grub.cfg line 7"]),
    Item("Fedora", cmdline="root=UUID=1", details=["BLS entry fedora.conf"]),
]


def menu(**options):
    return Menu(options.pop("items", ITEMS), **options)


def choose(*keys, columns=80, rows=24, dumb=False, **options):
    """What the menu decides for KEYS, and the terminal with all that was seen."""
    terminal = Scripted(keys, columns, rows, dumb)
    chosen = choose_on(menu(clock=terminal.clock, **options), terminal)
    assert not terminal.keys
    return chosen, terminal


def boot(index, cmdline=None, by_hand=True):
    text = ITEMS[index].cmdline if cmdline is None else cmdline
    return Decision("boot", index, text, by_hand=by_hand)


CHOICES = [
    pytest.param(["enter"], boot(0), id="default"),
    pytest.param(["down", "down", "down", "enter"], boot(4), id="arrows"),
    pytest.param(["j", "j", "k", "j", "j", "enter"], boot(4), id="letters"),
    pytest.param(["4", "enter"], boot(4), id="digit"),
    pytest.param(["9", "4", "enter"], boot(4), id="digit-without-entry"),
    pytest.param(["end", "home", "end", "enter"], boot(4), id="home-end"),
    pytest.param(["up", "up", "pagedown", "enter"], boot(4), id="borders"),
    pytest.param(["2", "enter", "2", "enter"], boot(2), id="submenu"),
    pytest.param(["2", "right", "down", "enter"], boot(2), id="submenu-by-arrow"),
    pytest.param(["2", "right", "left", "up", "enter"], boot(0), id="submenu-and-back"),
    pytest.param(["2", "right", "escape", "escape", "4", "enter"], boot(4), id="escape"),
    pytest.param(["/", *"reco", "enter", "enter"], boot(2), id="search"),
    pytest.param(["/", *"linux adv", "enter", "enter"], boot(1), id="search-words"),
    pytest.param(["/", *"debian", "down", "down", "enter", "enter"], boot(2), id="search-move"),
    pytest.param(["/", *"fedx", "backspace", "enter", "enter"], boot(4), id="search-corrected"),
    pytest.param(["/", *"zzz", "enter", "enter"], boot(0), id="search-nothing"),
    pytest.param(["/", *"fed", "escape", "enter"], boot(0), id="search-given-up"),
    pytest.param(["3", "enter", "4", "enter"], boot(4), id="broken-entry-is-refused"),
    pytest.param(["d", "x", "?", "x", "l", "x", "enter"], boot(0), id="pages"),
    pytest.param(["s"], Decision("shell"), id="shell"),
    pytest.param(["r", "y"], Decision("reboot"), id="restart"),
    pytest.param(["p", "n", "p", "y"], Decision("poweroff"), id="power-off"),
    pytest.param(["x", "tab", "f5", "ctrl-c", "enter"], boot(0), id="keys-without-meaning"),
    pytest.param(["e", *" quiet", "enter"], boot(0, "root=/dev/sda1 ro quiet"), id="edit"),
    pytest.param(["e", "ctrl-u", "x", "enter"], boot(0, "x"), id="edit-all"),
    pytest.param(["e", "ctrl-u", "ctrl-_", "enter"], boot(0), id="edit-undo"),
    pytest.param(
        ["e", "x", "escape", "e", "enter"], boot(0, "root=/dev/sda1 rox"), id="edit-twice"
    ),
    pytest.param(
        ["e", "x", "escape", "e", "up", "up", "enter"], boot(0), id="edit-back-to-the-first"
    ),
    pytest.param(["e", "x", "escape", "4", "enter"], boot(4), id="edit-is-of-one-entry"),
    pytest.param(
        ["e", "x", "ctrl-c", "enter"], boot(0, "root=/dev/sda1 rox"), id="edit-interrupted"
    ),
]


@pytest.mark.parametrize(("keys", "decision"), CHOICES)
def test_choice(keys, decision):
    assert choose(*keys)[0] == decision


def test_first_screen():
    _, terminal = choose("enter", timeout=10, title="uroot-py 0.1", notices=["2 disks"])
    lines = terminal.seen[0].split("\n")
    assert lines[:7] == [
        "uroot-py 0.1",
        "",
        "> 1  Debian GNU/Linux",
        "  2  Advanced options ->",
        " !3  Broken Linux",
        "  4  Fedora",
        "",
    ]
    assert lines[-2:] == ["2 disks", "Debian GNU/Linux starts in 10 s; any key stops the clock"]


def test_clock_is_seen_and_starts_the_default():
    chosen, terminal = choose(3, timeout=3)
    assert chosen == boot(0, by_hand=False)
    shown = [text.split(" starts in ")[1][:3] for text in terminal.seen if " starts in " in text]
    assert shown == ["3 s", "2 s", "1 s"]


def test_a_second_costs_one_short_line():
    _, terminal = choose(59, "x", "enter", timeout=60)
    before = Scripted(["x", "enter"])
    choose_on(menu(timeout=60, clock=before.clock), before)
    assert terminal.screen.bytes - before.screen.bytes <= 59 * 80


def test_any_key_stops_the_clock():
    assert choose("x", 100, "enter", timeout=5)[0] == boot(0)


def test_default_elsewhere():
    assert choose(1, timeout=1, default=4)[0] == boot(4, by_hand=False)


def test_default_in_a_submenu_marks_the_submenu():
    chosen, terminal = choose(1, timeout=1, default=2)
    assert chosen == boot(2, by_hand=False)
    assert "> 2  Advanced options ->" in terminal.seen[0].split("\n")


def test_broken_default_gives_the_first_that_works():
    assert choose(1, timeout=1, default=3)[0] == boot(0, by_hand=False)


REMARK = "root=UUID=gone is on no disk of this machine"


def remarked():
    items = [Item("First", cmdline="a"), Item("Second", cmdline="root=UUID=gone")]
    items[1].remark = REMARK
    return items


def test_a_remark_is_yellow_and_no_refusal():
    items = remarked()
    chosen, terminal = choose("2", "1", "2", "d", "x", "enter", items=items)
    assert chosen == Decision("boot", 1, "root=UUID=gone")
    first, second, _, _, details, _ = terminal.seen
    assert " ?2  Second" in first.split("\n")
    assert REMARK not in first
    assert f"? {REMARK}" in second.split("\n")
    assert REMARK in details
    chosen, terminal = choose("s", items=items)
    yellow = [terminal.screen.lines()[row] for row in sorted(terminal.screen.yellow)]
    assert (chosen, yellow) == (Decision("shell"), [" ?2  Second"])


def test_a_remark_on_a_line_printer():
    chosen, terminal = choose(*"d 2", "enter", "2", "enter", items=remarked(), dumb=True)
    assert chosen == Decision("boot", 1, "root=UUID=gone")
    assert "?  2 Second" in terminal.seen[0]
    assert REMARK in terminal.seen[-1]


def test_nothing_works_no_clock():
    broken = [Item("a", why_not="no kernel")]
    assert choose(100, "s", items=broken, timeout=1)[0] == Decision("shell")


def test_no_entries_at_all():
    chosen, terminal = choose("enter", "e", "d", "1", "/", "x", "enter", "s", items=[], timeout=1)
    assert chosen == Decision("shell")
    assert "nothing found" in terminal.seen[0]


def test_timeout_zero_starts_without_a_menu():
    terminal = Scripted([0.0])
    assert choose_on(menu(timeout=0), terminal) == boot(0, by_hand=False)
    assert terminal.screen.bytes == 0


def test_timeout_zero_and_a_key_gives_the_menu():
    assert choose("x", 100, "4", "enter", timeout=0)[0] == boot(4)


def test_shown_again_after_a_failure():
    shown = menu(timeout=1)
    terminal = Scripted([1])
    shown.clock = terminal.clock
    choose_on(shown, terminal)
    shown.notices = ["Debian GNU/Linux: kexec_file_load: EPERM: lockdown"]
    again = Scripted([100, "down", "enter", "enter"])
    shown.clock = again.clock
    assert choose_on(shown, again) == boot(1)
    assert "lockdown" in again.seen[0]
    assert "starts in" not in again.seen[0]


def test_no_terminal_decides_at_once():
    assert choose_on(menu(timeout=10), Terminal([])) == boot(0, by_hand=False)
    assert choose_on(menu(items=ITEMS[3:4]), Terminal([])) == Decision("shell", by_hand=False)


def test_details_page():
    _, terminal = choose("3", "d", "x", "enter", "1", "enter")
    assert terminal.seen[2].split("\n")[:5] == [
        "Broken Linux",
        "",
        "cannot be started: kernel /boot/gone is missing",
        "cmdline:",
        "grub.cfg line 7",
    ]


def test_reason_is_shown_below():
    _, terminal = choose("3", "1", "enter")
    assert "! kernel /boot/gone is missing" in terminal.seen[1].split("\n")


def test_long_log_is_read_by_pages():
    lines = [f"line {n}" for n in range(100)]
    keys = ["l", " ", "pageup", "end", "down", "up", "home", "q", "enter"]
    _, terminal = choose(*keys, log=lambda: lines)
    pages = terminal.seen[1:8]
    assert [page.split("\n")[2] for page in pages] == [
        "line 0", "line 20", "line 0", "line 80", "line 80", "line 79", "line 0",
    ]  # fmt: skip
    assert pages[1].split("\n")[-1] == "21 to 40 of 100; any key goes back"


def test_edited_entry_is_marked():
    _, terminal = choose("e", "x", "escape", "enter")
    assert "> 1  Debian GNU/Linux (edited)" in terminal.seen[-1].split("\n")


def test_edit_is_on_the_last_line():
    _, terminal = choose("e", "x", "enter")
    assert terminal.seen[2].split("\n")[-1] == "cmdline: root=/dev/sda1 rox"


def test_long_titles_wrap():
    title = "A system with a name that is much longer than any terminal line could ever be " * 2
    _, terminal = choose("down", "enter", items=[Item(title), ITEMS[4]])
    lines = terminal.seen[0].split("\n")
    assert lines[2].startswith("> 1  A system with")
    assert lines[3].startswith("     ")
    assert " ".join(line[5:].strip() for line in lines[2:5]) == title.strip()


def test_many_entries_scroll():
    items = [Item(f"System {n}") for n in range(100)]
    keys = ["end", "up", "home", "4", "2", "enter"]
    chosen, terminal = choose(*keys, items=items)
    assert chosen == Decision("boot", 41)
    assert [line for line in terminal.seen[1].split("\n") if line.startswith(">")] == [
        "> 100  System 99"
    ]
    assert terminal.seen[-1].count("> ") == 1


def test_control_characters_are_not_sent():
    # The terminal of the tests refuses them: reaching the end is the proof.
    evil = Item("a\x1b[2Jb\r\n\x07c\x9b", cmdline="\x1b]0;x\x07", details=["\x1b[31m"])
    _, terminal = choose("d", "x", "/", "x", "escape", "e", "escape", "enter", items=[evil])
    assert "> 1  a?[2Jb???c?" in terminal.seen[0]


def accepts(*passwords):
    return lambda text: text in passwords


@pytest.mark.parametrize(
    ("keys", "decision"),
    [
        (["e", *"secret", "enter", "x", "enter"], boot(0, "root=/dev/sda1 rox")),
        (["e", *"wrong", "enter", *"secret", "enter", "x", "enter"], boot(0, "root=/dev/sda1 rox")),
        (["e", *["x", "enter"] * 3, "enter"], boot(0)),
        (["e", "escape", "enter"], boot(0)),
        (["s", *"secrett", "backspace", "enter"], Decision("shell")),
        (["s", "escape", "enter"], boot(0)),
        (["enter"], boot(0)),
        (["4", "enter"], boot(4)),
    ],
)
def test_password(keys, decision):
    chosen, terminal = choose(*keys, items=guarded("edit"), password=accepts("secret"))
    assert chosen == decision
    assert not any("secret" in text for text in terminal.seen)


def guarded(*what):
    """The items, each of which needs the password for WHAT: edit, start."""
    items = [Item(i.title, cmdline=i.cmdline, parents=i.parents) for i in ITEMS]
    for item in items:
        for name in what:
            setattr(item, name, accepts("secret"))
    return items


@pytest.mark.parametrize(
    ("dumb", "keys", "decision"),
    [
        (False, ["enter", *"secret", "enter"], boot(0)),
        (False, ["enter", *"guess", "enter", "escape", "s"], Decision("shell")),
        (False, ["4", "enter", *["x", "enter"] * 3, "s"], Decision("shell")),
        (False, ["e", "x", "enter"], boot(0, "root=/dev/sda1 rox")),
        (True, ["1", "enter", *"secret", "enter"], boot(0)),
        (True, ["enter", *"guess", "enter", "escape", "s", "enter"], Decision("shell")),
        (True, [*"e 1", "enter", "x", "enter"], boot(0, "root=/dev/sda1 rox")),
    ],
)
def test_an_entry_that_needs_a_password(dumb, keys, decision):
    assert choose(*keys, items=guarded("start"), dumb=dumb)[0] == decision


@pytest.mark.parametrize(
    ("dumb", "keys"), [(False, ["e", "enter"]), (True, [*"e 1", "enter", "1", "enter"])]
)
def test_a_configuration_may_forbid_to_edit(dumb, keys):
    locked = [Item("Kiosk", cmdline="ro", editable=False)]
    chosen, terminal = choose(*keys, items=locked, dumb=dumb)
    assert chosen == Decision("boot", 0, "ro")
    assert "Its configuration forbids to change its command line." in terminal.seen[-1].split("\n")


def test_small_screen():
    chosen, _ = choose("down", "down", "down", "d", "x", "?", " ", "x", "enter", columns=30, rows=8)
    assert chosen == boot(4)


PLAIN = [
    pytest.param(["enter"], boot(0), id="default"),
    pytest.param(["5", "enter"], boot(4), id="number"),
    pytest.param(["9", "enter", "5", "enter"], boot(4), id="no-such-number"),
    pytest.param(["4", "enter", "5", "enter"], boot(4), id="broken-entry-is-refused"),
    pytest.param([*"e 5", "enter", "x", "enter"], boot(4, "root=UUID=1x"), id="edit"),
    pytest.param([*"e 5", "enter", "x", "escape", "enter"], boot(0), id="edit-given-up"),
    pytest.param([*"d 4", "enter", "?", "enter", "l", "enter", "m", "enter", "5", "enter"], boot(4),
                 id="pages"),
    pytest.param(["/", *"fed", "enter", "5", "enter"], boot(4), id="search"),
    pytest.param(["s", "enter"], Decision("shell"), id="shell"),
    pytest.param(["r", "enter"], Decision("reboot"), id="restart"),
    pytest.param(["p", "enter"], Decision("poweroff"), id="power-off"),
    pytest.param(["ctrl-c", "ctrl-d", "enter"], boot(0), id="control"),
]  # fmt: skip


@pytest.mark.parametrize(("keys", "decision"), PLAIN)
def test_dumb_terminal(keys, decision):
    assert choose(*keys, dumb=True, rows=200)[0] == decision


def test_dumb_terminal_shows_a_list():
    _, terminal = choose("5", "enter", dumb=True, timeout=10)
    assert terminal.seen[0].split("\n") == [
        "",
        "uroot-py",
        "*  1 Debian GNU/Linux",
        "   2 Advanced options > Debian, with Linux 6.1",
        "   3 Advanced options > Debian, recovery",
        "!  4 Broken Linux",
        "   5 Fedora",
        "Debian GNU/Linux starts in 10 s; any key stops the clock",
    ]
    assert terminal.seen[-1].split("\n")[-1] == "Number, or ? for help: 5"


def test_dumb_terminal_counts_down():
    chosen, terminal = choose(3, dumb=True, timeout=3)
    assert chosen == boot(0, by_hand=False)
    assert terminal.seen[-1].split("\n")[-1] == "2 1"


def test_dumb_terminal_asks_for_the_password():
    keys = ["s", "enter", *"no", "enter", *"secret", "enter"]
    assert choose(*keys, dumb=True, password=accepts("secret"))[0] == Decision("shell")


KEYS = st.sampled_from(
    ["up", "down", "left", "right", "enter", "escape", "home", "end", "pageup", "pagedown", "e",
     "d", "/", "l", "?", "1", "2", "3", "4", "x", " ", "backspace", "ctrl-c", "tab", "ctrl-u"]
)  # fmt: skip


@given(st.lists(KEYS, max_size=40), st.integers(6, 90), st.integers(1, 30), st.booleans())
def test_any_keys_on_any_screen(keys, columns, rows, dumb):
    ending = ["ctrl-c", "escape", "escape", "escape", "x", "escape", "s", "enter", "s", "enter"]
    terminal = Scripted([*keys, *ending], columns, rows, dumb)
    chosen = choose_on(menu(log=lambda: ["a line"] * 50), terminal)
    assert chosen.kind in ("boot", "shell")
    if chosen.kind == "boot":
        assert not ITEMS[chosen.index].why_not


def test_a_list_of_any_length_is_drawn_by_its_window(monkeypatch):
    """What is not seen is not looked at: 23,154 submenus took two minutes."""
    wrapped = []

    def counted(*args):
        wrapped.append(args)
        return wrap(*args)

    monkeypatch.setattr(full_menu, "wrap", counted)
    items = [Item("\u4e2d" * 250, parents=(f"sub {n}",)) for n in range(23_154)]
    chosen, terminal = choose("end", "up", "enter", "enter", items=items, timeout=9)
    assert chosen == Decision("boot", 23_152, "")
    assert len(wrapped) < 4 * 3 * 24
    assert "> 23153  sub 23152 ->" in terminal.seen[2]


def test_a_dumb_terminal_gets_the_begin_of_a_long_list():
    items = [Item(f"entry {n}") for n in range(2000)]
    chosen, terminal = choose(*"1999", "enter", items=items, dumb=True, rows=200)
    assert chosen == Decision("boot", 1998, "")
    text = terminal.seen[0]
    assert "and 1900 more: /TEXT looks for them" in text
    assert "100 entry 99\n" in text
    assert "entry 100\n" not in text
