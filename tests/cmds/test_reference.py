"""Our applets against this machine's tools: the same lines, the same status, output and tree."""

import pytest

from tests.cmds import cases
from tests.support.reference import run_both

USAGE = 2  # a usage error has this status everywhere here; GNU's tools say 1, 2, 125, ...


def rows():
    """A row per line; the first two of each applet belong to the quick run."""
    seen: dict[str, int] = {}
    for line in cases.LINES:
        name = line.split()[0]
        seen[name] = seen.get(name, 0) + 1
        marks = [pytest.mark.reference] if seen[name] > 2 else []
        yield pytest.param(line, id=line, marks=marks)


@pytest.mark.parametrize("line", list(rows()))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    theirs, ours, complaint = run_both(line, tmp_path, monkeypatch)
    if line in cases.DIFFERENT:
        assert ours != theirs, f"no longer different: {cases.DIFFERENT[line]}"
        return
    if line in cases.CHANGED and ours != theirs:
        assert (ours[0], theirs[0]) == cases.CHANGED[line], complaint
        return
    assert ours[1] == theirs[1], complaint
    if ours[0] == USAGE:
        assert theirs[0] != 0, complaint
    else:
        assert ours[0] == theirs[0], complaint
    assert ours[2] == theirs[2]


def test_every_difference_is_a_row():
    assert {*cases.DIFFERENT, *cases.CHANGED} <= set(cases.LINES)
