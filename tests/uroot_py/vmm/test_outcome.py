"""How a guest's run ended, in words."""

import pytest

from uroot_py.vmm.outcome import PANICKED, Outcome, panic_text


def test_in_words():
    assert str(Outcome(PANICKED, "no init found")) == "panicked: no init found"
    assert str(Outcome("hung")) == "hung"


@pytest.mark.parametrize(
    ("console", "text"),
    [
        (b"[1.0] Kernel panic - not syncing: VFS: no root \r\n[1.1] more", "VFS: no root"),
        (b"Kernel panic - not syncing: first\nKernel panic - not syncing: second\n", "first"),
        (b"Kernel panic - not syncing: cut of\xff", "cut of\ufffd"),
        (b"Kernel panic - not syncing:\n", ""),
        (b"all is well", ""),
        (bytearray(), ""),
    ],
)
def test_the_first_panic(console, text):
    assert panic_text(console) == text
