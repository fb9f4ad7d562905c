"""dmsetup: what it is asked, and what it prints of tables; tests/vm/layers.py has real devices."""

import pytest

from cmds import dmsetup
from tests.support.applet import complains, run_applet
from uroot_py.abi import devmapper
from uroot_py.abi.devmapper import Target
from uroot_py.disks import mapper

USAGE = (
    "usage: dmsetup ls|info|deps|table|status|remove [NAME]... |"
    " dmsetup create [-r] NAME [--table TEXT]"
)
REFUSED = {
    "dmsetup": "an operand is missing",
    "dmsetup frob": "unknown command 'frob'",
    "dmsetup create": "create: expected one name",
    "dmsetup remove": "remove: expected a name",
}


@pytest.mark.parametrize("line", REFUSED)
def test_usage(line):
    complains(line, 2, f"dmsetup: {REFUSED[line]}; {USAGE}\n")


def test_a_table_that_is_none():
    complains(
        "dmsetup create x --table words",
        2,
        "dmsetup: expected START LENGTH TYPE [WORD]..., found 'words'\n",
    )


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("aes-xts-plain64 00ff12 0 8:1 32768", "aes-xts-plain64 000000 0 8:1 32768"),
        ("aes-xts-plain64 :64:logon:x 0 8:1 0", "aes-xts-plain64 :64:logon:x 0 8:1 0"),
    ],
)
def test_a_key_is_hidden(monkeypatch, words, shown):
    monkeypatch.setattr(mapper, "ready", lambda: None)
    monkeypatch.setattr(devmapper, "names", lambda: [("home", 0)])
    monkeypatch.setattr(devmapper, "table", lambda _name: [Target(0, 8, "crypt", words)])
    assert run_applet("dmsetup", "table").out == f"home: 0 8 crypt {shown}\n"
    assert run_applet("dmsetup", "table", "--showkeys", "home").out == f"0 8 crypt {words}\n"
    assert set(dmsetup.SHOWN) == {"ls", "info", "deps", "table", "status"}
