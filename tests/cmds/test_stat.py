"""stat: beside this machine's tool."""

import pytest

from tests.support import reference

LINES = """
stat -c %s words
stat -c '%a %A %n' words dir link
stat -c '%u %U %g %G' words
stat -c '%h %F' words dir link empty
stat -c '%Y %X' words
stat -c '%y' words
stat -c '%N' words
stat -c '%t %T' /dev/null
stat -c '%F' /dev/null
stat -Lc %F link
stat -c '%b %B' empty
stat -c '%10s|%-10s|%010s' words words
stat -c 'a%%b%n' words
stat -c %s nothere words
stat nothere
stat -c %i nothere
stat
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)
