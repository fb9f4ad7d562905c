"""lspci: its own ways."""

import re

from tests.support.applet import run_applet


def test_lspci_reads_sysfs():
    done = run_applet("lspci", "-n")
    assert done.status == 0
    for line in done.out.splitlines():
        assert re.match(r"[0-9a-f:.]+ [\w ]+ \[[0-9a-f]{4}\]: [0-9a-f]{4}:[0-9a-f]{4}", line)
