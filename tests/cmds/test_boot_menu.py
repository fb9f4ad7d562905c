"""boot with a person at a terminal: transcripts, seen through a screen that knows nothing of it.

The kernels of this disk are none, so that nothing can be loaded on the machine that runs this.
"""

import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from tests.support.screen import Screen
from uroot_py.terminal import password

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}
CONFIG = """\
set timeout=30
menuentry 'First system' { linux /boot/first root=/dev/sda1 ro quiet }
submenu 'More systems' {
  menuentry 'Second system' { linux /boot/second root=/dev/sdb1 }
  menuentry 'Its rescue mode' { linux /boot/second root=/dev/sdb1 single }
}
menuentry 'Gone system' { linux /boot/gone }
menuentry "Evil \x1b[2J\x07 system" { linux /boot/first evil }
"""
FAULT = "expected a kernel, found a text file"
DONE = "boot: no entry could be loaded; boot --explain says what there is"


@pytest.fixture
def disk(tmp_path):
    (tmp_path / "boot/grub").mkdir(parents=True)
    (tmp_path / "boot/grub/grub.cfg").write_text(CONFIG)
    for name in ("first", "second"):
        (tmp_path / "boot" / name).write_text("kernel")
    return tmp_path


class Person:
    """Sits at a terminal of 80 columns: types, and waits until something is on the screen."""

    def __init__(self, disk, *options, term="vt100"):
        words = ["-m", "cmds", "boot", "--root", ".", *options]
        self.child = pexpect.spawn(
            sys.executable,
            words,
            cwd=str(disk),
            env={**ENVIRONMENT, "TERM": term},
            dimensions=(24, 80),
            timeout=60,
            encoding="utf-8",
        )
        self.screen = Screen()

    def sees(self, text):
        """TEXT is on the screen, now or soon."""
        while text not in self.screen.text():
            self.screen.write(self.child.read_nonblocking(1000, 60))

    def types(self, keys, *texts):
        """KEYS, and what the screen shows after them."""
        self.child.send(keys)
        for text in texts:
            self.sees(text)

    def ends(self, status):
        """The rest of the screen, and the status."""
        try:
            while True:
                self.screen.write(self.child.read_nonblocking(1000, 60))
        except pexpect.EOF:
            self.child.close()
        assert self.child.exitstatus == status
        return self.screen.text()

    def leaves(self):
        """To the shell that comes next."""
        self.types("s")
        return self.ends(0)


@pytest.fixture
def sit(disk):
    people = []

    def start(*options, term="vt100"):
        people.append(Person(disk, *options, term=term))
        return people[-1]

    yield start
    for person in people:
        person.child.close(force=True)


def test_timeout_starts_the_default_and_then_the_others(sit):
    person = sit("--timeout", "1")
    person.sees("First system starts in 1 s; any key stops the clock")
    shown = person.ends(1)
    places = [shown.index(f"boot: {title}: ") for title in ("First system", "Second system")]
    assert places == sorted(places)
    assert shown.count(FAULT) == 4
    assert DONE in shown


def test_a_choice_that_fails_comes_back_to_the_menu_with_the_reason(sit):
    person = sit()
    person.sees("any key stops the clock")
    person.types("2", "Enter start")
    person.types("\r", "1  Second system", "2  Its rescue mode")
    person.types("\x1b[B", "> 2  Its rescue mode")
    person.types("\r", f"\nIts rescue mode: ./boot/second: {FAULT}", "Enter start")
    assert "starts in" not in person.screen.text()
    assert "> 2  Its rescue mode" in person.screen.text()
    person.leaves()


def test_an_entry_that_cannot_be_started_says_why(sit):
    person = sit()
    person.sees("any key stops the clock")
    person.types("3", ">!3  Gone system", "! kernel /boot/gone is missing")
    person.types("\r", "This entry cannot be started.")
    person.types("d", "cannot be started: kernel /boot/gone is missing", "line 7")
    person.types("q", "Enter start")
    person.leaves()


def test_where_nothing_can_boot_a_person_can_mend_a_command_line(sit, disk):
    """The menu appears without a clock; what is mended is loaded, which says why not here."""
    text = "menuentry 'Cut off' { linux /boot/first root=/dev/gone; loopback l /none }\n"
    (disk / "boot/grub/grub.cfg").write_text(text)
    person = sit("--timeout", "1")
    person.sees(">!1  Cut off")
    person.sees("! image /none is missing")
    assert "starts in" not in person.screen.text()
    person.types("\r", "This entry cannot be started.")
    person.types("e", "cmdline: root=/dev/gone")
    person.types("\x15root=/dev/sda1\r", f"Cut off: ./boot/first: {FAULT}")
    person.leaves()


def test_edit_with_history_and_undo(sit):
    person = sit()
    person.sees("any key stops the clock")
    person.types("e", "Enter starts it, Escape goes back", "cmdline: root=/dev/sda1 ro quiet")
    person.types("\x17", "cmdline: root=/dev/sda1 ro ")
    person.types("debug", "ro debug")
    person.types("\x1b", "First system (edited)", "Enter start")
    person.types("e", "cmdline: root=/dev/sda1 ro debug")
    person.types("\x15x", "cmdline: x")
    person.types("\x1f\x1f", "ro debug")
    person.types("\x1b[A\x1b[A", "cmdline: root=/dev/sda1 ro quiet")
    person.types("\r", f"\nFirst system: ./boot/first: {FAULT}")
    person.leaves()


def test_no_clock(sit):
    person = sit("--timeout", "-1")
    person.sees("Enter start")
    assert "starts in" not in person.screen.text()
    person.leaves()


def test_search(sit):
    person = sit()
    person.sees("any key stops the clock")
    person.types("/", "Search: _")
    person.types("resc mo", "> 1  More systems > Its rescue mode", "Search: resc mo_")
    assert "First system" not in person.screen.text()
    person.types("\x7f" * 7 + "nothing like it", "nothing found")
    person.types("\x1b", "First system")
    person.types("/gone\r", ">!3  Gone system", "Enter start")
    person.leaves()


def test_the_log_and_the_help(sit):
    person = sit()
    person.sees("any key stops the clock")
    person.types("l", "Log", "/boot/grub/grub.cfg: ", "any key goes back")
    person.types("q?", "Ctrl-_: undo")
    person.types("q", "Enter start")
    person.leaves()


def test_control_characters_of_a_title_stay_away_from_the_terminal(sit):
    person = sit()
    person.sees("4  Evil ?[2J? system")
    person.types("4d", "cmdline: evil")
    person.types("q", "Enter start")
    person.leaves()


def test_two_disks_with_the_same_names(sit, disk):
    other = disk / "other"
    (other / "boot/grub").mkdir(parents=True)
    (other / "boot/grub/grub.cfg").write_text(CONFIG)
    (other / "boot/first").write_text("kernel")
    person = sit("--root", "other")
    person.sees("First system (.) starts in")
    person.sees("  2  More systems (.) ->")
    person.types("4\x1b[B", "> 5  First system (other)")
    person.types("\x1b[B\r", "More systems (other)\n\n>!1  Second system")
    person.leaves()


def test_many_faults_leave_room_for_the_entries(sit, disk):
    text = "".join(f"configfile /none{number}\n" for number in range(30))
    (disk / "boot/grub/grub.cfg").write_text(text + CONFIG)
    person = sit()
    person.sees("any key stops the clock")
    assert "and 29 more faults: l shows them" in person.screen.text()
    assert "4  Evil" in person.screen.text()
    person.types("l", "Log", "1 to 20 of")
    person.types("q", "Enter start")
    person.leaves()


def test_a_dumb_terminal(sit):
    person = sit(term="dumb")
    person.sees("First system starts in 30 s; any key stops the clock")
    shown = person.screen.text().splitlines()
    assert shown[1:7] == [
        "uroot-py: which system shall be started?",
        "*  1 First system",
        "   2 More systems > Second system",
        "   3 More systems > Its rescue mode",
        "!  4 Gone system",
        "   5 Evil ?[2J? system",
    ]
    person.types("x", "Number, or ? for help: x")
    person.types("\x7f4\r", "This entry cannot be started: kernel /boot/gone is missing")
    person.types("e 3\r", "cmdline: root=/dev/sdb1 single")
    person.types(" more\r", FAULT, "Number, or ? for help:")
    person.types("s\r")
    person.ends(0)


def test_no_terminal_takes_the_default_path(disk):
    done = subprocess.run(
        [sys.executable, "-m", "cmds", "boot", "--root", "."],
        cwd=disk,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (1, "")
    lines = done.stderr.splitlines()
    assert lines[0] == f"boot: First system: ./boot/first: {FAULT}"
    assert len(lines) == 5
    assert lines[-1] == DONE


GUARDED = """\
set timeout=30
set superusers="root, admin"
password root secret
password_pbkdf2 guest {record}
menuentry 'Open system' --unrestricted {{ linux /boot/first root=/dev/sda1 }}
menuentry 'Guest system' --users guest {{ linux /boot/second root=/dev/sdb1 }}
menuentry 'Locked system' {{ linux /boot/second root=/dev/sdb1 }}
"""


@pytest.fixture
def guarded(disk, sit):
    record = password.make("visitor", b"0123456789abcdef", 10)
    salt, value = record.split("$")[2:]
    text = GUARDED.format(
        record=f"grub.pbkdf2.sha512.10.{salt}.{value}".upper().replace(
            "GRUB.PBKDF2.SHA512", "grub.pbkdf2.sha512"
        )
    )
    (disk / "boot/grub/grub.cfg").write_text(text)
    person = sit()
    person.sees("Open system starts in")
    return person


def test_superusers_of_grub_guard_the_shell(guarded):
    guarded.types("s", "Password:")
    for wrong in ("visitor\r", "\r", "guess\r"):
        guarded.types(wrong)
    guarded.sees("The right password was not given.")
    guarded.types("s", "Password:")
    guarded.types("secret\r")
    assert guarded.ends(0)


def test_superusers_of_grub_guard_the_editor(guarded):
    guarded.types("e", "Password:")
    guarded.types("\x1b", "The right password was not given.")
    guarded.types("e", "Password:")
    guarded.types("secret\r", "cmdline: root=/dev/sda1")
    guarded.types("x")
    guarded.types("\x1b", "Open system (edited)", "Enter start")
    guarded.types("s", "Password:")
    guarded.types("secret\r")
    assert guarded.ends(0)


def test_users_of_grub_guard_entries(guarded):
    guarded.types("\r", f"\nOpen system: ./boot/first: {FAULT}")
    guarded.types("2\r", "Password:")
    guarded.types("visitor\r", f"\nGuest system: ./boot/second: {FAULT}")
    guarded.types("3\r", "Password:")
    guarded.types("visitor\r\x1b", "The right password was not given.")
    guarded.types("\r", "Password:")
    guarded.types("secret\r", f"\nLocked system: ./boot/second: {FAULT}")


def test_the_clock_starts_no_guarded_entry(disk, sit):
    (disk / "boot/grub/grub.cfg").write_text(GUARDED.format(record="none"))
    person = sit("--timeout", "1")
    shown = person.ends(1)
    assert "Open system: ./boot/first" in shown
    assert "/boot/second" not in shown


def test_without_a_person_nothing_that_is_guarded_is_started(disk):
    text = GUARDED.format(record="none").replace(" --unrestricted", "")
    (disk / "boot/grub/grub.cfg").write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "cmds", "boot", "--root", "."],
        cwd=disk,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == "boot: nothing to boot:"
    assert done.stderr.splitlines()[-3:] == [
        f"  .: {name} system: is started by a person only" for name in ("Open", "Guest", "Locked")
    ]
