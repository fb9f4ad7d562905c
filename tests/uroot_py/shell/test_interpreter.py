"""The language: each script gives on our shell what it gives on dash."""

import pytest

from tests.support.shell import run_dash, run_ours
from tests.uroot_py.shell.cases import THEMES

CASES = [
    pytest.param(script, id=f"{theme}-{name}")
    for theme, table in THEMES.items()
    for name, script in table.items()
]


@pytest.mark.parametrize("script", CASES)
def test_same_as_dash(script, tmp_path):
    ours, dash = tmp_path / "ours", tmp_path / "dash"
    ours.mkdir()
    dash.mkdir()
    mine, other = run_ours(script, folder=ours), run_dash(script, folder=dash)
    assert (mine.out, mine.status) == (other.out, other.status), mine.err + other.err
