"""The progress line: bytes and seconds, on a terminal only."""

import io

from tests.support.screen import Screen
from uroot_py.terminal.progress import Meter

MIB = 1 << 20


class Terminal(io.StringIO):
    """A stream that is a terminal of 80 columns."""

    def __init__(self):
        super().__init__()
        self.screen = Screen()

    def isatty(self):
        return True

    def write(self, text):
        self.screen.write(text)
        return len(text)


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def test_bytes_and_seconds():
    stream, clock = Terminal(), Clock()
    meter = Meter(stream, clock)
    meter("vmlinuz", 0, 9 * MIB)
    assert stream.screen.text() == ""
    clock.now += 2
    meter("vmlinuz", 3 * MIB, 9 * MIB)
    assert stream.screen.text() == "vmlinuz: 3.0 MiB of 9.0 MiB, 33 %, 2 s"
    clock.now += 0.1
    meter("vmlinuz", 4 * MIB, 9 * MIB)
    assert "33 %" in stream.screen.text()
    clock.now += 1
    meter("initrd.img", MIB, 0)
    assert stream.screen.text() == "initrd.img: 1.0 MiB, 0 s"
    meter.close()
    assert stream.screen.text() == ""


def test_long_and_hostile_names_stay_on_one_line():
    stream, clock = Terminal(), Clock()
    meter = Meter(stream, clock)
    clock.now += 5
    meter("/boot/\x1b[2J" + "x" * 200 + ".img", 1, 2)
    assert stream.screen.text().endswith("xxx.img: 1 B of 2 B, 50 %, 0 s")
    assert len(stream.screen.text()) == 79


def test_no_terminal_no_line():
    stream, clock = io.StringIO(), Clock()
    meter = Meter(stream, clock)
    clock.now += 100
    meter("vmlinuz", 1, 2)
    meter.close()
    assert stream.getvalue() == ""
