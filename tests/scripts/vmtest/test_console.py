"""The serial line: what is matched, what fails a step, what is kept."""

import io
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.vmtest.case import Expect, Run, Session
from scripts.vmtest.console import Console
from scripts.vmtest.failure import StarvedError, StepFailedError


class Line:
    """A console with both ends in our hands."""

    def __init__(self):
        self.source, self.guest_out = os.pipe()
        self.guest_in, self.sink = os.pipe()
        self.log = io.BytesIO()
        self.console = Console(self.source, self.sink, self.log)

    def says(self, text, *, end=True):
        os.write(self.guest_out, text.encode())
        if end:
            os.close(self.guest_out)
        return self.console

    def close(self):
        for fd in (self.source, self.guest_out, self.guest_in, self.sink):
            try:
                os.close(fd)
            except OSError:
                continue


@pytest.fixture
def line():
    made = Line()
    yield made
    made.close()


def test_matches_follow_each_other(line):
    console = line.says("one two\r\none\r\n")
    assert console.expect("one", 5).start() == 0
    assert console.expect("^one$", 5).start() == 8
    assert console.last_lines(1) == "one"
    assert line.log.getvalue() == b"one two\r\none\r\n"


CLEANED = [
    pytest.param("\x1b[2J\x1b[1;31mred\x1b[0m", "red", id="colours"),
    pytest.param("a\x1b(Bb\x1b=c\x1b[?25ld", "abcd", id="modes"),
    pytest.param("a\0b\n", "ab\n", id="NUL"),
    pytest.param("10 %\r20 %\rdone\r\n", "10 %\n20 %\ndone\n", id="a line written over"),
    pytest.param("a\r\r\n\rb\n\r\rc", "a\nb\nc", id="carriage returns that begin nothing"),
    pytest.param("\r\nb", "\nb", id="an empty line"),
    pytest.param("ab\b\bXab\n", "Xab\n", id="back, and written again"),
    pytest.param("abc\b \b\b \bz", "az", id="erased"),
    pytest.param("a\nb\b\b\b\bc", "a\nc", id="back no further than its line"),
]


@pytest.mark.parametrize(("said", "text"), CLEANED)
def test_control_sequences_are_left_out(line, said, text):
    console = line.says(said)
    console.drain(5)
    assert console.text == text


@given(st.lists(st.integers(1, 32), max_size=4).map(sorted))
def test_what_arrives_in_parts(cuts):
    line = Line()
    said = "a\x1b[1;31mb\x1b(Bc\r\n10 %\r20 %\b\b99%\r\r\nx"
    for start, end in zip([0, *cuts], [*cuts, len(said)], strict=True):
        if start < end:
            line.says(said[start:end], end=False)
            line.console.read(0)
    line.close()
    assert line.console.text == "abc\n10 %\n2099%\nx"


def test_a_character_that_was_matched_can_be_taken_away(line):
    console = line.says("uroot# a", end=False)
    console.expect("# a", 5)
    line.says("\b\b\b# b\r\n")
    console.drain(5)
    assert console.text == "uroot# b\n"
    assert console.cursor <= len(console.text)


FAILURES = [
    pytest.param("hello\n", "the guest ended before 'never' was seen", id="end"),
    pytest.param(
        "Kernel panic - not syncing: VFS: no root\n",
        "the guest's kernel panicked: VFS: no root",
        id="panic",
    ),
    pytest.param(
        "Initramfs unpacking failed: ZSTD-compressed data is truncated\n",
        "the kernel cannot unpack the image: ZSTD-compressed data is truncated",
        id="broken image",
    ),
    pytest.param(
        "Traceback (most recent call last):\n",
        "a Python traceback in the guest: Traceback (most recent call last):",
        id="traceback",
    ),
    pytest.param(
        "[  1.0] BUG: kernel NULL pointer dereference\n never",
        "the guest's kernel has a fault: BUG: kernel NULL pointer dereference",
        id="fault before the match",
    ),
]


@pytest.mark.parametrize(("said", "message"), FAILURES)
def test_what_fails_a_wait(line, said, message):
    with pytest.raises(StepFailedError) as caught:
        line.says(said).expect("never", 5)
    assert str(caught.value) == message


def test_a_processor_that_was_away_for_a_while_is_no_fault(line):
    console = line.says("[68.8] watchdog: BUG: soft lockup - CPU#1 stuck for 23s! [udevd:5]\nup\n")
    assert console.expect("^up$", 5)


NO_TICKS = "Kernel panic - not syncing: IO-APIC + timer doesn't work!  Boot with apic=debug\n"


@pytest.mark.parametrize(
    ("before", "starved"),
    [
        pytest.param("Command line: uroot.timeout=0\n", True, id="the first kernel"),
        pytest.param("boot: starting 'Debian' from /dev/vda1\n", False, id="after our boot"),
        pytest.param("uroot# kexec -e\n", False, id="after our shell"),
        pytest.param("kexec_core: Starting new kernel\n", False, id="after kexec"),
    ],
)
def test_a_machine_whose_timer_stood_still_before_anything_of_ours_ran(line, before, starved):
    with pytest.raises(StepFailedError, match="timer doesn't work") as caught:
        line.says(before + NO_TICKS).expect("never", 5)
    assert isinstance(caught.value, StarvedError) == starved


def test_a_wait_has_a_limit(line):
    with pytest.raises(StepFailedError) as caught:
        line.says("silence", end=False).expect("never", 0.05)
    assert str(caught.value) == "'never' was not seen within 0.05 s"


def test_the_end_has_a_limit(line):
    with pytest.raises(StepFailedError) as caught:
        line.says("silence", end=False).wait_end(0.05)
    assert str(caught.value) == "the guest has not ended within 0.05 s"


def test_an_expected_fault(line):
    console = line.says("Kernel panic - not syncing: as planned\n")
    allow = (r"Kernel panic - not syncing: ?(.*)",)
    Expect("as planned", allow=allow)(Session(console))


def test_what_must_be_absent(line):
    with pytest.raises(StepFailedError, match="'error' was seen"):
        Expect("ok", absent=("error",))(Session(line.says("error\nok\n")))


RUNS = [
    pytest.param("hi\n", 0, Run("echo hi", shows="^hi$"), "", id="passes"),
    pytest.param(
        "ho\n", 0, Run("echo hi", shows="^hi$"), "no '^hi$' in its output: 'ho\\n'", id="other"
    ),
    pytest.param(
        "hi\n", 0, Run("echo hi", hides=("h",)), "'h' in its output: 'hi\\n'", id="hidden"
    ),
    pytest.param("", 3, Run("echo hi"), "status 3, not 0: ''", id="status"),
    pytest.param("", 3, Run("echo hi", status=3), "", id="status as expected"),
    pytest.param("", 3, Run("echo hi", status=None), "", id="any failure"),
    pytest.param(
        "", 0, Run("echo hi", status=None), "status 0, not a failure: ''", id="no failure"
    ),
    pytest.param("hi", 0, Run("echo hi", shows="^hi$"), "", id="no newline"),
]


@pytest.mark.parametrize(("output", "status", "run", "message"), RUNS)
def test_run(line, output, status, run, message):
    said = f"echo hi; echo status=$?\r\n{output}status={status}\r\nuroot# "
    session = Session(line.says(said, end=False))
    if message:
        with pytest.raises(StepFailedError) as caught:
            run(session)
        assert str(caught.value) == f"echo hi: {message}"
    else:
        run(session)
    assert os.read(line.guest_in, 99) == b"echo hi; echo status=$?\r"
