"""poweroff: what it says when it cannot, its own ways."""

import signal

import pytest

from tests.support import applet
from tests.support.namespace import in_namespace

MESSAGES = [
    pytest.param(
        "reboot now", 2, "reboot: unexpected operand 'now'; usage: reboot [-fn]\n", id="reboot"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("line", "status", "text"), MESSAGES)
def test_message(line, status, text):
    applet.complains(line, status, text)


@pytest.mark.host
@pytest.mark.parametrize(
    ("name", "ending"),
    [("poweroff", signal.SIGINT), ("halt", signal.SIGINT), ("reboot", signal.SIGHUP)],
)
def test_end_of_a_machine(name, ending):
    """In a PID name space of its own, reboot(2) ends that name space's init with a signal."""
    # Ref: reboot(2), "Behavior inside PID namespaces".
    line = f"(uroot {name} -f); exit 9"
    done = in_namespace(line, "--pid", "--fork", "--kill-child")
    assert done.returncode in (-ending, 128 + ending)
