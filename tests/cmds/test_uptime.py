"""uptime: its own ways."""

import re

from tests.support.applet import run_applet


def test_uptime():
    line = run_applet("uptime").out
    assert re.fullmatch(
        r" \d\d:\d\d:\d\d up ((\d+ days?, )?( ?\d+:\d\d|\d+ min)),  load average: [\d., ]+\n", line
    )
    assert run_applet("uptime", "-p").out.startswith("up ")
