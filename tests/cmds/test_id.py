"""id: beside this machine's tool."""

import pytest

from tests.support import reference

LINES = """
id
id -u
id -g
id -G
id -un
id -gn
id -Gn
id root
id -u daemon
id daemon
id -ur
id -ug
id -n
id nosuchuser
"""


@pytest.mark.parametrize("line", reference.rows(LINES))
def test_same_as_this_machines_tool(line, tmp_path, monkeypatch):
    reference.compare(line, tmp_path, monkeypatch)
