"""The table and the files in cmds/ are the same list, and every applet explains itself."""

import pathlib

import pytest

from cmds.dispatch import NAMES
from cmds.table import TABLE
from tests.support.applet import run_applet

ROOMS = pathlib.Path(__file__).parents[2] / "cmds"
MODULES = {path.stem for path in ROOMS.glob("*.py")} - {"__init__", "__main__", "dispatch", "table"}


def test_rows_and_modules_match():
    wanted = {row.module.partition(":")[0] for row in TABLE}
    assert wanted == MODULES


def test_names_are_said_once():
    assert len(NAMES) == sum(1 + len(row.aliases) for row in TABLE)


def test_rows_are_sorted():
    keys = [(row.section, row.name) for row in TABLE]
    assert keys == sorted(keys)


@pytest.mark.parametrize("row", [r for r in TABLE if ":" not in r.module], ids=lambda row: row.name)
def test_docstring_begins_like_the_row(row):
    source = (ROOMS / f"{row.module}.py").read_text().removeprefix("r").removeprefix('"""')
    assert source.partition("\n")[0].removesuffix('"""') == f"{row.name} - {row.summary}."


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_help_has_usage_and_an_example(row):
    done = run_applet(row.name, "--help")
    assert (done.status, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == row.summary
    assert lines[1].startswith("usage: " + row.name)
    assert [line for line in lines if line.startswith("example: ")]
    assert max(map(len, lines)) <= 100
