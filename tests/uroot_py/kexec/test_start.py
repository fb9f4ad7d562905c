"""The next kernel's command line, and entries that cannot be started."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.formats import cmdline
from uroot_py.kexec.start import next_cmdline

ENTRY = "root=UUID=1 ro console=tty0 quiet"
RUNNING = "console=tty0 console=ttyS0,115200 uroot.shell crashkernel=256M"


CONSOLES = "console=tty0 console=ttyS0,115200"


@pytest.mark.parametrize(
    ("options", "line"),
    [
        pytest.param({}, f"root=UUID=1 ro quiet {CONSOLES}", id="console stays"),
        pytest.param({"append": "x"}, f"root=UUID=1 ro quiet {CONSOLES} x", id="append"),
        pytest.param({"remove": ("quiet",)}, "root=UUID=1 ro console=tty0", id="remove alone"),
        pytest.param({"reuse": ("crashkernel",)}, f"{ENTRY} crashkernel=256M", id="reuse alone"),
        pytest.param({"remove": ("console",)}, "root=UUID=1 ro quiet", id="no console"),
    ],
)
def test_next_cmdline(options, line):
    assert next_cmdline(ENTRY, RUNNING, **options) == line


def test_a_running_kernel_without_console_leaves_the_entry_alone():
    assert next_cmdline(ENTRY, "quiet") == ENTRY
    assert next_cmdline(ENTRY, "") == ENTRY


WORDS = st.lists(st.sampled_from(["a", "b=1", "console=x", "console=y", 'c="d e"']), max_size=6)


@given(WORDS, WORDS)
def test_every_running_console_is_kept_in_order(entry, running):
    line = next_cmdline(" ".join(entry), " ".join(running))
    consoles = cmdline.values(" ".join(running), "console")
    assert cmdline.values(line, "console") == (
        consoles or cmdline.values(" ".join(entry), "console")
    )
    others = [word for word in entry if not word.startswith("console")]
    assert [word for word in cmdline.split(line) if not word.startswith("console")] == others
