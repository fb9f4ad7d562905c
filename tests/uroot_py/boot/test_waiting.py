"""Waiting for disks: how long, what is shown, which keys count; time is a number here."""

import os

import pytest

from tests.support.screen import Scripted
from uroot_py.boot.preference import FILE
from uroot_py.boot.survey import Survey
from uroot_py.boot.waiting import Arrivals, Waiting, limit
from uroot_py.machine.sysroot import Sysroot


class Later:
    """A source that says that it waits for WHAT until LOOKS looks were taken."""

    nothing = "nothing"
    own_limits = False

    def __init__(self, what="disks", looks=10**6):
        self.what = what
        self.left = looks
        self.asked = 0
        self.reader, self.writer = os.pipe()

    def look(self, survey):
        pass

    def fileno(self):
        return self.reader

    def more(self, survey):
        self.left -= 1
        return self.left == 0

    def waiting(self):
        return self.what if self.left > 0 else ""

    def again(self):
        self.asked += 1

    def close(self):
        os.close(self.reader)
        os.close(self.writer)


@pytest.fixture
def source():
    made = Later()
    yield made
    made.close()


def waits(source, terminal, given=(False, None), **options):
    survey, clock = Survey([source]), terminal.clock
    return Waiting(survey, lambda: source.left <= 0, given, clock=clock, **options).at(terminal)


def test_thirty_seconds_while_something_is_still_to_come(source):
    terminal = Scripted([100.0])
    assert waits(source, terminal)
    assert 30 <= terminal.now < 31
    lines = list(dict.fromkeys(terminal.seen))
    assert lines[0] == "waiting for disks: 0 s of 30; Enter looks again, s gives a shell"
    assert lines[12] == "waiting for disks: 12 s of 30; Enter looks again, s gives a shell"
    assert len(lines) == 30
    assert terminal.screen.text() == ""  # the line goes with the waiting


def test_five_seconds_where_nothing_says_so(source):
    source.what = ""
    terminal = Scripted([100.0])
    assert waits(source, terminal)
    assert 5 <= terminal.now < 6
    assert terminal.seen[-1] == "waiting for disks: 4 s of 5; Enter looks again, s gives a shell"


@pytest.mark.parametrize("looks", [2, 20])
def test_no_longer_than_until_it_is_there(looks):
    source = Later(looks=looks)
    terminal = Scripted([100.0])
    assert waits(source, terminal)
    assert terminal.now < 5
    source.close()


def test_what_the_machine_says(source):
    terminal = Scripted([100.0])
    assert waits(source, terminal, (True, 12.0))
    assert 12 <= terminal.now < 13
    assert "waiting for disks: 11 s of 12;" in terminal.seen[-1]


def test_for_ever(source):
    terminal = Scripted([5000.0, "s"])
    assert waits(source, terminal, (True, None)) is False
    assert int(terminal.now + 0.5) == 5000
    assert terminal.seen[-1] == "waiting for disks: 5000 s; Enter looks again, s gives a shell"


def test_not_at_all(source):
    assert waits(source, Scripted([]), (True, 0.0))


def test_enter_looks_again_and_other_keys_do_nothing(source):
    terminal = Scripted([1.0, "enter", "x", "enter", 100.0])
    assert waits(source, terminal)
    assert source.asked == 2
    assert terminal.now >= 30


@pytest.mark.parametrize(
    ("what", "text"),
    [
        pytest.param("disk", "disk: 2 s of 30; Enter shows the menu, s gives a shell", id="room"),
        pytest.param(
            "uroot.disk=LABEL=system",
            "uroot.disk=LABEL=system: 2 s of 30; Enter shows the menu",
            id="a label",
        ),
        pytest.param(
            "uroot.disk=UUID=5c34f691-e377-51b6-8d44-c66b20fe7e3d",
            "uroot.disk=UUID=5c34f691-e377-51b6-8d44-c66b20fe7e3d: 2 s of 30",
            id="a UUID",
        ),
        pytest.param("x" * 99, "x" * 55 + ">: 2 s of 30", id="too long for any line"),
    ],
)
def test_what_is_awaited_is_seen_and_then_the_keys(source, what, text):
    terminal = Scripted([3.0, "enter"])
    assert waits(source, terminal, what=what, there=lambda: True)
    assert terminal.seen[-1] == f"waiting for {text}"


def test_where_nothing_comes_later_nobody_waits(source):
    source.fileno = lambda: -1
    assert waits(source, Scripted([]))


def test_alone(source):
    """Nobody at a terminal: it ends by itself."""
    now = [0.0]

    def clock():
        now[0] += 0.5
        return now[0]

    Waiting(Survey([source]), lambda: False, (True, 20.0), clock=clock).alone()
    assert now[0] >= 20


def test_a_storm_is_looked_at_five_times_a_second(source):
    """Whatever is readable, and however often it is asked."""
    now = [0.0]
    arrivals = Arrivals(Survey([source]), lambda: now[0])
    os.write(source.writer, b"x")
    before = source.left
    for _ in range(1000):
        assert arrivals.filenos() in ([source.reader], [])
        arrivals.take()
        assert arrivals.filenos() == []
        now[0] += 0.001
    assert before - source.left == 5
    source.what = ""  # and then nothing is looked at any more
    os.read(source.reader, 1)
    for _ in range(10):
        now[0] += 1
        assert arrivals.filenos() == [source.reader]
        assert not arrivals.take()
    assert before - source.left == 5


@pytest.mark.parametrize(
    ("words", "found", "said"),
    [
        pytest.param("quiet", (False, None), [], id="none"),
        pytest.param("uroot.wait=7", (True, 7.0), [], id="seconds"),
        pytest.param("uroot.wait=forever", (True, None), [], id="forever"),
        pytest.param(
            "uroot.wait=soon",
            (False, None),
            ["uroot.wait: expected a number such as 4096 or 0x1000, found 'soon'"],
            id="no number",
        ),
    ],
)
@pytest.mark.parametrize("place", ["/proc/cmdline", FILE])
def test_the_word_of_the_machine(words, found, said, place, tmp_path):
    (tmp_path / place[1:]).parent.mkdir(parents=True)
    (tmp_path / place[1:]).write_text(words + "\n")
    lines: list[str] = []
    assert limit(Sysroot(str(tmp_path)), lines.append) == found
    assert lines == said
