"""The kernel command line: words, keys, what to keep and what to take away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uroot_py.formats.kernel import cmdline

LINE = (
    "BOOT_IMAGE=/vmlinuz root=UUID=1-2 ro  console=tty0 console=ttyS0,115200 "
    'foo-bar="a b" "x=1 2" quiet'
)


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("console", ["tty0", "ttyS0,115200"]),
        ("root", ["UUID=1-2"]),
        ("foo_bar", ["a b"]),
        ("foo-bar", ["a b"]),
        ("x", ["1 2"]),
        ("quiet", [""]),
        ("absent", []),
    ],
)
def test_values(key, values):
    assert cmdline.values(LINE, key) == values
    assert cmdline.last(LINE, key) == (values[-1] if values else None)


def test_without_and_picked_keep_every_console_and_the_quotes():
    assert (
        cmdline.picked(LINE, "console", "foo_bar")
        == 'console=tty0 console=ttyS0,115200 foo-bar="a b"'
    )
    assert (
        cmdline.without(LINE, "console", "x", "BOOT_IMAGE")
        == 'root=UUID=1-2 ro foo-bar="a b" quiet'
    )
    assert cmdline.joined("a", "", " b ") == "a b"


def test_an_open_quote_runs_to_the_end():
    assert cmdline.split('a="b c d') == ['a="b c d']
    assert cmdline.value('a="b c') == "b c"


def test_module_parameters():
    line = "loop.max_loop=8 loop.max-part=2 quiet nvme_core.io_timeout=3 -- loop.x=1"
    assert cmdline.module_parameters(line) == {
        "loop": "max_loop=8 max-part=2",
        "nvme_core": "io_timeout=3",
    }


@given(st.text())
def test_every_word_is_in_one_part(line):
    words = cmdline.split(line)
    kept = cmdline.split(cmdline.picked(line, "a")) + cmdline.split(cmdline.without(line, "a"))
    if line.count('"') % 2 == 0:
        assert sorted(kept) == sorted(words)


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
        pytest.param({"linux": False, "append": "x"}, f"{ENTRY} x", id="another program"),
    ],
)
def test_next_cmdline(options, line):
    assert cmdline.next_cmdline(ENTRY, RUNNING, **options) == line


def test_a_running_kernel_without_console_leaves_the_entry_alone():
    assert cmdline.next_cmdline(ENTRY, "quiet") == ENTRY
    assert cmdline.next_cmdline(ENTRY, "") == ENTRY


WORDS = st.lists(st.sampled_from(["a", "b=1", "console=x", "console=y", 'c="d e"']), max_size=6)


@given(WORDS, WORDS)
def test_every_running_console_is_kept_in_order(entry, running):
    line = cmdline.next_cmdline(" ".join(entry), " ".join(running))
    consoles = cmdline.values(" ".join(running), "console")
    assert cmdline.values(line, "console") == (
        consoles or cmdline.values(" ".join(entry), "console")
    )
    others = [word for word in entry if not word.startswith("console")]
    assert [word for word in cmdline.split(line) if not word.startswith("console")] == others
