"""Real terminals: several at once, slow ones, ones that go away."""

import os
import sys
import termios
import threading

import pexpect
import pytest

from tests.support.screen import Screen
from uroot_py.abi import tty
from uroot_py.terminal.choose import choose
from uroot_py.terminal.console import Console, Hangup, Terminal
from uroot_py.terminal.menu import Decision, Item, Menu

ITEMS = [Item("First", cmdline="one"), Item("Second", cmdline="two"), Item("Bad", why_not="gone")]


class Pty:
    """A pair of pseudo-terminals: what a person types and sees, and what we have."""

    def __init__(self):
        self.person, self.ours = os.openpty()
        self.console = Console(self.ours, self.ours)

    def type(self, data):
        os.write(self.person, data)

    def seen(self):
        os.set_blocking(self.person, False)
        try:
            return os.read(self.person, 65536)
        except BlockingIOError:
            return b""
        finally:
            os.set_blocking(self.person, True)

    def hang_up(self):
        os.close(self.person)
        self.person = -1

    def close(self):
        os.close(self.ours)
        if self.person >= 0:
            os.close(self.person)


@pytest.fixture
def two():
    pair = [Pty(), Pty()]
    yield pair
    for pty in pair:
        pty.close()


def test_modes_come_back(two):
    fd = two[0].ours
    before = termios.tcgetattr(fd)
    with Terminal([two[0].console]):
        raw = termios.tcgetattr(fd)
        assert not raw[3] & (termios.ECHO | termios.ICANON | termios.ISIG)
        assert raw[1] & termios.OPOST
    assert termios.tcgetattr(fd) == before


def test_a_line_that_takes_nothing_holds_nobody(two):
    """A blocking descriptor, as process 1 and the menu have it, behind Ctrl-S."""
    pty = two[0]

    def work():
        with Terminal([pty.console]) as terminal:
            termios.tcflow(pty.ours, termios.TCOOFF)
            terminal.write("x" * 100_000)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(60)
    stuck = thread.is_alive()
    termios.tcflow(pty.ours, termios.TCOON)
    assert not stuck


def test_sane_repairs_what_a_crash_has_left(two):
    fd = two[0].ours
    before = termios.tcgetattr(fd)
    tty.raw(fd)
    tty.sane(fd)
    after = termios.tcgetattr(fd)
    assert [after[0], after[1], after[3]] == [before[0], before[1], before[3]]


def test_keys_come_from_any_console_and_text_goes_to_all(two):
    with Terminal([pty.console for pty in two]) as terminal:
        two[1].type(b"b")
        assert terminal.key() == "b"
        two[0].type(b"\x1b[A")
        assert terminal.key() == "up"
        terminal.write("both\n")
        assert [pty.seen() for pty in two] == [b"both\r\n"] * 2


def test_sequences_of_two_consoles_do_not_mix(two):
    with Terminal([pty.console for pty in two]) as terminal:
        two[0].type(b"\x1b[")
        assert terminal.key(0.01) == ""
        two[1].type(b"x")
        assert terminal.key() == "x"
        two[0].type(b"B")
        assert terminal.key() == "down"


def test_escape_alone_is_a_key(two):
    with Terminal([two[0].console]) as terminal:
        two[0].type(b"\x1b")
        assert terminal.key() == "escape"


def test_no_key_in_time(two):
    with Terminal([two[0].console]) as terminal:
        assert terminal.key(0) == ""
        assert not terminal.waiting()
        two[0].type(b"x")
        assert terminal.waiting()


def test_one_console_hangs_up_the_other_goes_on(two):
    with Terminal([pty.console for pty in two]) as terminal:
        two[0].hang_up()
        two[1].type(b"x")
        assert terminal.key() == "x"
        terminal.write("still\n")
        two[1].hang_up()
        with pytest.raises(Hangup, match=r"^the terminal is gone$"):
            terminal.key()


def test_stuck_console_does_not_stop_the_others(two):
    stuck = Console.open(os.ttyname(two[0].ours))
    terminal = Terminal([stuck, two[1].console])
    for _ in range(40):
        terminal.write("x" * 500 + "\n")
        assert two[1].seen().count(b"x") == 500
    stuck.close()


def test_size_is_the_smallest(two):
    termios.tcsetwinsize(two[0].ours, (50, 132))
    assert Terminal([pty.console for pty in two]).size() == (80, 24)
    termios.tcsetwinsize(two[1].ours, (10, 40))
    assert Terminal([pty.console for pty in two]).size() == (40, 10)


def test_menu_on_two_consoles(two):
    tty.raw(two[1].ours)  # or it would echo what is typed before the menu is there
    two[1].type(b"\x1b[B\r")
    menu = Menu(ITEMS, timeout=100)
    assert choose(menu, Terminal([pty.console for pty in two])) == Decision("boot", 1, "two")
    first, second = (pty.seen() for pty in two)
    assert first == second
    assert first


def test_menu_without_any_console_left_starts_the_default(two):
    two[0].hang_up()
    menu = Menu(ITEMS, timeout=100)
    chosen = choose(menu, Terminal([two[0].console]))
    assert chosen == Decision("boot", 0, "one", by_hand=False)


def test_pipe_is_no_terminal():
    reader, writer = os.pipe()
    assert not Terminal([Console(reader, writer)]).is_terminal
    os.close(reader)
    os.close(writer)


# -- transcripts: a person at a terminal ----------------------------------------------------

PROGRAM = """
from uroot_py.terminal.choose import choose
from uroot_py.terminal.console import Terminal
from uroot_py.terminal.menu import Item, Menu
items = [Item("First", cmdline="one"), Item("Second", cmdline="two"), Item("Bad", why_not="gone"),
         Item("Third", cmdline="three", parents=("More",))]
menu = Menu(items, timeout={timeout}, password={password}, log=lambda: ["sda: nothing"])
while True:
    chosen = choose(menu, Terminal.standard())
    if chosen.index != 1:
        break
    menu.notices = ["Second: kernel is damaged"]
print("CHOSEN", chosen)
"""


class Person:
    """A child with the menu, and the screen that its person sees."""

    def __init__(self, term="vt100", timeout="None", password="None"):
        program = PROGRAM.format(timeout=timeout, password=password)
        env = {**os.environ, "TERM": term}
        self.child = pexpect.spawn(
            sys.executable, ["-c", program], env=env, timeout=20, encoding="utf-8"
        )
        self.child.delaybeforesend = None
        self.screen = Screen()

    def see(self, text):
        self.child.expect_exact(text)
        self.screen.write(self.child.before + text)

    def press(self, keys):
        self.child.send(keys)

    def end(self, text):
        self.child.expect_exact(f"CHOSEN {text}\r\n")
        self.child.expect(pexpect.EOF)
        self.child.close()


def test_transcript_of_the_clock():
    person = Person(timeout="2")
    person.see("First starts in 2 s")
    person.see("First starts in 1 s")
    person.end("<boot 0 'one' by itself>")


def test_transcript_of_a_failed_entry_and_an_edit():
    person = Person(timeout="100")
    person.see("any key stops the clock")
    person.press("\x1b[B")
    person.see("? help")
    person.press("\r")
    person.see("Second: kernel is damaged")
    person.see("? help")
    person.press("\x1b[A")
    person.press("e")
    person.see("cmdline: one")
    person.press(" quiet\x1b[D\x1b[D\x1b[D\x1b[D\x1b[D\x15single \r")
    person.end("<boot 0 'single quiet'>")


def test_transcript_of_a_search():
    person = Person()
    person.see("? help")
    person.press("/th")
    person.see("Search: th_")
    person.press("\r")
    person.see("uroot-py > More")
    person.press("\r")
    person.end("<boot 3 'three'>")


def test_transcript_of_a_password():
    person = Person(password="lambda text: text == 'open'")
    person.see("? help")
    person.press("s")
    person.see("Password: ")
    person.press("wrong\r")
    person.see("Password: ")
    person.press("open\r")
    person.end("<shell -1 ''>")


def test_transcript_of_a_dumb_terminal():
    person = Person(term="dumb", timeout="3")
    person.see("First starts in 3 s; any key stops the clock\r\n")
    person.see("2 ")
    person.press("2")
    person.see("Number, or ? for help: 2")
    person.press("\r")
    person.see("Second: kernel is damaged")
    person.see("Number, or ? for help: ")
    person.press("e 4\r")
    person.see("cmdline: three")
    person.press("x\r")
    person.end("<boot 3 'threex'>")
    assert "\x1b" not in person.screen.text()
