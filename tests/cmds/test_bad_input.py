"""Whatever an applet is called with, it does its work or says why not: never a fault of ours."""

import importlib
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmds.table import TABLE
from tests.support.applet import run_applet

DEFECT = 70
# What changes this machine, waits, asks a person, or becomes another program.
OTHERS = {
    "boot", "chroot", "date", "dd", "dhclient", "dmesg", "edit", "env", "find", "halt", "hostname",
    "init", "insmod", "ip", "kexec", "kill", "losetup", "memmap", "modprobe", "more", "mount", "nc",
    "nslookup", "ping", "poweroff", "reboot", "report", "rm", "rmmod", "sh", "sleep",
    "switch_root", "sync", "tail", "timeout", "umount", "wget", "xargs",
}  # fmt: skip
FILES = {
    "text": b"hello\nworld 10\n-5 2K\n",
    "bytes": bytes(range(256)) * 3,
    "empty": b"",
    "zeros": bytes(1000),
    "line": b"x" * 5000,
    "gzip.gz": b"\x1f\x8b\x08\0\0\0\0\0\0\x03abc",
    "xz.xz": b"\xfd7zXZ\0\0\x04",
    "cpio": b"070701" + b"0" * 104,
    "sums": b"d41d8cd98f00b204e9800998ecf8427e  empty\nnonsense\n",
}
VALUES = [
    "", "0", "1", "-1", "9" * 22, "9" * 5000, "²", "1e400", "nan", "inf", "%s", "%d%%", "\\", "[",
    "(", "*", "{",
    "a,b", "3-1", "2-", "-", "--", "=", ":", "\udcff", "é", "0x", "10E", "[:alpha:]", "a-z",
    "s/a/b/", "s/(/x/", "y/a/b/", "1,$d", "+5", "u+x", "0:0", "@0", "12:99", "2020-02-30", "%.99s",
    "\n",
]  # fmt: skip
OPERANDS = [*FILES, "dir", "link", "circle", "nothere"]


@pytest.fixture(scope="module", autouse=True)
def tree(tmp_path_factory):
    here = os.getcwd()
    os.chdir(tmp_path_factory.mktemp("tree"))
    yield
    os.chdir(here)


def fill():
    """The tree, as far as the run before has left it."""
    for name, data in FILES.items():
        if os.path.islink(name):
            os.unlink(name)  # what `cp -a circle text` made cannot be opened
        if not os.path.isdir(name):
            with open(name, "wb") as file:
                file.write(data)
    os.makedirs("dir", exist_ok=True)
    for name, target in (("link", "text"), ("circle", "circle")):
        if not os.path.lexists(name):
            os.symlink(target, name)


def words(name, module):
    """Strategy: a few options of the applet, with values of all kinds, and operands."""
    command = getattr(importlib.import_module(f"cmds.{module}"), "COMMAND", None)
    value = st.sampled_from(VALUES + OPERANDS)
    options = [
        st.tuples(st.just(spelling), *([value] if row.value and not row.optional else []))
        for row in (command.rows if command else ())
        for spelling in row.names
    ]
    operands = st.lists(st.sampled_from(OPERANDS + VALUES[:9]), max_size=3)
    chosen = st.lists(st.one_of(*options, st.tuples(value)), max_size=3)
    return st.tuples(chosen, operands).map(lambda pair: [w for o in pair[0] for w in o] + pair[1])


@pytest.mark.parametrize(
    "row", [row for row in TABLE if row.name not in OTHERS], ids=lambda row: row.name
)
def test_no_defect(row):
    @settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
    @given(words(row.name, row.module.partition(":")[0]), st.sampled_from(sorted(FILES)))
    def run(args, source):
        fill()
        done = run_applet(row.name, *args, stdin=FILES[source])
        assert done.status != DEFECT, (args, done.err)

    run()
