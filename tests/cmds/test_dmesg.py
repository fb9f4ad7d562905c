"""dmesg: what it says when it cannot."""

import pytest

from tests.support import applet

MESSAGES = [
    pytest.param(
        "dmesg -l loud", 2, "dmesg: unknown level 'loud'; usage: dmesg [OPTION]...\n", id="dmesg"
    ),
    pytest.param(
        "dmesg -n 9",
        2,
        "dmesg: the console level is 1 to 8, found 9; usage: dmesg [OPTION]...\n",
        id="dmesg-level",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("line", "status", "text"), MESSAGES)
def test_message(line, status, text):
    applet.complains(line, status, text)
