"""Signals by name and number, beside Python's own module and kill -l."""

import signal
import subprocess

import pytest

from uroot_py.abi import signals
from uroot_py.base.errors import UsageError


def test_the_same_numbers_as_pythons():
    assert {
        number for number in signals.NUMBERS.values() if number < signals.NUMBERS["SIGRTMIN"]
    } == {int(each) for each in signal.Signals if each < signal.SIGRTMIN}


@pytest.mark.parametrize("text", ["9", "KILL", "SIGKILL", "kill", "sigkill"])
def test_number_of(text):
    assert signals.number_of(text) == 9


@pytest.mark.parametrize("text", ["", "SIG", "NOSUCH", "999", "-1", "1.0", "SIGSIGKILL"])
def test_no_signal(text):
    with pytest.raises(UsageError) as caught:
        signals.number_of(text)
    assert str(caught.value) == f"no signal {text!r}; kill -l lists them"


def test_names_are_the_shells():
    for number in (1, 2, 9, 11, 13, 15, 17, 19):
        done = subprocess.run(["bash", "-c", f"kill -l {number}"], capture_output=True, text=True)
        assert signals.name_of(number) == f"SIG{done.stdout.strip()}"
    assert signals.name_of(40) == "signal 40"


def test_in_words():
    assert signals.describe(11) == "SIGSEGV: bad memory access (segmentation fault)"
    assert signals.describe(10) == "SIGUSR1"


def test_what_is_held_comes_later():
    seen = []
    before = signal.signal(signal.SIGUSR2, lambda number, frame: seen.append(number))
    try:
        signals.hold([signal.SIGUSR2])
        signal.raise_signal(signal.SIGUSR2)
        assert seen == []
        signals.release([signal.SIGUSR2])
        assert seen == [signal.SIGUSR2]
    finally:
        signal.signal(signal.SIGUSR2, before)


def test_what_was_inherited_without_pythons_own():
    before = signal.signal(signal.SIGUSR2, signal.SIG_IGN)
    try:
        found = signals.inherited()
    finally:
        signal.signal(signal.SIGUSR2, before)
    assert signal.SIGUSR2 in found
    assert signal.SIGPIPE not in found
