"""clear: its own ways."""

from tests.support.applet import run_applet


def test_reset_and_clear():
    assert run_applet("clear").raw == b"\033[H\033[2J\033[3J"
    assert run_applet("reset").raw == b"\033c\033[m"
